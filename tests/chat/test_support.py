"""The support chat API, as its front end uses it: sessions and three agents."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, events
from waypost_local.bedrock import Fault

COLLEAGUE = {**ME, "X-User-Id": "user-999"}


async def send_message(
    api: Api, message: str, session_id: str | None = None
) -> list[dict[str, Any]]:
    body = {"message": message, "session_id": session_id}
    response = await api.http.post("/chat", json=body, headers=ME)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = events(response.text)
    assert response.headers["x-thread-id"] == found[0]["session_id"]
    return found


async def test_a_first_message_begins_a_session(api: Api) -> None:
    api.model.add_reply("policy | 0.9 | - | leave").add_reply("Everybody has ", "26 days.")
    start, agent, *tokens, complete = await send_message(api, "How much leave do I have?")
    assert list(start) == ["type", "session_id"]
    assert start["type"] == "start"
    assert agent == {"type": "agent", "agent": "policy", "agent_type": "policy"}
    assert tokens == [
        {"type": "token", "content": "Everybody has "},
        {"type": "token", "content": "26 days."},
    ]
    assert complete["type"] == "complete"
    metadata = complete["metadata"]
    assert (metadata["agent"], metadata["session_id"]) == ("policy", start["session_id"])
    assert metadata["tokens"] == 20
    prompt = api.model.requests[0].system_text
    assert all(name in prompt for name in ("billing", "technical", "policy"))
    assert "news" not in prompt


async def test_a_session_is_continued_read_and_deleted(api: Api) -> None:
    api.model.add_reply("policy | 1 | - | x").add_reply("26 days.")
    session_id = (await send_message(api, "How much leave?"))[0]["session_id"]
    api.model.add_reply("policy | 1 | - | x").add_reply("Five.")
    again = await send_message(api, "And how much may I carry over?", session_id)
    assert again[0] == {"type": "start", "session_id": session_id}
    assert len(api.model.requests[-1].messages) == 3
    session = (await api.http.get(f"/sessions/{session_id}", headers=ME)).json()
    assert session["session_id"] == session_id
    messages = [(m["role"], m["content"], m["agent"]) for m in session["messages"]]
    assert messages == [
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


async def test_a_client_may_choose_its_session_id_which_is_its_own(api: Api) -> None:
    api.model.add_reply("policy | 1 | - | x").add_reply("26 days.")
    assert (await send_message(api, "How much leave?", "tab-1"))[0]["session_id"] == "tab-1"
    # Whether or not another user has one of that id, the answer is the same.
    for name in ("tab-1", "tab-2"):
        for method in ("GET", "DELETE"):
            response = await api.http.request(method, f"/sessions/{name}", headers=COLLEAGUE)
            assert response.status_code == 404
            assert response.json()["error"]["message"] == "Thread not found."
    api.model.add_reply("policy | 1 | - | x").add_reply("None.")
    sent = {"message": "And mine?", "session_id": "tab-1"}
    await api.http.post("/chat", json=sent, headers=COLLEAGUE)
    mine = (await api.http.get("/sessions/tab-1", headers=ME)).json()["messages"]
    theirs = (await api.http.get("/sessions/tab-1", headers=COLLEAGUE)).json()["messages"]
    assert [one["content"] for one in mine] == ["How much leave?", "26 days."]
    assert [one["content"] for one in theirs] == ["And mine?", "None."]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"message": ""}, "invalid_request"),
        ({"message": "  \n"}, "empty_message"),
        ({"message": ["x"]}, "invalid_request"),
        ({"message": "x", "session_id": "x" * 501}, "invalid_thread_id"),
        ({"message": "x", "session_id": 5}, "invalid_request"),
    ],
)
async def test_an_invalid_request_is_refused(api: Api, body: dict[str, Any], code: str) -> None:
    response = await api.http.post("/chat", json=body, headers=ME)
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert api.item_count() == 0


async def test_an_error_ends_the_stream_without_internals(api: Api) -> None:
    api.model.add_reply("policy | 1 | - | x").add_reply("Everybody ", "has 26 days.")
    api.faults.set(Fault("cut_after", after=1, operation="converse-stream", times=1))
    found = await send_message(api, "How much leave?")
    assert [event["type"] for event in found] == ["start", "agent", "token", "error"]
    assert found[-1] == {
        "type": "error",
        "message": "The model broke off. Please try again.",
        "code": "model_failed",
        "retryable": True,
        "partial": True,
    }
