"""Hypothesis strategies for runs: text, reasoning and tool calls, broken off after any event."""

from hypothesis import strategies as st

from waypost.events import (
    Event,
    RouteDecided,
    RunStarted,
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
)
from waypost.records import Run

RUN = Run(
    id="run_1",
    thread_id="t",
    user_id="u",
    state="running",
    user_message_id="msg_1",
    message_id="msg_2",
    created_at="2026-01-01T00:00:00.000Z",
)
WORDS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5)


@st.composite
def texts(draw: st.DrawFn, text_id: str, channel: str) -> list[Event]:
    deltas = [TextDelta(text_id=text_id, delta=word) for word in draw(WORDS)]
    return [
        TextStarted(text_id=text_id, channel=channel),
        *deltas,
        TextCompleted(text_id=text_id),
    ]


@st.composite
def model_calls(draw: st.DrawFn, number: int) -> list[Event]:
    """The events of a model call and of the tools that it calls."""
    step = f"step_{number}"
    found: list[Event] = [StepStarted(step_id=step, kind="model", name="m")]
    if draw(st.booleans()):
        found += draw(texts(f"reasoning_{number}", "reasoning"))
    if draw(st.booleans()):
        found += draw(texts(f"text_{number}", "final"))
    tools = [f"call_{number}_{n}" for n in range(draw(st.integers(0, 2)))]
    for tool in tools:
        found.append(StepStarted(step_id=f"step_{tool}", kind="tool", name="query_database"))
        found.append(ToolStarted(call_id=tool, name="query_database", step_id=f"step_{tool}"))
        found.append(ToolInputDelta(call_id=tool, delta="{}"))
    found += [ToolInput(call_id=tool, arguments={"sql": tool}) for tool in tools]
    usage = Usage(input_tokens=draw(st.integers(0, 99)), output_tokens=draw(st.integers(0, 99)))
    found.append(StepCompleted(step_id=step, status="ok", elapsed_ms=1, usage=usage, cost_usd=1e-6))
    for tool in tools:
        ok = draw(st.booleans())
        output: Event = ToolOutput(call_id=tool, output={"rows": [[1]]}, elapsed_ms=1)
        found.append(output if ok else ToolFailed(call_id=tool, message="No."))
        status = "ok" if ok else "failed"
        found.append(StepCompleted(step_id=f"step_{tool}", status=status, elapsed_ms=1))  # type: ignore[arg-type]
    return found


@st.composite
def broken_runs(draw: st.DrawFn) -> list[Event]:
    """The events of a run, numbered, up to where it breaks off."""
    found: list[Event] = [
        RunStarted(thread_id="t", user_message_id="msg_1", message_id="msg_2"),
        RouteDecided(agent="sql", agent_version=1, method="model", confidence=1, reason="x"),
    ]
    for number in range(draw(st.integers(0, 4))):
        found += draw(model_calls(number))
    events = found[: draw(st.integers(1, len(found)))]
    return [
        event.stamped(seq, RUN.id, f"2026-01-01T00:00:{seq % 60:02}.000Z")
        for seq, event in enumerate(events, 1)
    ]
