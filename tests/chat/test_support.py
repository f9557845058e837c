"""Sessions and support agents, as their front end speaks to them."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, events
from waypost_local.bedrock import Fault

COLLEAGUE = {**ME, "X-User-Id": "user-999"}


async def say(api: Api, message: str, session_id: str | None = None) -> list[dict[str, Any]]:
    body = {"message": message, "session_id": session_id}
    response = await api.http.post("/chat", json=body, headers=ME)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = events(response.text)
    assert response.headers["x-thread-id"] == found[0]["session_id"]
    return found


async def test_a_message_begins_a_session_and_one_of_three_answers(api: Api) -> None:
    api.script.says("policy | 0.9 | - | leave").says("Everybody has ", "26 days.")
    start, agent, *tokens, complete = await say(api, "How much leave do I have?")
    assert list(start) == ["type", "session_id"]
    assert start["type"] == "start"
    assert agent == {"type": "agent", "agent": "policy"}
    assert tokens == [
        {"type": "token", "content": "Everybody has "},
        {"type": "token", "content": "26 days."},
    ]
    assert complete["type"] == "complete"
    metadata = complete["metadata"]
    assert (metadata["agent"], metadata["session_id"]) == ("policy", start["session_id"])
    assert metadata["tokens"] == 20
    told = api.script.asked[0].system_text
    assert all(name in told for name in ("billing", "technical", "policy"))
    assert "news" not in told


async def test_a_session_is_gone_on_with_read_and_deleted(api: Api) -> None:
    api.script.says("policy | 1 | - | x").says("26 days.")
    session_id = (await say(api, "How much leave?"))[0]["session_id"]
    api.script.says("policy | 1 | - | x").says("Five.")
    again = await say(api, "And how much may I carry over?", session_id)
    assert again[0] == {"type": "start", "session_id": session_id}
    assert len(api.script.asked[-1].messages) == 3
    session = (await api.http.get(f"/sessions/{session_id}", headers=ME)).json()
    assert session["session_id"] == session_id
    said = [(m["role"], m["content"], m["agent"]) for m in session["messages"]]
    assert said == [
        ("user", "How much leave?", None),
        ("assistant", "26 days.", "policy"),
        ("user", "And how much may I carry over?", None),
        ("assistant", "Five.", "policy"),
    ]
    deleted = await api.http.delete(f"/sessions/{session_id}", headers=ME)
    assert deleted.json() == {
        "message": "Session deleted successfully",
        "session_id": session_id,
    }
    assert (await api.http.get(f"/sessions/{session_id}", headers=ME)).status_code == 404


async def test_a_front_end_may_name_its_session_and_nobody_elses(api: Api) -> None:
    api.script.says("policy | 1 | - | x").says("26 days.")
    assert (await say(api, "How much leave?", "tab-1"))[0]["session_id"] == "tab-1"
    for request in (
        api.http.post("/chat", json={"message": "x", "session_id": "tab-1"}, headers=COLLEAGUE),
        api.http.get("/sessions/tab-1", headers=COLLEAGUE),
        api.http.delete("/sessions/tab-1", headers=COLLEAGUE),
    ):
        assert (await request).status_code == 404
    assert (await api.http.get("/sessions/tab-1", headers=ME)).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"message": ""}, "invalid_request"),
        ({"message": "  \n"}, "empty_message"),
        ({"message": ["x"]}, "invalid_request"),
        ({"message": "x", "session_id": "a b"}, "invalid_thread_id"),
        ({"message": "x", "session_id": 5}, "invalid_request"),
        ({"message": "x", "session": "a"}, "invalid_request"),
    ],
)
async def test_what_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    response = await api.http.post("/chat", json=body, headers=ME)
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert api.written() == 0


async def test_an_error_ends_the_stream_and_says_nothing_internal(api: Api) -> None:
    api.script.says("policy | 1 | - | x").says("Everybody ", "has 26 days.")
    api.faults.set(Fault("cut_after", after=1, operation="converse-stream", times=1))
    found = await say(api, "How much leave?")
    assert [event["type"] for event in found] == ["start", "agent", "token", "error"]
    assert found[-1] == {
        "type": "error",
        "message": "The model broke off. Please try again.",
        "code": "model_failed",
        "retryable": True,
        "partial": True,
    }
