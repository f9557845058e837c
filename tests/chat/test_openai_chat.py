"""`/openai/v1/chat/completions` and `/models`: OpenAI's bodies, chunks and errors."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, events
from waypost_local.bedrock import Fault

PATH = "/openai/v1/chat/completions"
QUESTION = {"role": "user", "content": "How much leave?"}


def body(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "rag", "messages": list(messages), **more}


async def ask(api: Api, *messages: dict[str, Any], **more: Any) -> Any:
    return await api.http.post(PATH, json=body(*messages, **more), headers=ME)


def chunks(text: str) -> list[dict[str, Any]]:
    assert text.endswith("data: [DONE]\n\n")
    return events(text.replace("data: [DONE]\n\n", ""))


async def test_a_completion_without_streaming(api: Api) -> None:
    api.model.add_reply("26 ", "days.")
    response = await ask(api, QUESTION)
    assert response.status_code == 200, response.text
    found = response.json()
    run_id = response.headers["x-run-id"]
    assert found["id"] == f"chatcmpl-{run_id.removeprefix('run_')}"
    assert (found["object"], found["model"]) == ("chat.completion", "rag")
    assert found["system_fingerprint"] == "rag-v1"
    (choice,) = found["choices"]
    assert choice["message"]["content"] == "26 days."
    assert choice["finish_reason"] == "stop"
    assert found["usage"]["total_tokens"] == 110


async def test_a_streamed_completion_has_the_same_content(api: Api) -> None:
    api.model.add_reply("26 ", "days.")
    response = await ask(api, QUESTION, stream=True, stream_options={"include_usage": True})
    first, *words, last, usage = chunks(response.text)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert [chunk["choices"][0]["delta"] for chunk in words] == [
        {"content": "26 "},
        {"content": "days."},
    ]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], usage["usage"]["prompt_tokens"]) == ([], 100)
    assert [chunk["usage"] for chunk in (first, *words, last)] == [None] * 4
    assert {chunk["object"] for chunk in (first, *words, last)} == {"chat.completion.chunk"}


async def test_usage_is_streamed_only_on_request(api: Api) -> None:
    api.model.add_reply("26 days.")
    assert not [c for c in chunks((await ask(api, QUESTION, stream=True)).text) if "usage" in c]


async def test_the_model_waypost_routes_the_question(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | leave").add_reply("26 days.")
    response = await ask(api, QUESTION, model="waypost")
    assert response.json()["model"] == "waypost"
    assert response.json()["system_fingerprint"] == "rag-v1"
    assert (await api.run(response.headers["x-run-id"]))["route"]["method"] == "model"


async def test_messages_are_the_history_and_system_and_tool_messages_are_ignored(api: Api) -> None:
    api.model.add_reply("Blue.")
    await ask(
        api,
        {"role": "system", "content": "Answer in rhymes."},
        {"role": "user", "content": [{"type": "text", "text": "My colour is blue."}]},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "a result", "tool_call_id": "x"},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": "My colour?"},
    )
    sent = str(api.model.requests[0].body)
    assert sent.index("My colour is blue.") < sent.index("Noted.") < sent.index("My colour?")
    assert "rhymes" not in sent
    assert "a result" not in sent


async def test_sampling_fields_are_ignored(api: Api) -> None:
    api.model.add_reply("26 days.")
    sampling = {"temperature": 0.2, "top_p": 1, "max_tokens": 5, "seed": 1, "stop": ["x"], "n": 1}
    more = {"response_format": {"type": "text"}, "tool_choice": "auto", "user": "u", "store": True}
    response = await ask(api, QUESTION, **sampling, **more, parallel_tool_calls=False)
    assert response.json()["choices"][0]["message"]["content"] == "26 days."


async def test_an_answer_cut_by_the_token_limit_has_finish_reason_length(api: Api) -> None:
    api.model.add_reply("26 days", reason="max_tokens")
    assert (await ask(api, QUESTION)).json()["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("fault", "status", "again", "kind"),
    [
        ("access_denied", 500, "false", "server_error"),
        ("throttling", 503, "true", "rate_limit_error"),
    ],
)
async def test_a_failed_run_is_an_error(
    api: Api, fault: Any, status: int, again: str, kind: str
) -> None:
    api.faults.set(Fault(fault, operation="converse-stream"))
    response = await ask(api, QUESTION)
    assert (response.status_code, response.headers["x-should-retry"]) == (status, again)
    assert (await api.run(response.headers["x-run-id"]))["state"] == "failed"
    assert response.json()["error"]["type"] == kind
    streamed = chunks((await ask(api, QUESTION, stream=True)).text)
    assert streamed[-1] == response.json()


async def test_a_cancelled_run_is_an_error(api: Api) -> None:
    api.model.add_reply("26 ", asyncio.Event())
    asking = asyncio.create_task(ask(api, QUESTION, stream=True))
    await api.model.wait_for_requests(1)
    (thread,) = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    await api.http.post(f"/v1/runs/{thread['live_run']}/cancel", headers=ME)
    assert chunks((await asking).text)[-1]["error"]["code"] == "cancelled"


async def test_the_same_key_is_the_same_completion(api: Api) -> None:
    api.model.add_reply("26 days.")
    keyed = {**ME, "Idempotency-Key": "k1"}
    first, second = [
        await api.http.post(PATH, json=body(QUESTION), headers=keyed) for _ in range(2)
    ]
    assert first.json() == second.json()
    assert len(api.model.requests) == 1


@pytest.mark.parametrize(
    ("sent", "status", "code", "param"),
    [
        (body(QUESTION, model="gpt-9"), 404, "model_not_found", "model"),
        (body(), 400, "too_short", "messages"),
        ({"messages": [QUESTION]}, 400, "missing", "model"),
        (body(QUESTION, n=2), 400, "literal_error", "n"),
        (
            body(QUESTION, response_format={"type": "json_object"}),
            400,
            "literal_error",
            "response_format",
        ),
        (body(QUESTION, tool_choice="required"), 400, "literal_error", "tool_choice"),
        (
            body({"role": "user", "content": [{"type": "image_url"}]}),
            400,
            "unsupported_content",
            None,
        ),
        (body({"role": "user", "content": " "}), 400, "empty_message", None),
        (body({"role": "system", "content": "Hm."}), 400, "no_user_message", None),
    ],
)
async def test_errors_have_openais_shape(
    api: Api, sent: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    response = await api.http.post(PATH, json=sent, headers=ME)
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (response.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"


async def test_invalid_json_and_missing_identity_are_errors(api: Api) -> None:
    typed = {**ME, "Content-Type": "application/json"}
    broken = await api.http.post(PATH, content="{", headers=typed)
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "invalid_json")
    unknown = await api.http.post(PATH, json=body(QUESTION))
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (401, "authentication_error")


async def test_models_are_waypost_and_each_agent(api: Api) -> None:
    found = (await api.http.get("/openai/v1/models", headers=ME)).json()
    names = [model["id"] for model in found["data"]]
    assert names[0] == "waypost"
    assert {"sql", "rag"} <= set(names)
    for model in found["data"]:
        one = await api.http.get(f"/openai/v1/models/{model['id']}", headers=ME)
        assert one.json() == model
    missing = await api.http.get("/openai/v1/models/gpt-9", headers=ME)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")
