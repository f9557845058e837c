"""Agents, threads, runs and steps: tokens, a trace of each tool call, and one frame for the end.

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
from waypost_chat.dialects.mcp_servers import McpServers, server_of
from waypost_chat.sse import json_frame


class AgentsDialect:
    """A trace is a tool call, or an MCP server that failed. With `all_steps` it is any step."""

    def __init__(self, *, all_steps: bool = False) -> None:
        self._all_steps = all_steps
        self._servers = McpServers()
        self._ids: dict[str, str] = {}
        self._steps: dict[str, dict[str, Any]] = {}
        self._shown: set[str] = set()
        """The steps whose trace has been started."""
        self._calls: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._thinking = ""

    def heartbeat(self, at: str) -> bytes:
        return json_frame({"type": "heartbeat", "timestamp": at})

    def encode(self, event: Event) -> bytes:
        if lost := self._servers.lost(event):
            self._steps[lost.step_id]["error"] = lost.reason
        match event:
            case RunStarted():
                self._ids = {"thread_id": event.thread_id, "message_id": event.message_id}
            case StepStarted():
                return self._started(event)
            case StepUpdated():
                return self._updated(event, event.step_id, event.note, note=event.note)
            case TextStarted():
                self._texts[event.text_id] = event.channel
            case TextDelta() if self._texts[event.text_id] == "final":
                return _frame(event, "token", content=event.delta)
            case TextDelta() if self._thinking:
                return self._updated(event, self._thinking, event.delta, reasoning=event.delta)
            case ToolStarted():
                self._calls[event.call_id] = event.step_id
            case ToolInput():
                return self._tool_input(event)
            case ToolOutput():
                self._step(event.call_id)["output"] = event.output
            case ToolFailed():
                return self._tool_failed(event)
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
        self._steps[event.step_id] = {
            "id": event.step_id,
            "name": event.name,
            "kind": event.kind,
            "parent_id": event.parent_id,
        }
        if event.kind == "model":
            self._thinking = event.step_id
        # A tool's trace begins once its input is whole.
        is_shown = self._all_steps and event.kind != "tool"
        return self._trace_start(event, event.step_id) if is_shown else b""

    def _trace_start(self, event: Event, step_id: str) -> bytes:
        self._shown.add(step_id)
        return _frame(event, "trace_start", **_told(self._steps[step_id]))

    def _updated(self, event: Event, step_id: str, message: str, **fields: str) -> bytes:
        if step_id not in self._shown:
            return b""
        update = {**_update(self._steps[step_id], message), **fields}
        return json_frame({**update, "timestamp": event.at}, event.seq)

    def _tool_input(self, event: ToolInput) -> bytes:
        self._step(event.call_id)["input"] = event.arguments
        return self._trace_start(event, self._calls[event.call_id])

    def _tool_failed(self, event: ToolFailed) -> bytes:
        step = self._step(event.call_id)
        step |= {"output": event.message, "error": event.message}
        # A model may break off while it writes a call: its trace has not begun.
        return b"" if step["id"] in self._shown else self._trace_start(event, step["id"])

    def _completed(self, event: StepCompleted) -> bytes:
        step = self._steps.pop(event.step_id)
        if event.step_id == self._thinking:
            self._thinking = ""
        beginning = b""
        if event.step_id not in self._shown:
            if not (event.status == "failed" and _server(step)):
                return b""
            beginning = _beginning(step, event.at)
        usage = event.usage or Usage()
        read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        return beginning + _frame(
            event,
            "trace_end",
            **{**_told(step), "output": step.get("output"), "error": step.get("error")},
            status="completed" if event.status == "ok" else event.status,
            latency_ms=event.elapsed_ms,
            tokens=tokens(event.usage) if event.usage else None,
            tokens_input=read,
            tokens_output=usage.output_tokens,
            tokens_total=read + usage.output_tokens,
            cost_usd=event.cost_usd,
        )

    def _step(self, call_id: str) -> dict[str, Any]:
        return self._steps[self._calls[call_id]]

    def _error(
        self, event: RunFailed | RunCancelled, message: str, code: str, retryable: bool
    ) -> bytes:
        error = {"message": message, "error": message, "details": code, "code": code}
        return _frame(
            event,
            "error",
            **error,
            retryable=retryable,
            partial=event.partial,
            run_id=event.run_id,
            **self._ids,
        )


def _update(step: dict[str, Any], message: str) -> dict[str, Any]:
    about = {"id": step["id"], "step_id": step["id"], "name": step["name"]}
    return {"type": "trace_update", **about, "status": "running", "message": message}


def _beginning(step: dict[str, Any], at: str) -> bytes:
    """The frames before a trace's end, where a failure has shown that it is to be told.

    They have no number: of the frames of one event only the last has it.
    """
    note = step["error"]
    start = {"type": "trace_start", **_told(step), "timestamp": at}
    update = {**_update(step, note), "note": note, "timestamp": at}
    return json_frame(start) + json_frame(update)


def _told(step: dict[str, Any]) -> dict[str, Any]:
    """A step as its trace begins and ends with."""
    server = _server(step)
    return {
        "id": step["id"],
        "step_id": step["id"],
        "name": step["name"],
        "kind": step["kind"],
        "parent_id": step["parent_id"],
        "tool_name": step["name"],
        "tool_type": "mcp" if server else "builtin",
        "mcp_server": server or None,
        "input": step.get("input"),
    }


def _server(step: dict[str, Any]) -> str:
    """The MCP server that a step opens or uses. Its tools are `<server>__<tool>`."""
    if step["kind"] == "retrieval":
        return server_of(step["name"])
    server, separator, _ = step["name"].partition("__")
    return server if separator and step["kind"] == "tool" else ""


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
