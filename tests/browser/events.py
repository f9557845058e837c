"""Events of sample runs in the demo company."""

from typing import Any

from waypost.events import (
    Data,
    Event,
    RouteDecided,
    RunCompleted,
    RunFailed,
    SourceCited,
    StepCompleted,
    StepStarted,
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

SQL = (
    "SELECT trade, count(*) AS technicians FROM technicians WHERE status = 'active' GROUP BY trade"
)
TABLE: dict[str, Any] = {
    "columns": ["trade", "technicians"],
    "rows": [["heating", 9], ["cooling", 8], ["plumbing", 6], ["electrical", 5]],
    "truncated": False,
}
OVERTIME = SourceCited(
    index=1,
    document="handbook-working-time.md",
    heading="Working time and overtime > Overtime rules",
    chunk_id="handbook-working-time.md#2",
    quote="Overtime is every hour beyond 38 in a week, or beyond 9 on one day.",
)


def route(agent: str = "sql", **fields: Any) -> RouteDecided:
    defaults = {
        "agent": agent,
        "agent_version": 1,
        "method": "model",
        "confidence": 0.92,
        "reason": "It asks for a count of rows.",
        "runner_up": "rag" if agent == "sql" else "sql",
    }
    return RouteDecided.model_validate({**defaults, **fields})


def routed(decision: RouteDecided | None = None) -> list[Event]:
    """The classification, up to the decision."""
    usage = Usage(input_tokens=310, output_tokens=12)
    return [
        StepStarted(step_id="step_route", kind="classify", name="router"),
        StepCompleted(
            step_id="step_route", status="ok", elapsed_ms=140, usage=usage, cost_usd=0.0000125
        ),
        decision or route(),
    ]


def database_query(sql: str = SQL, table: dict[str, Any] = TABLE) -> list[Event]:
    """A model call that asks the database, and the rows that it gets."""
    output = {**table, "row_count": len(table["rows"]), "rows": table["rows"][:50]}
    return [
        StepStarted(step_id="step_model", kind="model", name="nova-lite"),
        StepStarted(step_id="step_tool", kind="tool", name="query_database"),
        ToolStarted(call_id="call_1", name="query_database", step_id="step_tool"),
        ToolInputDelta(call_id="call_1", delta='{"sql": "SEL'),
        ToolInput(call_id="call_1", arguments={"sql": sql}),
        StepCompleted(step_id="step_model", status="ok", elapsed_ms=410),
        ToolOutput(call_id="call_1", output=output, elapsed_ms=12),
        Data(name="table", id="call_1", data=table),
        StepCompleted(step_id="step_tool", status="ok", elapsed_ms=12),
    ]


def refused_query(sql: str, message: str) -> list[Event]:
    return [
        StepStarted(step_id="step_bad", kind="tool", name="query_database"),
        ToolStarted(call_id="call_0", name="query_database", step_id="step_bad"),
        ToolInput(call_id="call_0", arguments={"sql": sql}),
        ToolFailed(call_id="call_0", message=message),
        StepCompleted(step_id="step_bad", status="failed", elapsed_ms=3),
    ]


def text_started(text_id: str = "text_1", channel: str = "final") -> Event:
    return TextStarted(text_id=text_id, channel=channel)


def text_delta(text: str, text_id: str = "text_1") -> Event:
    return TextDelta(text_id=text_id, delta=text)


def text_completed(text_id: str = "text_1") -> Event:
    return TextCompleted(text_id=text_id)


def answer(text: str) -> list[Event]:
    return [text_started(), text_delta(text), text_completed()]


def usage(cost_usd: float | None = 0.000412) -> UsageReported:
    tokens = Usage(input_tokens=1204, output_tokens=46)
    return UsageReported(**tokens.model_dump(), cost_usd=cost_usd)


def completed(**fields: Any) -> RunCompleted:
    defaults = {
        "stop_reason": "end_turn",
        "usage": Usage(input_tokens=1204, output_tokens=46),
        "cost_usd": 0.000412,
        "elapsed_ms": 1240,
        "first_token_ms": 640,
    }
    return RunCompleted.model_validate({**defaults, **fields})


def failed(**fields: Any) -> RunFailed:
    defaults = {
        "code": "model_failed",
        "message": "The model broke off. Please try again.",
        "retryable": True,
        "partial": True,
    }
    return RunFailed.model_validate({**defaults, **fields})
