"""`/api/ai-sdk`: requests as `useChat` sends them, and the chunks it reads."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, another_environment, events
from waypost_local.bedrock import Fault

PATH = "/api/ai-sdk/chat"


def message(role: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": f"m-{text}", "role": role, "parts": [{"type": "text", "text": text}], **more}


def body(*messages: dict[str, Any], chat: str = "chat-1", **more: Any) -> dict[str, Any]:
    return {"id": chat, "messages": list(messages), "trigger": "submit-message", **more}


async def ask(api: Api, *messages: dict[str, Any], **more: Any) -> Any:
    return await api.http.post(PATH, json=body(*messages, **more), headers=ME)


def chunks(text: str) -> list[dict[str, Any]]:
    assert text.endswith("data: [DONE]\n\n")
    return events(text.replace("data: [DONE]\n\n", ""))


def answer(found: list[dict[str, Any]]) -> str:
    return "".join(chunk["delta"] for chunk in found if chunk["type"] == "text-delta")


async def test_a_chat_id_is_the_thread_id(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | leave").add_reply("26 ", "days [1].")
    response = await ask(api, message("user", "How much leave?"))
    assert response.status_code == 200, response.text
    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert response.headers["x-thread-id"] == "chat-1"
    found = chunks(response.text)
    run = await api.run(response.headers["x-run-id"])
    assert found[0] == {
        "type": "start",
        "messageId": run["message_id"],
        "messageMetadata": {"runId": run["id"], "threadId": "chat-1"},
    }
    assert answer(found).startswith("26 days [1].")
    (source,) = [chunk for chunk in found if chunk["type"] == "source-document"]
    assert (source["mediaType"], source["filename"]) == ("text/markdown", "leave.md")
    assert (found[-1]["type"], found[-1]["finishReason"]) == ("finish", "stop")


async def test_a_tool_call_is_one_part_of_one_step(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(
        "SELECT count(*) AS n FROM technicians"
    ).add_reply("Two.")
    found = chunks((await ask(api, message("user", "How many technicians?"))).text)
    types = [chunk["type"] for chunk in found if not chunk.get("transient")]
    assert types == [
        "start",
        "data-route",
        "start-step",
        "tool-input-start",
        "tool-input-delta",
        "tool-input-available",
        "tool-output-available",
        "data-table",
        "finish-step",
        "start-step",
        "text-start",
        "text-delta",
        "text-end",
        "finish-step",
        "finish",
    ]
    assert [chunk["output"]["rows"] for chunk in found if "output" in chunk] == [[[2]]]
    transient = [chunk["data"]["name"] for chunk in found if chunk["type"] == "data-step"]
    assert transient == ["router", "router", "schema", "schema"]


async def test_the_clients_history_is_used_only_for_a_new_chat(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Blue.").add_reply(
        "rag | 1 | - | x"
    ).add_reply("Green.")
    first = message("user", "My colour is blue."), message("assistant", "Noted.")
    await ask(api, *first, message("user", "What is my colour?"))
    sent = str(api.model.requests[1].body["messages"])
    assert "My colour is blue." in sent
    assert "Noted." in sent
    lie = message("user", "My colour is red."), message("assistant", "Noted.")
    await ask(api, *lie, message("user", "And yours?"))
    sent = str(api.model.requests[3].body["messages"])
    assert "red" not in sent
    assert "Blue." in sent


async def test_regenerating_asks_the_last_question_again(api: Api) -> None:
    api.model.add_reply("rag | 0.8 | - | x").add_reply("26.").add_reply(
        "rag | 0.8 | - | x"
    ).add_reply("26 days.")
    question = message("user", "How much leave?")
    await ask(api, question)
    again = await ask(api, question, trigger="regenerate-message", messageId="m-2")
    assert answer(chunks(again.text)) == "26 days."
    thread = (await api.http.get("/v1/threads/chat-1", headers=ME)).json()
    assert [m["text"] for m in thread["messages"]] == [
        "How much leave?",
        "26.",
        "How much leave?",
        "26 days.",
    ]


async def test_other_fields_and_parts_are_ignored(api: Api) -> None:
    api.model.add_reply("26 days.")
    parts = [{"type": "step-start"}, {"type": "data-x", "data": 1}, {"type": "text", "text": "Hm?"}]
    sent = {"id": "m", "role": "user", "parts": parts, "metadata": {"a": 1}}
    response = await ask(api, sent, agent="rag", sessionId="s", messageId=None)
    assert answer(chunks(response.text)) == "26 days."
    assert (await api.run(response.headers["x-run-id"]))["route"]["method"] == "pinned"


async def test_a_failure_ends_the_stream_with_an_error_and_whether_it_is_retryable(
    api: Api,
) -> None:
    api.faults.set(Fault("access_denied", operation="converse-stream"))
    found = chunks((await ask(api, message("user", "How much leave?"), agent="rag")).text)
    failure = {"code": "model_refused", "retryable": False, "partial": False}
    assert found[-2:] == [
        {"type": "message-metadata", "messageMetadata": {"failure": failure}},
        {"type": "error", "errorText": "The model does not accept this request."},
    ]


async def test_resuming_replays_from_the_start_while_the_run_is_live(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate, "days.")
    async with another_environment(api) as other_process:
        asking = asyncio.create_task(ask(api, message("user", "How much leave?")))
        await api.model.wait_for_requests(2)
        resuming = asyncio.create_task(other_process.get(f"{PATH}/chat-1/stream", headers=ME))
        thread = (await other_process.get("/v1/threads/chat-1", headers=ME)).json()
        assert thread["live_run"]
        gate.set()
        original, resumed = await asking, await resuming
    assert resumed.status_code == 200
    assert resumed.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert chunks(resumed.text) == chunks(original.text)
    assert chunks(resumed.text)[0]["type"] == "start"


@pytest.mark.parametrize("chat", ["chat-1", "never-begun"])
async def test_resuming_a_chat_without_a_live_run_is_204(api: Api, chat: str) -> None:
    api.model.add_reply("26 days.")
    await ask(api, message("user", "How much leave?"), agent="rag")
    response = await api.http.get(f"{PATH}/{chat}/stream", headers=ME)
    assert (response.status_code, response.content) == (204, b"")


async def test_a_chat_of_the_same_id_of_another_user_is_another_chat(api: Api) -> None:
    api.model.add_reply("26 ", asyncio.Event())
    asking = asyncio.create_task(ask(api, message("user", "How much leave?"), agent="rag"))
    await api.model.wait_for_requests(1)
    other = {**ME, "X-User-Id": "somebody-else"}
    assert (await api.http.get(f"{PATH}/chat-1/stream", headers=other)).status_code == 204
    api.model.add_reply("Mine.")
    question = body(message("user", "Hm?"), agent="rag")
    theirs = await api.http.post(PATH, json=question, headers=other)
    assert answer(chunks(theirs.text)) == "Mine."
    asking.cancel()


async def test_a_cancelled_answer_ends_with_abort(api: Api) -> None:
    api.model.add_reply("26 days ", asyncio.Event(), "never sent")
    asking = asyncio.create_task(ask(api, message("user", "How much leave?"), agent="rag"))
    await api.model.wait_for_requests(1)
    threads = (await api.http.get("/v1/threads/chat-1", headers=ME)).json()
    await api.http.post(f"/v1/runs/{threads['live_run']}/cancel", headers=ME)
    found = chunks((await asking).text)
    assert found[-1] == {"type": "abort", "reason": "user"}


async def test_the_same_key_is_the_same_answer(api: Api) -> None:
    api.model.add_reply("26 days.")
    keyed = {**ME, "Idempotency-Key": "k1"}
    request = body(message("user", "How much leave?"), agent="rag")
    first, second = [await api.http.post(PATH, json=request, headers=keyed) for _ in range(2)]
    assert first.content == second.content
    assert len(api.model.requests) == 1


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body(), "invalid_request"),
        ({"messages": [message("user", "Hm?")]}, "invalid_request"),
        (body(message("assistant", "Hm.")), "no_user_message"),
        (body(message("user", "  ")), "empty_message"),
        (body({"id": "m", "role": "user", "parts": [{"type": "file"}]}), "unsupported_content"),
        (body(message("user", "Hm?"), chat="x" * 501), "invalid_thread_id"),
        (body(message("user", "Hm?"), agent="nobody"), "unknown_agent"),
        (body(message("user", "Hm?"), trigger="wish"), "invalid_request"),
    ],
)
async def test_an_invalid_request_is_refused(api: Api, sent: dict[str, Any], code: str) -> None:
    response = await api.http.post(PATH, json=sent, headers=ME)
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
