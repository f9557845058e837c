"""`/openai/v1/responses`: create, stream, retrieve from any event on, continue, cancel."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tests.chat.conftest import ME, Api, another_environment, events
from waypost_local.bedrock import Fault

PATH = "/openai/v1/responses"


async def create(api: Api, text: Any = "How much leave?", **more: Any) -> Any:
    return await api.http.post(PATH, json={"model": "rag", "input": text, **more}, headers=ME)


async def retrieve(api: Api, response_id: str, **query: Any) -> Any:
    return await api.http.get(f"{PATH}/{response_id}", params=query, headers=ME)


def text_of(response: dict[str, Any]) -> str:
    """As the SDKs' `output_text`."""
    messages = [item for item in response["output"] if item["type"] == "message"]
    return "".join(part["text"] for item in messages for part in item["content"])


async def test_a_response_without_streaming(api: Api) -> None:
    api.model.add_reply("26 ", "days [1].")
    answered = await create(api)
    assert answered.status_code == 200, answered.text
    found = answered.json()
    assert found["id"] == answered.headers["x-run-id"].replace("run_", "resp_")
    assert (found["object"], found["status"], found["model"]) == ("response", "completed", "rag")
    assert found["conversation"] == {"id": answered.headers["x-thread-id"]}
    assert text_of(found).startswith("26 days [1].")
    (citation,) = found["output"][0]["content"][0]["annotations"]
    assert citation == {
        "type": "file_citation",
        "file_id": "leave.md#1",
        "filename": "leave.md",
        "index": 1,
    }
    assert found["usage"]["total_tokens"] == 110
    assert (await retrieve(api, found["id"])).json() == found


