"""What the clients send and read that were written for the five systems, key by key."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from httpx_sse._decoders import SSEDecoder

from tests.chat.conftest import ME, Api
from tests.chat.test_agent_chat import COUNT

INTERNAL = {
    "input": {"message": "How many?", "locale": "en"},
    "conversation": {
        "id": "conv-1",
        "user_id": ME["X-User-Id"],
        "company_id": ME["X-Tenant-Id"],
        "client": "web",
    },
    "trace": True,
}
SYSTEMS: list[tuple[str, dict[str, Any]]] = [
    ("/internal/chat/stream", INTERNAL),
    ("/chat", {"message": "How many?", "session_id": None, "client": "web"}),
    ("/api/agent/stream", {"input": "How many?", "stream": True, "temperature": 1}),
    ("/api/agents/sql/chat", {"message": "How many?", "role": "user", "client": "web"}),
    ("/api/chat/stream", {"messages": [{"role": "user", "content": "How many?", "id": "m1"}]}),
]


def by_blocks(text: str) -> Iterator[Any]:
    """Blank-line separated blocks whose first line, after an `event:`, must be the data."""
    for block in text.removesuffix("\n\n").split("\n\n"):
        lines = block.split("\n")
        if all(line.startswith((":", "retry:")) for line in lines):
            continue
        if lines[0].startswith("event: "):
            del lines[0]
        (line,) = lines
        assert line.startswith("data: ")
        yield line[6:] if line == "data: [DONE]" else json.loads(line[6:])


def by_line(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line[6:])


def undecoded(data: bytes) -> str:
    """As a decoder that is given each piece of the network's as if it were whole."""
    return "".join(data[at : at + 7].decode(errors="replace") for at in range(0, len(data), 7))


async def post(api: Api, path: str, body: dict[str, Any], **more: str) -> bytes:
    response = await api.http.post(path, json=body, headers={**ME, **more})
    assert response.status_code == 200, response.text
    return response.content


@pytest.mark.parametrize(("path", "body"), SYSTEMS, ids=[path for path, _ in SYSTEMS])
async def test_frames_begin_with_their_data_and_unknown_keys_are_ignored(
    api: Api, path: str, body: dict[str, Any]
) -> None:
    for _ in range(2):
        api.model.add_reply("sql | 0.5 | rag | x").add_reply("There are two.")
    if "agents" in path:
        api.model.replies = [reply for reply in api.model.replies if len(reply) == 2][1::2]
    text = (await post(api, path, body)).decode()
    assert "\nid:" not in text
    blocks = [frame for frame in by_blocks(text) if frame != "[DONE]"]
    assert blocks == list(by_line(text))
    assert undecoded(text.encode()) == text
    if "agents" in path:
        api.model.add_reply("There are two.")
    with_ids = await post(api, f"{path}?ids=1", body)
    assert b"id: 1\n" in with_ids or b"id: 2\n" in with_ids or b"\nid: " in with_ids


async def test_a_deleted_session_begins_anew_under_its_id(api: Api) -> None:
    sent = {"message": "How many?", "session_id": "page-1"}
    api.model.add_reply("policy | 1 | - | x").add_reply("Two.")
    await post(api, "/chat", sent)
    assert (await api.http.delete("/sessions/page-1", headers=ME)).status_code == 200
    api.model.add_reply("policy | 0.8 | - | x").add_reply("Three.")
    frames = list(by_blocks((await post(api, "/chat", sent)).decode()))
    assert frames[-1]["session_id"] == frames[-1]["metadata"]["session_id"] == "page-1"
    assert frames[-1]["agent_type"] == "policy"
    session = (await api.http.get("/sessions/page-1", headers=ME)).json()
    told = [(m["role"], m["content"], m["agent_type"]) for m in session["messages"]]
    assert told == [("user", "How many?", None), ("assistant", "Three.", "policy")]
    assert all(message["timestamp"] for message in session["messages"])
    assert (session["current_agent"], session["metadata"]) == ("policy", {})


