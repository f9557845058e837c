"""The state of a run, as it is stored: a fold over its events, and nothing else.

It reads no clock of its own: a run read back from its events is the run that was written.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from waypost.errors import WaypostError
from waypost.events import (
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
    ToolOutput,
    ToolStarted,
    Usage,
    UsageReported,
    now,
)
from waypost.records import Message, Route, Run, RunFailure, RunState, Source, Step

RESULT_UNKNOWN = "The run ended before this did."
"""The message of a tool call whose result is not known."""
INTERRUPTED = "interrupted"
"""The code of a run whose process ended before it did."""


class RunProjection:
    """The state of one run after the events that were applied to it, in order."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._began = run.created_at
        self.seq = 0
        """The last event's."""
        self.usage = Usage()
        self.cost_usd: float | None = 0.0
        self._text: list[str] = []
        self._texts: dict[str, str] = {}
        self._first_token_ms: int | None = None
        self._route: Route | None = None
        self._agent: str | None = None
        self._steps: dict[str, dict[str, Any]] = {}
        self._calls: dict[str, str] = {}
        self._open_calls: set[str] = set()
        self._sources: list[Source] = []
        self._end: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """The answer so far: the text of the `final` channel."""
        return "".join(self._text)

    def append(self, event: Event) -> Event:
        """Gives a new event its number and time, and applies it."""
        stamped = event.encodable().stamped(self.seq + 1, self._run.id, now())
        self.apply(stamped)
        return stamped

    def apply(self, event: Event) -> None:
        """Takes in an event that has its number: the one after the last."""
        self.seq = event.seq
        if apply := _APPLY.get(event.type):
            apply(self, event)

    def close_open(
        self, usage: Usage | None = None, cost_usd: float | None = None
    ) -> Iterator[Event]:
        """The events that end everything that is still open, for a run that broke off.

        Args:
            usage: What the open model call has used by now, as far as that is known.
        """
        for text_id in list(self._texts):
            yield TextCompleted(text_id=text_id)
        for call_id in sorted(self._open_calls):
            yield ToolFailed(call_id=call_id, message=RESULT_UNKNOWN)
        for step in [s for s in self._steps.values() if "status" not in s]:
            estimated = step["kind"] == "model" and usage is not None
            if estimated:
                yield StepUpdated(step_id=step["id"], note="usage is estimated")
            yield StepCompleted(
                step_id=step["id"],
                status="failed",
                elapsed_ms=_between(step["started_at"], now()),
                usage=usage if estimated else None,
                cost_usd=cost_usd if estimated else None,
            )

    def completed(self, stop_reason: str) -> RunCompleted:
        return RunCompleted(
            stop_reason=stop_reason,
            usage=self.usage,
            cost_usd=self.cost_usd,
            elapsed_ms=_between(self._began, now()),
            first_token_ms=self._first_token_ms,
        )

    def failed(self, error: WaypostError) -> RunFailed:
        return RunFailed(
            code=error.code,
            message=error.message,
            retryable=error.retryable,
            partial=bool(self.text),
        )

    def usage_so_far(self) -> UsageReported:
        return UsageReported(**self.usage.model_dump(), cost_usd=self.cost_usd)

    def run(self) -> Run:
        return self._run.model_copy(
            update={
                "route": self._route,
                "usage": self.usage,
                "cost_usd": self.cost_usd,
                "first_token_ms": self._first_token_ms,
                **self._end,
            }
        )

    def message(self) -> Message:
        """The answer as a turn of its thread."""
        run = self.run()
        return Message(
            id=run.message_id,
            thread_id=run.thread_id,
            run_id=run.id,
            role="assistant",
            text=self.text,
            created_at=run.finished_at or now(),
            agent=self._agent,
            partial=run.state != "completed",
            sources=self._sources,
        )

    def steps(self) -> list[Step]:
        return [Step.model_validate(step) for step in self._steps.values()]

    def _on_start(self, event: RunStarted) -> None:
        self._began = event.at

    def _on_route(self, event: RouteDecided) -> None:
        self._route = Route.model_validate(event.model_dump(include=set(Route.model_fields)))
        self._agent = event.agent

    def _on_step(self, event: StepStarted) -> None:
        self._steps[event.step_id] = {
            "id": event.step_id,
            "run_id": event.run_id,
            "kind": event.kind,
            "name": event.name,
            "parent_id": event.parent_id,
            "started_at": event.at,
        }

    def _on_note(self, event: StepUpdated) -> None:
        self._steps[event.step_id].setdefault("notes", []).append(event.note)

    def _on_step_end(self, event: StepCompleted) -> None:
        self._steps[event.step_id] |= {
            "status": event.status,
            "elapsed_ms": event.elapsed_ms,
            "usage": event.usage,
            "cost_usd": event.cost_usd,
        }
        if event.usage is not None:
            self.usage += event.usage
            self.cost_usd = _sum(self.cost_usd, event.cost_usd)

    def _on_text(self, event: TextStarted) -> None:
        self._texts[event.text_id] = event.channel

    def _on_delta(self, event: TextDelta) -> None:
        if self._texts.get(event.text_id) == "final":
            self._text.append(event.delta)
            if self._first_token_ms is None:
                self._first_token_ms = _between(self._began, event.at)

    def _on_text_end(self, event: TextCompleted) -> None:
        self._texts.pop(event.text_id, None)

    def _on_tool(self, event: ToolStarted) -> None:
        self._calls[event.call_id] = event.step_id
        self._open_calls.add(event.call_id)

    def _on_tool_input(self, event: ToolInput) -> None:
        self._steps[self._calls[event.call_id]]["input"] = event.arguments

    def _on_tool_output(self, event: ToolOutput) -> None:
        self._steps[self._calls[event.call_id]]["output"] = event.output
        self._open_calls.discard(event.call_id)

    def _on_tool_failed(self, event: ToolFailed) -> None:
        self._steps[self._calls[event.call_id]]["output"] = event.message
        self._open_calls.discard(event.call_id)

    def _on_source(self, event: SourceCited) -> None:
        fields = event.model_dump(include=set(Source.model_fields))
        self._sources.append(Source.model_validate(fields))

    def _on_completed(self, event: RunCompleted) -> None:
        self._ended("completed", event, stop_reason=event.stop_reason, elapsed_ms=event.elapsed_ms)

    def _on_failed(self, event: RunFailed) -> None:
        failure = RunFailure(code=event.code, message=event.message, retryable=event.retryable)
        state: RunState = "interrupted" if event.code == INTERRUPTED else "failed"
        self._ended(state, event, failure=failure, partial=event.partial)

    def _on_cancelled(self, event: RunCancelled) -> None:
        self._ended("cancelled", event, stop_reason=event.reason, partial=event.partial)

    def _ended(self, state: RunState, event: Event, **fields: Any) -> None:
        elapsed = _between(self._began, event.at)
        self._end = {"state": state, "finished_at": event.at, "elapsed_ms": elapsed, **fields}


_APPLY: dict[str, Callable[[RunProjection, Any], None]] = {
    "run.started": RunProjection._on_start,
    "route.decided": RunProjection._on_route,
    "step.started": RunProjection._on_step,
    "step.updated": RunProjection._on_note,
    "step.completed": RunProjection._on_step_end,
    "text.started": RunProjection._on_text,
    "text.delta": RunProjection._on_delta,
    "text.completed": RunProjection._on_text_end,
    "tool.started": RunProjection._on_tool,
    "tool.input": RunProjection._on_tool_input,
    "tool.output": RunProjection._on_tool_output,
    "tool.failed": RunProjection._on_tool_failed,
    "source.cited": RunProjection._on_source,
    "run.completed": RunProjection._on_completed,
    "run.failed": RunProjection._on_failed,
    "run.cancelled": RunProjection._on_cancelled,
}


def _sum(total: float | None, cost: float | None) -> float | None:
    """US dollars; None where one of them is not known."""
    return None if total is None or cost is None else round(total + cost, 9)


def _between(start: str, end: str) -> int:
    """Milliseconds between two times in RFC 3339."""
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, round(passed.total_seconds() * 1000))
