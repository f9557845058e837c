"""Agent execution: `event` tells the kinds apart, and `data.content` is always a text.

`complete` is always the last frame, after an error too. Thoughts are the route, the model's
reasoning and the MCP servers that cannot be used; a tool's input and output are sent as text and,
beside it, as JSON.
"""

import json
from typing import Any

from waypost.events import (
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost_chat.dialects.mcp_servers import McpServers
from waypost_chat.sse import dumps, frame

_ENDS = {
    "completed": "The agent has finished.",
    "failed": "The agent has failed.",
    "cancelled": "The agent was stopped.",
}


class ExecutionDialect:
    def __init__(self) -> None:
        self._thread_id = ""
        self._servers = McpServers()
        self._channels: dict[str, str] = {}
        self._tools: dict[str, str] = {}
        self._called: set[str] = set()
        self._output: list[str] = []

    def encode(self, event: Event) -> bytes:
        if lost := self._servers.lost(event):
            return _frame("thinking", f"The MCP server {lost.name} failed: {lost.reason}", event)
        match event:
            case RunStarted():
                self._thread_id = event.thread_id
            case RouteDecided():
                thought = f"{event.agent}: {event.reason}"
                return _frame("thinking", thought, event, agent=event.agent)
            case TextStarted():
                self._channels[event.text_id] = event.channel
            case TextDelta():
                return self._text(event)
            case ToolStarted():
                self._tools[event.call_id] = event.name
            case ToolInput():
                self._called.add(event.call_id)
                return self._tool("tool_use", event, input=event.arguments)
            case ToolOutput():
                output = event.output
                return self._tool("tool_result", event, output=output, result=output, failed=False)
            # A model that breaks off while it writes a call has not used the tool.
            case ToolFailed() if event.call_id in self._called:
                output = event.message
                return self._tool("tool_result", event, output=output, result=output, failed=True)
            case RunCompleted():
                text = "".join(self._output)
                output = _frame("final_output", text, event, last=False, success=True)
                return output + self._complete(event, "completed")
            case RunFailed():
                error = _error(event, event.message, event.code, event.retryable)
                return error + self._complete(event, "failed")
            case RunCancelled():
                error = _error(event, "The run was cancelled.", "cancelled", False)
                return error + self._complete(event, "cancelled")
        return b""

    def _text(self, event: TextDelta) -> bytes:
        if self._channels[event.text_id] != "final":
            return _frame("thinking", event.delta, event)
        self._output.append(event.delta)
        return _frame("partial_output", event.delta, event)

    def _tool(self, kind: str, event: ToolInput | ToolOutput | ToolFailed, **fields: Any) -> bytes:
        value = fields.get("input", fields.get("output"))
        content = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        name = self._tools[event.call_id]
        return _frame(kind, content, event, tool=name, call_id=event.call_id, **fields)

    def _complete(self, event: Event, status: str) -> bytes:
        ids: dict[str, Any] = {"run_id": event.run_id, "thread_id": self._thread_id}
        success = status == "completed"
        message = _ENDS[status]
        return _frame("complete", status, event, message=message, success=success, **ids)


def _error(event: RunFailed | RunCancelled, message: str, code: str, retryable: bool) -> bytes:
    about: dict[str, Any] = {
        "code": code,
        "retryable": retryable,
        "partial": event.partial,
    }
    return _frame("error", message, event, last=False, error=message, success=False, **about)


def _frame(kind: str, content: str, event: Event, /, *, last: bool = True, **more: Any) -> bytes:
    """Of the frames of one event only the last carries its number."""
    told = {"event": kind, "data": {"content": content, **more}, "timestamp": event.at}
    return frame(dumps(told), event.seq if last else None, kind)
