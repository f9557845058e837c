"""Agent execution: `event` tells the kinds apart, and `data.content` is always a text.

`complete` is always the last frame, after an error too. Thoughts are the route and the model's
reasoning; a tool's input and output are sent as text and, beside it, as JSON.
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
from waypost_chat.sse import json_frame


class ExecutionDialect:
    def __init__(self) -> None:
        self._thread_id = ""
        self._channels: dict[str, str] = {}
        self._tools: dict[str, str] = {}
        self._called: set[str] = set()
        self._output: list[str] = []

    def encode(self, event: Event) -> bytes:
        match event:
            case RunStarted():
                self._thread_id = event.thread_id
            case RouteDecided():
                thought = f"{event.agent}: {event.reason}"
                return _frame("thinking", thought, event.seq, agent=event.agent)
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
                return self._tool("tool_result", event, output=event.output, failed=False)
            # A model that breaks off while it writes a call has not used the tool.
            case ToolFailed() if event.call_id in self._called:
                return self._tool("tool_result", event, output=event.message, failed=True)
            case RunCompleted():
                output = _frame("final_output", "".join(self._output))
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
            return _frame("thinking", event.delta, event.seq)
        self._output.append(event.delta)
        return _frame("partial_output", event.delta, event.seq)

    def _tool(self, kind: str, event: ToolInput | ToolOutput | ToolFailed, **fields: Any) -> bytes:
        value = fields.get("input", fields.get("output"))
        content = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        name = self._tools[event.call_id]
        return _frame(kind, content, event.seq, tool=name, call_id=event.call_id, **fields)

    def _complete(self, event: Event, status: str) -> bytes:
        ids = {"run_id": event.run_id, "thread_id": self._thread_id}
        return _frame("complete", status, event.seq, **ids)


def _error(event: RunFailed | RunCancelled, message: str, code: str, retryable: bool) -> bytes:
    return _frame("error", message, code=code, retryable=retryable, partial=event.partial)


def _frame(kind: str, content: str, seq: int | None = None, **more: Any) -> bytes:
    return json_frame({"event": kind, "data": {"content": content, **more}}, seq)
