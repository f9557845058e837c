"""OpenAI's responses (https://platform.openai.com/docs/api-reference/responses-streaming).

Frames are numbered from 0, more finely than the run's events: one event may be several frames.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

from waypost.events import (
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    Usage,
    UsageReported,
)
from waypost.models.stop_reasons import finish_reason
from waypost_chat.dialects.frames import Part, frames
from waypost_chat.dialects.openai import ROUTED, seconds
from waypost_chat.dialects.openai_items import OutputItems

_UNFINISHED = {"length": "max_output_tokens", "content_filter": "content_filter"}
_FIXED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "parallel_tool_calls": True,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}


def response_id(run_id: str) -> str:
    return f"resp_{run_id.removeprefix('run_')}"


def run_id(response: str) -> str:
    return f"run_{response.removeprefix('resp_')}"


class OpenAIResponsesDialect:
    """Sends only the frames numbered above `after`.

    `model` and `previous` are what the client asked for: the model, and the id of the response
    that it goes on from.
    """

    def __init__(
        self,
        model: str = ROUTED,
        *,
        previous: str | None = None,
        background: bool = False,
        after: int = -1,
    ) -> None:
        self._state: dict[str, Any] = {
            "id": "",
            "object": "response",
            "created_at": 0,
            "status": "in_progress",
            "completed_at": None,
            "background": background,
            "error": None,
            "incomplete_details": None,
            "model": model,
            "previous_response_id": previous,
            "conversation": None,
        }
        self._metadata: dict[str, str] = {}
        self._usage: dict[str, Any] | None = None
        self._output = OutputItems()
        self._numbers = count()
        self._after = after

    def encode(self, event: Event) -> bytes:
        numbered = ({**p, "sequence_number": next(self._numbers)} for p in self._parts(event))
        later = (part for part in numbered if part["sequence_number"] > self._after)
        return frames(later, event.seq, named=True)

    def response(self) -> dict[str, Any]:
        """The response after the events that were encoded so far."""
        return {
            **self._state,
            "output": self._output.items,
            "usage": self._usage,
            "metadata": self._metadata,
            **_FIXED,
        }

    def _parts(self, event: Event) -> Iterator[Part]:
        match event:
            case RunStarted():
                self._output.run_id = event.run_id
                self._state |= {"id": response_id(event.run_id), "created_at": seconds(event.at)}
                self._state["conversation"] = {"id": event.thread_id}
                for kind in ("created", "in_progress"):
                    yield self._response_event(kind)
            case RouteDecided():
                self._metadata = {"agent": event.agent, "agent_version": str(event.agent_version)}
            case UsageReported():
                counts = {name: getattr(event, name) for name in Usage.model_fields}
                self._usage = _usage(Usage(**counts))
            case RunCompleted() | RunFailed() | RunCancelled():
                yield self._response_event(self._end(event))
            case _:
                yield from self._output.parts(event)

    def _response_event(self, kind: str) -> Part:
        return {"type": f"response.{kind}", "response": self.response()}

    def _end(self, event: RunCompleted | RunFailed | RunCancelled) -> str:
        """Takes in the end; its name in the protocol."""
        match event:
            case RunFailed():
                busy = event.code == "model_busy"
                code = "rate_limit_exceeded" if busy else "server_error"
                error = {"code": code, "message": event.message}
                self._state |= {"status": "failed", "error": error}
                self._metadata = {**self._metadata, "failure": event.code}
                return "failed"
            case RunCancelled():
                self._state["status"] = "cancelled"
                return "incomplete"
        self._usage = _usage(event.usage)
        if reason := _UNFINISHED.get(finish_reason(event.stop_reason)):
            self._state |= {"status": "incomplete", "incomplete_details": {"reason": reason}}
            return "incomplete"
        self._state |= {"status": "completed", "completed_at": seconds(event.at)}
        return "completed"


def _usage(usage: Usage) -> dict[str, Any]:
    """OpenAI counts cached tokens as a part of the input; the run counts them apart."""
    whole = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    details = {
        "cached_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
    }
    return {
        "input_tokens": whole,
        "input_tokens_details": details,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": whole + usage.output_tokens,
    }
