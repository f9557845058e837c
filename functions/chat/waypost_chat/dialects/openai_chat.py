"""OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat-streaming).

Only the answer's text: the protocol has no place for the tools that a server runs, nor for
reasoning. `system_fingerprint` names the agent that answered, and its version.
"""

from collections.abc import Iterator
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
    Usage,
)
from waypost.models.stop_reasons import finish_reason
from waypost_chat.dialects.frames import Part, frames
from waypost_chat.dialects.openai import ROUTED, error_of, seconds

DONE = "[DONE]"


class OpenAIChatDialect:
    """`model` is what the client asked for. Where `usage`, a last chunk has the token counts."""

    def __init__(self, model: str = ROUTED, *, usage: bool = False) -> None:
        self._head: dict[str, Any] = {
            "id": "",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": model,
            "system_fingerprint": None,
        }
        self._include_usage = usage
        self._answer: set[str] = set()
        self._text: list[str] = []
        self.end: RunCompleted | RunFailed | RunCancelled | None = None
        """How the run ended, once that was encoded."""

    def encode(self, event: Event) -> bytes:
        return frames(self._chunks(event), event.seq)

    def completion(self, end: RunCompleted) -> dict[str, Any]:
        """The answer in one piece, once the run was encoded to its end."""
        content = "".join(self._text)
        choice = {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": content,
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": finish_reason(end.stop_reason),
        }
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(end.usage),
        }

    def _chunks(self, event: Event) -> Iterator[Part | str]:
        match event:
            case RunStarted():
                ulid = event.run_id.removeprefix("run_")
                self._head |= {"id": f"chatcmpl-{ulid}", "created": seconds(event.at)}
                yield self._chunk({"role": "assistant", "content": "", "refusal": None})
            case RouteDecided():
                self._head["system_fingerprint"] = f"{event.agent}-v{event.agent_version}"
            case TextStarted(channel="final"):
                self._answer.add(event.text_id)
            case TextDelta() if event.text_id in self._answer:
                self._text.append(event.delta)
                yield self._chunk({"content": event.delta})
            case RunCompleted():
                self.end = event
                yield self._chunk({}, finish_reason(event.stop_reason))
                if self._include_usage:
                    yield {**self._head, "choices": [], "usage": _usage(event.usage)}
                yield DONE
            case RunFailed() | RunCancelled():
                self.end = event
                yield {"error": error_of(event)}
                yield DONE

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> Part:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage = {"usage": None} if self._include_usage else {}
        return {**self._head, "choices": [choice], **usage}


def _usage(usage: Usage) -> dict[str, Any]:
    """OpenAI counts cached tokens as a part of the prompt; the run counts them apart."""
    prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
    }
