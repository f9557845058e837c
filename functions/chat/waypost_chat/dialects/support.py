"""Sessions and support agents: `type` tells the kinds apart, and `start` is the first of them.

Only the answer's own text is sent as tokens; reasoning and tools are not.
"""

from typing import Any

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
)
from waypost_chat.sse import json_frame


class SupportDialect:
    def __init__(self) -> None:
        self._about: dict[str, str] = {}
        self._answer: set[str] = set()
        self._sources: list[dict[str, Any]] = []

    def encode(self, event: Event) -> bytes:
        match event:
            case RunStarted():
                self._about = {"session_id": event.thread_id, "message_id": event.message_id}
                return json_frame({"type": "start", "session_id": event.thread_id}, event.seq)
            case RouteDecided():
                self._about["agent"] = event.agent
                agent = {"agent": event.agent, "agent_type": event.agent}
                return json_frame({"type": "agent", **agent}, event.seq)
            case TextStarted(channel="final"):
                self._answer.add(event.text_id)
            case TextDelta() if event.text_id in self._answer:
                return json_frame({"type": "token", "content": event.delta}, event.seq)
            case SourceCited():
                self._sources.append(event.model_dump(include={"index", "document", "heading"}))
            case RunCompleted():
                metadata = self._metadata(event)
                about = {
                    "session_id": metadata["session_id"],
                    "agent_type": metadata.get("agent"),
                }
                return json_frame({"type": "complete", **about, "metadata": metadata}, event.seq)
            case RunFailed():
                return _error(event, event.message, event.code, event.retryable)
            case RunCancelled():
                return _error(event, "The answer was stopped.", "cancelled", False)
        return b""

    def _metadata(self, event: RunCompleted) -> dict[str, Any]:
        return {
            **self._about,
            "run_id": event.run_id,
            "tokens": event.usage.output_tokens,
            "elapsed_ms": event.elapsed_ms,
            "sources": self._sources,
        }


def _error(event: RunFailed | RunCancelled, message: str, code: str, retryable: bool) -> bytes:
    error = {"type": "error", "message": message, "code": code, "retryable": retryable}
    return json_frame({**error, "partial": event.partial}, event.seq)
