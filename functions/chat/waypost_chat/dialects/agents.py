"""Agents, threads, runs and steps: tokens, a trace of each step, and one frame for the end.

Every frame has a `timestamp`: when it happened, so that a replay tells the same. A heartbeat is an
event here, and has the time at which it is sent.
"""

from typing import Any

from waypost.events import (
    Event,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
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
)
from waypost_chat.sse import json_frame


class AgentsDialect:
    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._steps: dict[str, dict[str, Any]] = {}
        self._calls: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._thinking = ""

    def heartbeat(self, at: str) -> bytes:
        return json_frame({"type": "heartbeat", "timestamp": at})

    def encode(self, event: Event) -> bytes:
        match event:
            case RunStarted():
                self._ids = {"thread_id": event.thread_id, "message_id": event.message_id}
            case StepStarted():
                return self._started(event)
            case StepUpdated():
                return self._updated(event, event.step_id, note=event.note)
            case TextStarted():
                self._texts[event.text_id] = event.channel
            case TextDelta() if self._texts[event.text_id] == "final":
                return _frame(event, "token", content=event.delta)
            case TextDelta() if self._thinking:
                return self._updated(event, self._thinking, reasoning=event.delta)
            case ToolStarted():
                self._calls[event.call_id] = event.step_id
            case ToolInput():
                return self._tool_input(event)
            case ToolOutput():
                self._step(event.call_id)["output"] = event.output
            case ToolFailed():
                self._step(event.call_id)["output"] = event.message
            case StepCompleted():
                return self._completed(event)
            case RunCompleted():
                ids = {"run_id": event.run_id, **self._ids}
                return _frame(event, "done", **ids, tokens_used=tokens(event.usage))
            case RunFailed():
                return self._error(event, event.message, event.code, event.retryable)
            case RunCancelled():
                return self._error(event, "The run was cancelled.", "cancelled", False)
        return b""

    def _started(self, event: StepStarted) -> bytes:
        step = {"id": event.step_id, "name": event.name, "kind": event.kind}
        self._steps[event.step_id] = step
        if event.kind == "model":
            self._thinking = event.step_id
        return _frame(event, "trace_start", **step, parent_id=event.parent_id)

    def _updated(self, event: Event, step_id: str, **fields: Any) -> bytes:
        return _frame(
            event, "trace_update", id=step_id, name=self._steps[step_id]["name"], **fields
        )

    def _tool_input(self, event: ToolInput) -> bytes:
        self._step(event.call_id)["input"] = event.arguments
        return self._updated(event, self._calls[event.call_id], input=event.arguments)

    def _completed(self, event: StepCompleted) -> bytes:
        step = self._steps.pop(event.step_id)
        if event.step_id == self._thinking:
            self._thinking = ""
        return _frame(
            event,
            "trace_end",
            **{**step, "input": step.get("input"), "output": step.get("output")},
            status="completed" if event.status == "ok" else event.status,
            latency_ms=event.elapsed_ms,
            tokens=tokens(event.usage) if event.usage else None,
            cost_usd=event.cost_usd,
        )

    def _step(self, call_id: str) -> dict[str, Any]:
        return self._steps[self._calls[call_id]]

    def _error(
        self, event: RunFailed | RunCancelled, message: str, code: str, retryable: bool
    ) -> bytes:
        error = {"message": message, "code": code, "retryable": retryable}
        return _frame(
            event, "error", **error, partial=event.partial, run_id=event.run_id, **self._ids
        )


def tokens(usage: Usage) -> int:
    """What a call has read and written; what was read from a cache counts as read."""
    return (
        usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens
    )


def _frame(event: Event, type_: str, /, **fields: Any) -> bytes:
    return json_frame({"type": type_, **fields, "timestamp": event.at}, event.seq)
