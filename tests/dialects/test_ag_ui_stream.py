"""AG-UI: every recorded run is valid by ag-ui-validate, and has what its clients rely on."""

import json
from typing import Any

import pytest
from ag_ui_validate import create_validator

from tests.dialects.recorded_runs import RUNS, wire
from waypost.events import Event, RunStarted, StepStarted, ToolInput, ToolOutput, ToolStarted
from waypost_chat.dialects.ag_ui import AgUiDialect

EVERY_RUN = pytest.mark.parametrize("run", RUNS)


def frames(events: list[Event], run_id: str | None = "client-run") -> list[dict[str, Any]]:
    lines = wire(AgUiDialect(run_id), events).decode().split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


@EVERY_RUN
def test_a_recorded_run_is_valid(run: str) -> None:
    validator = create_validator()
    for event in frames(RUNS[run]):
        validator.feed(event)
    validator.finalize()
    found = [(d.rule, d.message) for d in validator.report().diagnostics]
    assert found == []


@EVERY_RUN
def test_the_clients_run_id_is_echoed_and_ours_is_in_the_metadata(run: str) -> None:
    first, *_, last = frames(RUNS[run])
    assert (first["type"], first["runId"], first["protocolVersion"]) == (
        "RUN_STARTED",
        "client-run",
        "1.0",
    )
    assert first["metadata"]["waypost"]["runId"] == RUNS[run][0].run_id
    assert last["type"] == "RUN_ERROR" or last["runId"] == "client-run"


@EVERY_RUN
def test_no_field_is_null(run: str) -> None:
    def nulls(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(nulls, value.values()))
        return value is None

    events = frames(RUNS[run])
    assert [event for event in events if nulls(event)] == []


def test_without_a_client_run_id_ours_is_used() -> None:
    events = RUNS["data"]
    assert frames(events, None)[0]["runId"] == events[0].run_id


@pytest.mark.parametrize(
    ("run", "ending"),
    [
        ("data", {"type": "RUN_FINISHED", "outcome": {"type": "success"}}),
        ("cancelled", {"type": "RUN_FINISHED", "outcome": {"type": "cancelled"}}),
        ("failed", {"type": "RUN_ERROR", "code": "model_busy"}),
        ("failed_partial", {"type": "RUN_ERROR", "code": "model_failed"}),
    ],
)
def test_a_run_has_one_end(run: str, ending: dict[str, Any]) -> None:
    events = frames(RUNS[run])
    ends = [event for event in events if event["type"] in ("RUN_FINISHED", "RUN_ERROR")]
    assert ends == [events[-1]]
    assert ending.items() <= events[-1].items()
    assert events[-1]["usage"][0]["inputTokens"] >= 100


def test_steps_of_one_name_and_calls_of_one_id_get_distinct_names() -> None:
    twice: list[Event] = []
    for number in (1, 2):
        step = f"step_{number}"
        twice += [
            StepStarted(step_id=step, kind="tool", name="search"),
            ToolStarted(call_id="call_0", name="search", step_id=step),
            ToolInput(call_id="call_0", arguments={}),
            ToolOutput(call_id="call_0", output="found", elapsed_ms=1),
        ]
    began = RunStarted(thread_id="t", user_message_id="m1", message_id="m2")
    stamped = [event.stamped(n, "run_1", "") for n, event in enumerate([began, *twice], 1)]
    events = frames(stamped)
    names = [event["stepName"] for event in events if event["type"] == "STEP_STARTED"]
    assert names == ["search", "search (2)"]
    calls = [event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_START"]
    results = [event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_RESULT"]
    assert calls == results == ["call_0", "step_2"]
