"""Numbers a run's events and keeps its books: a fold over the events, and nothing else.

Whatever is stored about a run follows from its events alone, so that a run read back from its
events is the run that was written.
"""

import time
from collections.abc import Callable
from typing import Any

from waypost.events import (
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    SourceCited,
    StepCompleted,
    StepStarted,
    StepUpdated,
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
from waypost.records import Failure, Message, Route, Run, RunState, Source, Step


class Journal:
    """The events of one run in order, and what they amount to."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._began = time.monotonic()
        self.events: list[Event] = []
        self.usage = Usage()
        self.cost_usd: float | None = 0.0
        self._text: list[str] = []
        self._final_texts: set[str] = set()
        self._first_token_ms: int | None = None
        self._route: Route | None = None
        self._agent: str | None = None
        self._steps: dict[str, dict[str, Any]] = {}
        self._calls: dict[str, str] = {}
        self._sources: list[Source] = []
        self._end: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """The answer so far: what was said on the `final` channel."""
        return "".join(self._text)

    def add(self, event: Event) -> Event:
        """The event with its number, entered in the books."""
        stamped = event.stamped(len(self.events) + 1, self._run.id, now())
        self.events.append(stamped)
        if enter := _ENTRIES.get(stamped.type):
            enter(self, stamped)
        return stamped

    def completed(self, stop_reason: str) -> RunCompleted:
        return RunCompleted(
            stop_reason=stop_reason,
            usage=self.usage,
            cost_usd=self.cost_usd,
            elapsed_ms=self._elapsed(),
            first_token_ms=self._first_token_ms,
        )

    def usage_so_far(self) -> UsageReported:
        return UsageReported(**self.usage.model_dump(), cost_usd=self.cost_usd)

    def run(self) -> Run:
        return self._run.model_copy(
            update={
                "route": self._route,
                "usage": self.usage,
                "cost_usd": self.cost_usd,
                "elapsed_ms": self._elapsed(),
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

    def _elapsed(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

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
            known = self.cost_usd is not None and event.cost_usd is not None
            self.cost_usd = round(self.cost_usd + event.cost_usd, 9) if known else None  # type: ignore[operator]

    def _on_text(self, event: TextStarted) -> None:
        if event.channel == "final":
            self._final_texts.add(event.text_id)

    def _on_delta(self, event: TextDelta) -> None:
        if event.text_id in self._final_texts:
            self._text.append(event.delta)
            if self._first_token_ms is None:
                self._first_token_ms = self._elapsed()

    def _on_tool(self, event: ToolStarted) -> None:
        self._calls[event.call_id] = event.step_id

    def _on_tool_input(self, event: ToolInput) -> None:
        self._steps[self._calls[event.call_id]]["input"] = event.arguments

    def _on_tool_output(self, event: ToolOutput) -> None:
        self._steps[self._calls[event.call_id]]["output"] = event.output

    def _on_tool_failed(self, event: ToolFailed) -> None:
        self._steps[self._calls[event.call_id]]["output"] = event.message

    def _on_source(self, event: SourceCited) -> None:
        fields = event.model_dump(include=set(Source.model_fields))
        self._sources.append(Source.model_validate(fields))

    def _on_completed(self, event: RunCompleted) -> None:
        self._ended("completed", event, stop_reason=event.stop_reason)

    def _on_failed(self, event: RunFailed) -> None:
        failure = Failure(code=event.code, message=event.message, retryable=event.retryable)
        self._ended("failed", event, failure=failure, partial=event.partial)

    def _on_cancelled(self, event: RunCancelled) -> None:
        self._ended("cancelled", event, stop_reason=event.reason, partial=event.partial)

    def _ended(self, state: RunState, event: Event, **fields: Any) -> None:
        self._end = {"state": state, "finished_at": event.at, **fields}


_ENTRIES: dict[str, Callable[[Journal, Any], None]] = {
    "route.decided": Journal._on_route,
    "step.started": Journal._on_step,
    "step.updated": Journal._on_note,
    "step.completed": Journal._on_step_end,
    "text.started": Journal._on_text,
    "text.delta": Journal._on_delta,
    "tool.started": Journal._on_tool,
    "tool.input": Journal._on_tool_input,
    "tool.output": Journal._on_tool_output,
    "tool.failed": Journal._on_tool_failed,
    "source.cited": Journal._on_source,
    "run.completed": Journal._on_completed,
    "run.failed": Journal._on_failed,
    "run.cancelled": Journal._on_cancelled,
}