async def test_a_stream_ends_with_the_response_itself(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(
        "SELECT count(*) AS n FROM technicians"
    ).add_reply("Two.")
    streamed = await create(api, "How many technicians?", model="waypost", stream=True)
    found = events(streamed.text)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    named = [line[7:] for line in streamed.text.split("\n") if line.startswith("event: ")]
    assert named == [event["type"] for event in found]
    assert (named[0], named[1], named[-1]) == (
        "response.created",
        "response.in_progress",
        "response.completed",
    )
    whole = found[-1]["response"]
    assert [item["type"] for item in whole["output"]] == ["mcp_call", "message"]
    assert json.loads(whole["output"][0]["output"])["rows"] == [[2]]
    assert text_of(whole) == "Two."
    assert whole["metadata"] == {"agent": "sql", "agent_version": "1"}
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    assert done == whole["output"]
    assert (await retrieve(api, whole["id"])).json() == whole


async def test_a_stream_resumes_after_any_event(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(
        "SELECT count(*) AS n FROM technicians"
    ).add_reply("Two.")
    found = events((await create(api, "How many?", model="waypost", stream=True)).text)
    response_id = found[0]["response"]["id"]
    for number in range(len(found)):
        rest = await retrieve(api, response_id, stream="true", starting_after=number)
        assert events(rest.text) == found[number + 1 :]
    assert events((await retrieve(api, response_id, stream="true")).text) == found


async def test_a_live_response_is_streamed_from_another_process(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("26 ", gate, "days.")
    async with another_environment(api) as other_process:
        asking = asyncio.create_task(create(api, stream=True))
        await api.model.wait_for_requests(1)
        (thread,) = (await other_process.get("/v1/threads", headers=ME)).json()["threads"]
        path = f"{PATH}/{thread['live_run'].replace('run_', 'resp_')}"
        now = (await other_process.get(path, headers=ME)).json()
        following = asyncio.create_task(other_process.get(f"{path}?stream=true", headers=ME))
        gate.set()
        assert events((await following).text) == events((await asking).text)
    assert (now["status"], now["model"], now["completed_at"]) == ("in_progress", "rag", None)


async def test_previous_response_id_continues_the_thread(api: Api) -> None:
    api.model.add_reply("26 days.").add_reply("No.")
    first = (await create(api)).json()
    second = (await create(api, "Is that all?", previous_response_id=first["id"])).json()
    assert second["previous_response_id"] == first["id"]
    assert second["conversation"] == first["conversation"]
    assert "26 days." in str(api.model.requests[1].body["messages"])


async def test_a_conversation_is_a_thread(api: Api) -> None:
    api.model.add_reply("Blue.").add_reply("Blue!")
    turns = [
        {"role": "developer", "content": "Answer in rhymes."},
        {"role": "user", "content": [{"type": "input_text", "text": "My colour is blue."}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Noted.", "annotations": []}],
        },
        {"role": "user", "content": "My colour?"},
    ]
    first = await create(api, turns, conversation="conv_1", instructions="In rhymes.")
    sent = str(api.model.requests[0].body)
    assert sent.index("My colour is blue.") < sent.index("Noted.") < sent.index("My colour?")
    assert "rhymes" not in sent
    assert first.json()["conversation"] == {"id": "conv_1"}
    again = await create(api, "Sure?", conversation={"id": "conv_1"})
    assert again.headers["x-thread-id"] == "conv_1"


async def test_a_response_in_the_background_is_answered_at_once(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("26 ", gate, "days.")
    begun = (await create(api, background=True)).json()
    assert (begun["status"], begun["background"], begun["output"]) == ("in_progress", True, [])
    await api.model.wait_for_requests(1)
    gate.set()
    await retrieve(api, begun["id"], stream="true")
    assert text_of((await retrieve(api, begun["id"])).json()) == "26 days."


async def test_a_function_refuses_background_without_streaming(
    api: Api,
) -> None:
    """Lambda freezes it as soon as it has answered."""

    async def function(scope: Scope, receive: Receive, send: Send) -> None:
        context = SimpleNamespace(aws_request_id="request-1")
        await api.app({**scope, "aws.context": context}, receive, send)

    api.model.add_reply("26 days.")
    body = {"model": "rag", "input": "How much leave?", "background": True}
    transport = httpx.ASGITransport(function)
    async with httpx.AsyncClient(transport=transport, base_url="http://waypost") as http:
        refused = await http.post(PATH, json=body, headers=ME)
        streamed = await http.post(PATH, json={**body, "stream": True}, headers=ME)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "background_needs_stream")
    assert events(streamed.text)[-1]["response"]["background"] is True


async def test_a_response_is_cancelled(api: Api) -> None:
    api.model.add_reply("26 ", asyncio.Event(), "never sent")
    begun = (await create(api, background=True)).json()
    await api.model.wait_for_requests(1)
    await api.http.post(f"{PATH}/{begun['id']}/cancel", headers=ME)
    last = events((await retrieve(api, begun["id"], stream="true")).text)[-1]
    cancelled = await api.http.post(f"{PATH}/{begun['id']}/cancel", headers=ME)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (last["type"], last["response"]) == ("response.incomplete", cancelled.json())


async def test_a_failed_response_has_an_error(api: Api) -> None:
    api.faults.set(Fault("throttling", operation="converse-stream"))
    failed = (await create(api)).json()
    assert (failed["status"], failed["error"]["code"]) == ("failed", "rate_limit_exceeded")
    assert failed["metadata"]["failure"] == "model_busy"
    streamed = events((await retrieve(api, failed["id"], stream="true")).text)
    assert (streamed[-1]["type"], streamed[-1]["response"]) == ("response.failed", failed)


async def test_an_answer_cut_by_the_token_limit_is_incomplete(api: Api) -> None:
    api.model.add_reply("26 days", reason="max_tokens")
    found = (await create(api)).json()
    assert (found["status"], found["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )


async def test_the_same_key_is_the_same_response(api: Api) -> None:
    api.model.add_reply("26 days.")
    keyed = {**ME, "Idempotency-Key": "k1"}
    body = {"model": "rag", "input": "How much leave?"}
    first, second = [await api.http.post(PATH, json=body, headers=keyed) for _ in range(2)]
    assert first.json() == second.json()
    assert len(api.model.requests) == 1


async def test_a_response_of_another_user_is_not_found(api: Api) -> None:
    api.model.add_reply("26 days.")
    found = (await create(api)).json()
    other = {**ME, "X-User-Id": "somebody-else"}
    for method, path in (("GET", found["id"]), ("POST", f"{found['id']}/cancel")):
        refused = await api.http.request(method, f"{PATH}/{path}", headers=other)
        code = refused.json()["error"]["code"]
        assert (refused.status_code, code) == (404, "response_not_found")
    body = {"model": "rag", "input": "Hm?", "previous_response_id": found["id"]}
    refused = await api.http.post(PATH, json=body, headers=other)
    assert refused.json()["error"]["code"] == "previous_response_not_found"


@pytest.mark.parametrize(
    ("more", "status", "code", "param"),
    [
        ({"model": "gpt-9"}, 404, "model_not_found", "model"),
        (
            {"previous_response_id": "resp_0"},
            400,
            "previous_response_not_found",
            "previous_response_id",
        ),
        (
            {"previous_response_id": "resp_0", "conversation": "c"},
            400,
            "both_named",
            "previous_response_id",
        ),
        ({"conversation": "x" * 501}, 400, "invalid_thread_id", None),
        ({"input": []}, 400, "no_user_message", None),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            400,
            "unsupported_content",
            None,
        ),
        ({"text": {"format": {"type": "json_schema"}}}, 400, "literal_error", "text"),
        ({"prompt": {"id": "pmpt_1"}}, 400, "none_required", "prompt"),
    ],
)
async def test_errors_have_openais_shape(
    api: Api, more: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    body = {"model": "rag", "input": "How much leave?", **more}
    refused = await api.http.post(PATH, json=body, headers=ME)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (status, code, param)


@pytest.mark.parametrize("response_id", ["resp_0", "run_0", "x"])
async def test_an_unknown_response_is_404(api: Api, response_id: str) -> None:
    found = await retrieve(api, response_id)
    assert (found.status_code, found.json()["error"]["code"]) == (404, "response_not_found")
