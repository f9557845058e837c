"""A run's outcome: a fold over its events, for callers that want one answer and no stream."""

from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from waypost.events import (
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    SourceCited,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
    Usage,
    UsageReported,
)
from waypost_chat.bodies.answers import AnswerError, AnswerStatus, CitedSource, ToolUse
from waypost_chat.error_responses import request_id
from waypost_chat.streaming import AnyRun, run_headers, wait_for_end

_HTTP: dict[AnswerStatus, int] = {"in_progress": 202, "completed": 200, "cancelled": 200}


@dataclass
class RunOutcome:
    """The run so far. `text` is the answer, without the model's reasoning."""

    run_id: str = ""
    thread_id: str = ""
    message_id: str = ""
    agent: str | None = None
    status: AnswerStatus = "in_progress"
    text: str = ""
    tools: dict[str, ToolUse] = field(default_factory=dict)
    sources: list[CitedSource] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    elapsed_ms: int | None = None
    failure: RunFailed | None = None
    _answer: set[str] = field(default_factory=set)

    def apply(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.run_id, self.message_id = event.run_id, event.message_id
                self.thread_id = event.thread_id
            case RouteDecided():
                self.agent = event.agent
            case TextStarted(channel="final"):
                self._answer.add(event.text_id)
            case TextDelta() if event.text_id in self._answer:
                self.text += event.delta
            case ToolStarted():
                self.tools[event.call_id] = ToolUse(id=event.call_id, name=event.name)
            case ToolInput():
                self._update_tool(event.call_id, input=event.arguments)
            case ToolOutput():
                self._update_tool(event.call_id, output=event.output)
            case ToolFailed():
                self._update_tool(event.call_id, output=event.message, failed=True)
            case SourceCited():
                self.sources.append(CitedSource.model_validate(event.model_dump()))
            case UsageReported():
                self.usage = Usage.model_validate(event.model_dump(include=set(Usage.model_fields)))
                self.cost_usd = event.cost_usd
            case RunCompleted():
                self.status, self.elapsed_ms = "completed", event.elapsed_ms
            case RunFailed():
                self.status, self.failure = "failed", event
            case RunCancelled():
                self.status = "cancelled"

    def _update_tool(self, call_id: str, **fields: Any) -> None:
        self.tools[call_id] = self.tools[call_id].model_copy(update=fields)


async def wait_for_outcome(run: AnyRun, scope: Scope) -> RunOutcome:
    """The run's outcome at its end, or at the end of this invocation."""
    await wait_for_end(run, scope)
    found = RunOutcome()
    for event in await run.read(0, 0):
        found.apply(event)
    return found


def outcome_response(
    found: RunOutcome, view: dict[str, Any], run: AnyRun, scope: Scope
) -> Response:
    """The view as a response whose status says how the run ended; `error` says what went wrong.

    202 where it has not ended, 503 where it failed and may be asked again, else 500.
    """
    error, status = None, _HTTP.get(found.status, 500)
    if failure := found.failure:
        fields = failure.model_dump(include={"code", "message", "retryable", "partial"})
        error = AnswerError(request_id=request_id(scope), **fields).model_dump()
        status = 503 if failure.retryable else 500
    return JSONResponse({**view, "error": error}, status, headers=run_headers(run))