async def test_an_empty_session_id_begins_a_session(api: Api) -> None:
    api.model.add_reply("policy | 1 | - | x").add_reply("Two.")
    frames = list(
        by_blocks((await post(api, "/chat", {"message": "x", "session_id": ""})).decode())
    )
    assert frames[0]["session_id"].startswith("thread_")


async def test_the_service_describes_itself(api: Api) -> None:
    about = (await api.http.get("/")).json()
    assert (about["status"], about["endpoints"]["chat"]) == ("running", "/chat")
    assert {"name": "Billing", "type": "billing"} in about["agents"]
    assert about["name"]
    assert about["version"]


async def test_an_execution_is_told_as_its_client_reads_it(api: Api) -> None:
    api.model.add_reply("sql | 0.5 | - | x").add_query(COUNT).add_reply("Two.")
    text = (await post(api, "/api/agent/stream", {"input": "How many?"})).decode()
    frames = {frame["event"]: frame for frame in by_blocks(text)}
    assert {line[7:] for line in text.splitlines() if line.startswith("event: ")} == set(frames)
    assert all(frame["timestamp"] for frame in frames.values())
    data = {name: frame["data"] for name, frame in frames.items()}
    assert (data["tool_use"]["tool"], data["tool_use"]["input"]) == (
        "query_database",
        {"sql": COUNT},
    )
    assert data["tool_result"]["result"]["rows"] == [[2]]
    assert (data["final_output"]["content"], data["final_output"]["success"]) == ("Two.", True)
    assert (data["complete"]["message"], data["complete"]["success"]) == (
        "The agent has finished.",
        True,
    )
    api.model.add_reply("sql | 0.5 | - | x").add_reply("Two.")
    response = await api.http.post("/api/agent/execute", json={"input": "Hm?"}, headers=ME)
    found = response.json()
    assert (found["success"], found["final_output"]) == (True, "Two.")
    assert found["execution_time"] >= 0


async def test_a_client_carries_turns_of_every_role(api: Api) -> None:
    messages = [
        {"role": "assistant", "content": "Welcome!", "id": "m0"},
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How many?"},
        {"role": "tool", "content": "2", "tool_call_id": "x"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": "And now?", "timestamp": "2026-01-01T00:00:00Z"},
    ]
    api.model.add_reply("sql | 1 | - | x").add_reply("Two.")
    await post(api, "/api/chat/stream", {"messages": messages})
    told = [m["content"][0]["text"] for m in api.model.requests[-1].messages]
    assert told == ["Hello.", "Welcome!", "How many?", "Understood.", "And now?"]


async def test_agents_and_their_errors_have_the_keys_of_their_clients(api: Api) -> None:
    agents = (await api.http.get("/api/agents", headers=ME)).json()["agents"]
    sql = next(agent for agent in agents if agent["id"] == "sql")
    assert (sql["status"], sql["capabilities"]) == ("active", ["query_database"])
    missing = await api.http.get("/api/agents/nobody", headers=ME)
    assert missing.json()["detail"] == missing.json()["error"]["message"]
    api.model.add_reply("Two.")
    body = {"message": "How many?", "stream": False}
    answered = (await api.http.post("/api/agents/sql/chat", json=body, headers=ME)).json()
    assert answered["message"] == answered["content"] == "Two."
    path = f"/api/agents/sql/threads/{answered['thread_id']}"
    thread = (await api.http.get(path, headers=ME)).json()
    assert thread["agent_id"] == "sql"
    assert all(message["timestamp"] for message in thread["messages"])


async def test_the_opening_is_a_block_that_no_reader_takes_for_an_event(api: Api) -> None:
    api.model.add_reply("sql | 0.5 | rag | x").add_reply("Two.")
    text = (await post(api, "/internal/chat/stream", INTERNAL)).decode()
    assert text.startswith(": open\n\n")
    decoder = SSEDecoder()
    found = [event for line in text.split("\n") if (event := decoder.decode(line))]
    assert all(event.data for event in found)
