"""The transcript of a run that a model continues."""

from typing import Any

from waypost.events import (
    StepStarted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost.models.turns import AssistantTurn, ToolCall, ToolTurn
from waypost.runs.projection import RESULT_UNKNOWN
from waypost.runs.transcript import transcript

EVENTS: tuple[Any, ...] = (
    StepStarted(step_id="s1", kind="model", name="m"),
    TextStarted(text_id="t1", channel="final"),
    TextDelta(text_id="t1", delta="Let me see."),
    ToolStarted(call_id="c1", name="query_database", step_id="s2"),
    ToolInput(call_id="c1", arguments={"sql": "SELECT 1"}),
)
CALL = ToolCall("c1", "query_database", {"sql": "SELECT 1"})


def test_a_call_and_its_result_are_in_the_transcript() -> None:
    turns = transcript([*EVENTS, ToolOutput(call_id="c1", output={"rows": [[1]]}, elapsed_ms=1)])
    assert turns == (
        AssistantTurn("Let me see.", (CALL,)),
        ToolTurn("c1", '{"rows": [[1]]}', failed=False),
    )


def test_a_failure_is_in_the_transcript() -> None:
    turns = transcript([*EVENTS, ToolFailed(call_id="c1", message="no such column: x")])
    assert turns[1] == ToolTurn("c1", "no such column: x", failed=True)


def test_a_call_with_an_unknown_result_is_left_out() -> None:
    turns = transcript([*EVENTS, ToolFailed(call_id="c1", message=RESULT_UNKNOWN)])
    assert turns == (AssistantTurn("Let me see."),)
