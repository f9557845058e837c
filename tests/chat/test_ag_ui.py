"""`/api/ag-ui`: requests as AG-UI's clients send them, and the events they read."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, events

PATH = "/api/ag-ui"


def body(*messages: tuple[str, Any], **more: Any) -> dict[str, Any]:
    sent = [{"id": f"m{n}", "role": r, "content": text} for n, (r, text) in enumerate(messages)]
    whole = {"threadId": "thread-1", "runId": "client-run", "messages": sent}
    return {**whole, "tools": [], "context": [], "state": {}, "forwardedProps": {}, **more}


async def ask(api: Api, *messages: tuple[str, Any], **more: Any) -> Any:
    return await api.http.post(PATH, json=body(*messages, **more), headers=ME)


def answer(found: list[dict[str, Any]]) -> str:
    return "".join(e["delta"] for e in found if e["type"] == "TEXT_MESSAGE_CONTENT")


async def test_a_run_has_the_clients_run_and_thread_ids(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(
        "SELECT count(*) AS n FROM technicians"
    ).add_reply("Two.")
    response = await ask(api, ("user", "How many technicians?"), protocolVersion="1.0")
    assert response.status_code == 200, response.text
    found = events(response.text)
    assert (found[0]["threadId"], found[0]["runId"]) == ("thread-1", "client-run")
    assert found[0]["metadata"]["waypost"]["runId"] == response.headers["x-run-id"]
    assert found[-1]["runId"] == "client-run"
    assert found[-1]["outcome"] == {"type": "success"}
    assert answer(found) == "Two."
    calls = [event for event in found if event["type"].startswith("TOOL_CALL")]
    assert [event["type"] for event in calls] == [
        "TOOL_CALL_START",
        "TOOL_CALL_ARGS",
        "TOOL_CALL_END",
        "TOOL_CALL_RESULT",
    ]
    assert calls[1]["delta"] == '{"sql":"SELECT count(*) AS n FROM technicians"}'
    assert '"rows":[[2]]' in calls[3]["content"]


async def test_the_messages_are_the_history_of_a_new_thread(api: Api) -> None:
    api.model.add_reply("Blue.")
    turns = [("user", "My colour is blue."), ("assistant", "Noted."), ("tool", "x")]
    await ask(api, *turns, ("user", "My colour?"), forwardedProps={"agent": "rag"})
    sent = str(api.model.requests[0].body["messages"])
    assert sent.index("My colour is blue.") < sent.index("Noted.") < sent.index("My colour?")


async def test_text_parts_are_joined_and_forwarded_props_choose_the_agent(api: Api) -> None:
    api.model.add_reply("26 days.")
    parts = [{"type": "text", "text": "How much"}, {"type": "text", "text": "leave?"}]
    response = await ask(api, ("user", parts), forwardedProps={"agent": "rag", "other": 1})
    run = await api.run(response.headers["x-run-id"])
    assert (run["route"]["agent"], run["route"]["method"]) == ("rag", "pinned")
    thread = (await api.http.get("/v1/threads/thread-1", headers=ME)).json()
    assert thread["messages"][0]["text"] == "How much\nleave?"


async def test_the_same_key_is_the_same_run(api: Api) -> None:
    api.model.add_reply("26 days.")
    keyed = {**ME, "Idempotency-Key": "k1"}
    request = body(("user", "How much leave?"), forwardedProps={"agent": "rag"})
    first, second = [await api.http.post(PATH, json=request, headers=keyed) for _ in range(2)]
    assert first.content == second.content
    assert len(api.model.requests) == 1


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body(("assistant", "Hm.")), "no_user_message"),
        (body(("user", " ")), "empty_message"),
        (body(("user", [{"type": "binary", "data": "x"}])), "unsupported_content"),
        (body(("nobody", "Hm?")), "invalid_request"),
        (body(("user", "Hm?"), threadId="x" * 501), "invalid_thread_id"),
        (body(("user", "Hm?"), runId=""), "invalid_request"),
        (body(("user", "Hm?"), forwardedProps={"agent": "nobody"}), "unknown_agent"),
    ],
)
async def test_an_invalid_request_is_refused(api: Api, sent: dict[str, Any], code: str) -> None:
    response = await api.http.post(PATH, json=sent, headers=ME)
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
