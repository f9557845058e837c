"""A message to one agent, as its front end sends it."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from starlette.types import Message

from tests.chat.conftest import ME, Api, Running, events
from tests.chat.test_runs import body_of, scope
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ReasoningPiece

CHAT = "/api/agents/sql/chat"
COUNT = "SELECT count(*) AS n FROM technicians"


async def send_message(api: Api, path: str = CHAT, **body: Any) -> list[dict[str, Any]]:
    response = await api.http.post(path, json={"message": "How many?", **body}, headers=ME)
    assert response.status_code == 200, response.text
    found = events(response.text)
    assert all(datetime.fromisoformat(event["timestamp"]).tzinfo for event in found)
    return found


async def test_a_stream_has_tokens_a_trace_of_each_step_and_done(api: Api) -> None:
    api.model.add_reply(ReasoningPiece("A count."), "I look. ", *_call()).add_reply("Two.")
    found = await send_message(api, path=f"{CHAT}?steps=true")
    assert "".join(e["content"] for e in found if e["type"] == "token") == "I look. \n\nTwo."
    started = {e["id"]: e for e in found if e["type"] == "trace_start"}
    ended = {e["id"]: e for e in found if e["type"] == "trace_end"}
    assert started.keys() == ended.keys()
    assert [step["kind"] for step in started.values()] == ["retrieval", "model", "tool", "model"]
    tool = next(step for step in ended.values() if step["kind"] == "tool")
    assert (tool["name"], tool["input"]) == ("query_database", {"sql": COUNT})
    assert tool["output"]["rows"] == [[2]]
    assert tool["latency_ms"] >= 0
    model = next(step for step in ended.values() if step["kind"] == "model")
    assert (model["status"], model["tokens"]) == ("completed", 110)
    assert model["cost_usd"] > 0
    updates = [e for e in found if e["type"] == "trace_update"]
    assert [e["reasoning"] for e in updates] == [e["message"] for e in updates] == ["A count."]
    assert (model["tokens_input"], model["tokens_output"], model["tokens_total"]) == (100, 10, 110)
    done = found[-1]
    assert set(done) == {
        "type",
        "run_id",
        "thread_id",
        "message_id",
        "tokens_used",
        "timestamp",
    }
    assert (done["type"], done["tokens_used"]) == ("done", 220)
    run = await api.run(done["run_id"])
    assert (run["message_id"], run["route"]["agent"]) == (done["message_id"], "sql")


async def test_without_being_asked_for_steps_a_trace_is_a_tool_call(api: Api) -> None:
    api.model.add_reply("I look. ", *_call()).add_reply("Two.")
    traces = [e for e in await send_message(api) if e["type"].startswith("trace")]
    assert [(e["type"], e["tool_name"], e["tool_type"]) for e in traces] == [
        ("trace_start", "query_database", "builtin"),
        ("trace_end", "query_database", "builtin"),
    ]
    start, end = traces
    assert (start["input"], start["mcp_server"]) == ({"sql": COUNT}, None)
    assert (end["step_id"], end["status"], end["error"]) == (start["step_id"], "completed", None)


def _call() -> tuple[Any, ...]:
    from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

    return ToolUseStart("call_1", "query_database"), ToolUseInput('{"sql": "' + COUNT + '"}')


async def test_a_message_continues_a_thread(api: Api) -> None:
    api.model.add_reply("Two.")
    thread_id = (await send_message(api))[-1]["thread_id"]
    api.model.add_reply("Mara and Tom.")
    assert (await send_message(api, message="Who?", thread_id=thread_id))[-1][
        "thread_id"
    ] == thread_id
    assert len(api.model.requests[-1].messages) == 3


async def test_without_a_stream_the_answer_is_json(api: Api) -> None:
    api.model.add_reply("Two.")
    body = {"message": "How many?", "stream": False}
    response = await api.http.post(CHAT, json=body, headers=ME)
    found = response.json()
    assert (response.status_code, found["status"], found["content"]) == (200, "completed", "Two.")
    assert (found["agent_id"], found["tokens_used"]) == ("sql", 110)
    assert found["error"] is None
    assert response.headers["x-run-id"] == found["run_id"]


async def test_an_error_ends_the_stream(api: Api) -> None:
    api.model.add_reply("There ", "are two.")
    api.faults.set(Fault("cut_after", after=1, operation="converse-stream", times=1))
    error = (await send_message(api))[-1]
    assert (error["type"], error["code"], error["partial"]) == ("error", "model_failed", True)
    assert (await api.run(error["run_id"]))["thread_id"] == error["thread_id"]


async def test_an_alias_names_an_agent(api: Api) -> None:
    api.model.add_reply("All is well.")
    found = await send_message(api, "/api/agents/azure-ops/chat", message="How are the systems?")
    assert found[-1]["type"] == "done"
    run = await api.run(found[-1]["run_id"])
    assert run["route"]["agent"] == "ops-assistant"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/agents/nobody/chat", {"message": "x"}, 404, "agent_not_found"),
        (CHAT, {"message": "x", "thread_id": "not-there"}, 404, "thread_not_found"),
        (CHAT, {"message": "x", "thread_id": "x" * 501}, 422, "invalid_thread_id"),
        (CHAT, {"message": ""}, 422, "invalid_request"),
        (CHAT, {"message": " "}, 422, "empty_message"),
        (CHAT, {"message": "x", "stream": "no"}, 422, "invalid_request"),
    ],
)
async def test_an_invalid_request_is_refused(
    api: Api, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    response = await api.http.post(path, json=body, headers=ME)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_a_heartbeat_is_an_event(environment: dict[str, str], running: Running) -> None:
    """The model is silent until three were sent; none of them has an event id."""
    environment["WAYPOST_HEARTBEAT"] = "0.01"
    async with running(environment) as api:
        silence = asyncio.Event()
        api.model.add_reply(silence, "Two.")
        sent = bytearray()

        async def send(message: Message) -> None:
            sent.extend(message.get("body", b""))
            if sent.count(b'{"type":"heartbeat","timestamp":"') >= 3:
                silence.set()

        await api.app(scope(CHAT), body_of({"message": "How many?"}), send)
    text = sent.decode()
    assert ": hb" not in text
    frames = [frame for frame in text.split("\n\n") if '"heartbeat"' in frame]
    assert all(frame.startswith('data: {"type":"heartbeat"') for frame in frames)
    assert events(text)[-1]["type"] == "done"


async def test_heartbeats_are_sent_between_tokens(
    environment: dict[str, str], running: Running
) -> None:
    """Heartbeats come while tokens do, too: the model stops once one was sent."""
    environment["WAYPOST_HEARTBEAT"] = "0.2"
    async with running(environment) as api:
        gates = [asyncio.Event() for _ in range(400)]
        api.model.add_reply(*[piece for gate in gates for piece in ("word ", gate)])
        sent = bytearray()

        async def open_gates() -> None:
            for gate in gates:
                if b'"heartbeat"' not in sent:
                    await asyncio.sleep(0.01)
                gate.set()

        async def send(message: Message) -> None:
            sent.extend(message.get("body", b""))

        opening = asyncio.create_task(open_gates())
        await api.app(scope(CHAT), body_of({"message": "How many?"}), send)
        await opening
    assert "heartbeat" in [event["type"] for event in events(sent.decode())]
