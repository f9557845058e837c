"""An MCP server that cannot be reached, in every dialect that has a word for it."""

import json
from typing import Any

import pytest

from tests.dialects.recorded_runs import wire
from waypost.events import (
    Event,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepStarted,
    StepStatus,
    StepUpdated,
    Usage,
)
from waypost_chat.dialects import DIALECTS, Dialect
from waypost_chat.dialects.agents import AgentsDialect
from waypost_chat.dialects.openai_responses import OpenAIResponsesDialect

REASON = "The server answered with status 502."


def run(status: StepStatus, note: str = REASON) -> list[Event]:
    """Opens one server beside a search that fails, which no dialect tells in the same way."""
    events: list[Event] = [
        RunStarted(thread_id="t", user_message_id="m1", message_id="m2"),
        StepStarted(step_id="step_1", kind="retrieval", name="schema"),
        StepStarted(step_id="step_2", kind="retrieval", name="mcp:acme/maps"),
        StepUpdated(step_id="step_2", note=note),
        StepCompleted(step_id="step_2", status=status, elapsed_ms=7),
        StepCompleted(step_id="step_1", status="failed", elapsed_ms=9),
        RunCompleted(
            stop_reason="end_turn",
            usage=Usage(),
            cost_usd=None,
            elapsed_ms=20,
            first_token_ms=None,
        ),
    ]
    return [event.stamped(n, "run_1", "2026-03-04T05:06:07Z") for n, event in enumerate(events, 1)]


def told(dialect: Dialect | str, events: list[Event]) -> list[dict[str, Any]]:
    """The frames that name the server."""
    lines = wire(dialect, events).decode().split("\n")
    frames = [json.loads(line.removeprefix("data: ")) for line in lines if line[:7] == "data: {"]
    return [frame for frame in frames if "acme/maps" in json.dumps(frame)]


def test_ag_ui_has_a_custom_event() -> None:
    (custom,) = [frame for frame in told("ag-ui", run("failed")) if frame["type"] == "CUSTOM"]

    assert custom["name"] == "waypost.mcp_server_failed"
    assert custom["value"] == {"name": "acme/maps", "message": REASON}


def test_the_ai_sdk_has_a_data_part() -> None:
    started, failed = told("ai-sdk", run("failed"))

    assert (started["data"]["status"], started["id"]) == ("started", failed["id"])
    assert failed["type"] == "data-step"
    assert failed["data"] == {
        "kind": "retrieval",
        "name": "mcp:acme/maps",
        "status": "failed",
        "note": REASON,
    }


@pytest.mark.parametrize("all_steps", [False, True])
def test_agents_have_a_trace_that_failed(all_steps: bool) -> None:
    frames = told(AgentsDialect(all_steps=all_steps), run("failed"))

    start, update, end = frames
    assert [start["type"], end["type"]] == ["trace_start", "trace_end"]
    assert (update["type"], update["message"]) == ("trace_update", REASON)
    assert start["step_id"] == end["step_id"] == "step_2"
    assert (end["status"], end["error"], end["latency_ms"]) == ("failed", REASON, 7)
    assert (end["tool_type"], end["mcp_server"]) == ("mcp", "acme/maps")


def test_the_execution_has_a_thought() -> None:
    (thought,) = told("execution", run("failed"))

    assert thought["event"] == "thinking"
    assert thought["data"] == {"content": f"The MCP server acme/maps failed: {REASON}"}


def test_openai_responses_have_a_list_of_tools_that_failed() -> None:
    dialect = OpenAIResponsesDialect()

    types = [frame["type"] for frame in told(dialect, run("failed"))]

    item = {
        "id": "mcpl_2",
        "type": "mcp_list_tools",
        "server_label": "acme/maps",
        "tools": [],
        "error": REASON,
    }
    assert dialect.response()["output"] == [item]
    assert types == [
        "response.output_item.added",
        "response.output_item.done",
        "response.completed",
    ]
    assert (
        "response.mcp_list_tools.failed" in wire(OpenAIResponsesDialect(), run("failed")).decode()
    )


@pytest.mark.parametrize("dialect", ["execution", "agents", "openai-responses"])
def test_a_server_that_was_reached_is_no_news(dialect: str) -> None:
    assert told(dialect, run("ok")) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_event_has_its_number_once(dialect: str) -> None:
    encoder = DIALECTS[dialect]()
    for event in run("failed"):
        encoded = encoder.encode(event).decode()
        assert encoded.count(f"id: {event.seq}\n") == (1 if encoded else 0)
