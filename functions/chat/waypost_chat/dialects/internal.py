"""For a service behind a backend-for-frontend: `event` tells the kinds apart.

An agent is called a tool here, and starts before its route is sent.
"""

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
)
from waypost_chat.sse import dumps, frame

ROUTES = ("sql", "rag")
"""The agents that questions are routed among here."""


class InternalDialect:
    def __init__(self) -> None:
        self._thread_id = ""
        self._agent = ""
        self._channels: dict[str, str] = {}

    def encode(self, event: Event) -> bytes:
        match event:
            case RunStarted():
                self._thread_id = event.thread_id
            case RouteDecided():
                return self._routed(event)
            case TextStarted():
                self._channels[event.text_id] = self._channel(event.channel)
            case TextDelta():
                return _frame(
                    event, "token", channel=self._channels[event.text_id], content=event.delta
                )
            case RunCompleted():
                return _frame(
                    event,
                    "complete",
                    stats={
                        "tokens": event.usage.output_tokens,
                        "conversation_id": self._thread_id,
                    },
                )
            case RunFailed():
                return _frame(
                    event,
                    "error",
                    message=event.message,
                    error=event.message,
                    code=event.code,
                    retryable=event.retryable,
                    partial=event.partial,
                )
            case RunCancelled():
                return _frame(
                    event,
                    "error",
                    message="The run was cancelled.",
                    error="The run was cancelled.",
                    code="cancelled",
                    retryable=False,
                    partial=event.partial,
                )
        return b""

    def _routed(self, event: RouteDecided) -> bytes:
        self._agent = f"{event.agent}_agent"
        # Of two frames only the last carries the id, so that a reader who was cut off between
        # them is sent both again.
        started = frame(_json("tool_start", tool=self._agent))
        return started + _frame(event, "route_decision", route=event.agent)

    def _channel(self, channel: str) -> str:
        return channel if channel in ("final", "classify") else self._agent


def _frame(event: Event, kind: str, **fields: Any) -> bytes:
    return frame(_json(kind, **fields), event.seq)


def _json(kind: str, **fields: Any) -> str:
    return dumps({"event": kind, **fields})
