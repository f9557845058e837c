"""Made-up runs with every event in them: encoded in a dialect, they are its examples."""

from waypost.events import (
    Data,
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    SourceCited,
    StepCompleted,
    StepStarted,
    StepUpdated,
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolInputDelta,
    ToolOutput,
    ToolStarted,
    Usage,
    UsageReported,
)

_AT = "2026-01-02T03:04:05.678Z"
_USAGE = Usage(input_tokens=412, output_tokens=28)
_ROUTER, _MODEL, _TOOL, _BROKEN = "step_1", "step_2", "step_3", "step_4"
_SERVER = "step_5"
_SQL = {"sql": "SELECT count(*) AS active FROM technicians WHERE status = 'active'"}
_COUNT = {"columns": ["active"], "rows": [[12]], "row_count": 1, "truncated": False}
_TABLE = {"columns": ["active"], "rows": [[12]], "truncated": False}

_BEGINNING: tuple[Event, ...] = (
    RunStarted(thread_id="conv-test-123", user_message_id="msg_1", message_id="msg_2"),
    StepStarted(step_id=_ROUTER, kind="classify", name="router"),
    StepCompleted(step_id=_ROUTER, status="ok", elapsed_ms=180, usage=_USAGE, cost_usd=0.00002),
    RouteDecided(
        agent="sql",
        agent_version=1,
        method="model",
        confidence=0.9,
        reason="It asks for a count.",
        runner_up="rag",
    ),
    StepStarted(step_id=_SERVER, kind="retrieval", name="mcp:weather"),
    StepUpdated(step_id=_SERVER, note="The server cannot be reached."),
    StepCompleted(step_id=_SERVER, status="failed", elapsed_ms=12),
    StepStarted(step_id=_MODEL, kind="model", name="us.amazon.nova-lite-v1:0"),
    TextStarted(text_id="text_1", channel="reasoning"),
    TextDelta(text_id="text_1", delta="The table technicians has a status."),
    TextCompleted(text_id="text_1"),
)
_WORK: tuple[Event, ...] = (
    StepStarted(step_id=_BROKEN, kind="tool", name="query_database"),
    ToolStarted(call_id="call_1", name="query_database", step_id=_BROKEN),
    ToolInput(call_id="call_1", arguments={"sql": "SELECT 1; SELECT 2"}),
    ToolFailed(call_id="call_1", message="Only a single SELECT is allowed."),
    StepCompleted(step_id=_BROKEN, status="failed", elapsed_ms=1),
    StepStarted(step_id=_TOOL, kind="tool", name="query_database"),
    ToolStarted(call_id="call_2", name="query_database", step_id=_TOOL),
    ToolInputDelta(call_id="call_2", delta='{"sql": "SELECT '),
    ToolInput(call_id="call_2", arguments=_SQL),
    ToolOutput(call_id="call_2", output=_COUNT, elapsed_ms=4),
    Data(name="table", id="call_2", data=_TABLE),
    StepCompleted(step_id=_TOOL, status="ok", elapsed_ms=4),
    TextStarted(text_id="text_2", channel="final"),
    TextDelta(text_id="text_2", delta="There are 12 active technicians [1]."),
    SourceCited(
        index=1,
        document="teams.md",
        heading="Teams > Field",
        chunk_id="teams.md#2",
        quote="Technicians are active from their first day.",
    ),
    TextCompleted(text_id="text_2"),
    StepUpdated(step_id=_MODEL, note="model_busy: trying again"),
    StepCompleted(step_id=_MODEL, status="ok", elapsed_ms=930, usage=_USAGE, cost_usd=0.00003),
    UsageReported(**_USAGE.model_dump(), cost_usd=0.00005),
)
_ENDS: tuple[Event, ...] = (
    RunCompleted(
        stop_reason="end_turn", usage=_USAGE, cost_usd=0.00005, elapsed_ms=1140, first_token_ms=790
    ),
    RunCompleted(
        stop_reason="max_tokens",
        usage=_USAGE,
        cost_usd=0.00005,
        elapsed_ms=1140,
        first_token_ms=790,
    ),
    RunFailed(
        code="model_failed",
        message="The model broke off. Please try again.",
        retryable=True,
        partial=True,
    ),
    RunCancelled(reason="user", partial=True),
)
RUNS: list[list[Event]] = [
    [event.stamped(seq, "run_1", _AT) for seq, event in enumerate((*_BEGINNING, *_WORK, end), 1)]
    for end in _ENDS
]
"""Completed, cut short, failed and cancelled."""
