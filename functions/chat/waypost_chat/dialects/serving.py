"""A normalised model-serving stream: text, tool calls with their outputs, and `[DONE]`.

`[DONE]` is the last frame, after an error too.
"""

from typing import Any

from waypost.events import (
    Event,
    RunCancelled,
    RunCompleted,
    RunFailed,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost_chat.dialects.frames import text
from waypost_chat.sse import frame, json_frame


class ServingDialect:
    def __init__(self) -> None:
        self._answer: set[str] = set()
        self._tools: dict[str, str] = {}
        self._called: set[str] = set()

    def encode(self, event: Event) -> bytes:
        match event:
            case TextStarted(channel="final"):
                self._answer.add(event.text_id)
            case TextDelta() if event.text_id in self._answer:
                return json_frame({"type": "text.delta", "delta": event.delta}, event.seq)
            case ToolStarted():
                self._tools[event.call_id] = event.name
            case ToolInput():
                self._called.add(event.call_id)
                return self._tool("tool.call", event, args=event.arguments)
            case ToolOutput():
                return self._tool("tool.output", event, output=text(event.output))
            # A model that breaks off while it writes a call has not called the tool.
            case ToolFailed() if event.call_id in self._called:
                return self._tool("tool.output", event, output=event.message, failed=True)
            case RunCompleted():
                return _done(event)
            case RunFailed():
                return json_frame({"type": "error", "message": event.message}) + _done(event)
            case RunCancelled():
                cancelled = {"type": "error", "message": "The run was cancelled."}
                return json_frame(cancelled) + _done(event)
        return b""

    def _tool(self, kind: str, event: ToolInput | ToolOutput | ToolFailed, **fields: Any) -> bytes:
        return json_frame({"type": kind, "name": self._tools[event.call_id], **fields}, event.seq)


def _done(event: Event) -> bytes:
    return frame("[DONE]", event.seq)
