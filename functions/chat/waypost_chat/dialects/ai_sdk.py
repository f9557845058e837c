"""AI SDK's UI message stream, version 1 (https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol).

A step is a model call with the tools it used. Clients refuse types that they do not know, so what
the protocol has no type for is a `data-*` part; those that only show progress are transient.
"""

from collections.abc import Iterator
from typing import Any

from waypost.events import (
    Data,
    Event,
    RouteDecided,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    SourceCited,
    StepCompleted,
    StepStarted,
    StepUpdated,
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolInputDelta,
    ToolOutput,
    ToolStarted,
)
from waypost.models.stop_reasons import finish_reason
from waypost_chat.dialects.frames import Part, frames

DONE = "[DONE]"
_PARTS = {"final": "text", "reasoning": "reasoning"}
_MEDIA = {"md": "text/markdown", "txt": "text/plain", "html": "text/html", "pdf": "application/pdf"}


class AiSdkDialect:
    def __init__(self) -> None:
        self._step_has_content: bool | None = None
        """None where no step is open."""
        self._texts: dict[str, str] = {}
        self._tools: dict[str, str] = {}
        self._other_steps: dict[str, dict[str, str]] = {}

    def encode(self, event: Event) -> bytes:
        return frames(self._parts(event), event.seq)

    def _parts(self, event: Event) -> Iterator[Part | str]:
        match event:
            case RunStarted():
                ids = {"runId": event.run_id, "threadId": event.thread_id}
                yield {"type": "start", "messageId": event.message_id, "messageMetadata": ids}
            case RouteDecided():
                yield {"type": "data-route", "id": "route", "data": _route(event)}
            case StepStarted(kind="model"):
                yield from self._next_step()
            case StepStarted() if event.kind != "tool":
                self._other_steps[event.step_id] = {"kind": event.kind, "name": event.name}
                yield self._step_progress(event.step_id, "started")
            case StepUpdated() if event.step_id in self._other_steps:
                self._other_steps[event.step_id]["note"] = event.note
            case StepCompleted() if event.step_id in self._other_steps:
                yield self._step_progress(event.step_id, event.status)
            case TextStarted() | TextDelta() | TextCompleted():
                yield from self._text(event)
            case ToolStarted() | ToolInputDelta() | ToolInput() | ToolOutput() | ToolFailed():
                yield from self._in_step()
                yield self._tool(event)
            case SourceCited():
                yield _source(event)
            case Data():
                part = {"type": f"data-{event.name}", "id": event.id, "data": event.data}
                yield {**part, "transient": True} if event.transient else part
            case RunCompleted() | RunFailed() | RunCancelled():
                yield from self._end_step()
                yield from _end(event)
                yield DONE

    def _next_step(self) -> Iterator[Part]:
        """A step in which nothing came, because its call is tried again, goes on as the next."""
        if self._step_has_content is not False:
            yield from self._end_step()
            yield {"type": "start-step"}
        self._step_has_content = False

    def _in_step(self) -> Iterator[Part]:
        if self._step_has_content is None:
            yield {"type": "start-step"}
        self._step_has_content = True

    def _end_step(self) -> Iterator[Part]:
        if self._step_has_content is not None:
            yield {"type": "finish-step"}
        self._step_has_content = None

    def _text(self, event: TextStarted | TextDelta | TextCompleted) -> Iterator[Part]:
        if isinstance(event, TextStarted) and event.channel in _PARTS:
            yield from self._in_step()
            self._texts[event.text_id] = _PARTS[event.channel]
        part = self._texts.get(event.text_id)
        if part is None:
            return
        match event:
            case TextStarted():
                yield {"type": f"{part}-start", "id": event.text_id}
            case TextDelta():
                yield {"type": f"{part}-delta", "id": event.text_id, "delta": event.delta}
            case TextCompleted():
                yield {"type": f"{part}-end", "id": event.text_id}

    def _tool(
        self, event: ToolStarted | ToolInputDelta | ToolInput | ToolOutput | ToolFailed
    ) -> Part:
        match event:
            case ToolStarted():
                self._tools[event.call_id] = event.name
                return _server_tool(event.call_id, "tool-input-start", toolName=event.name)
            case ToolInputDelta():
                return {
                    "type": "tool-input-delta",
                    "toolCallId": event.call_id,
                    "inputTextDelta": event.delta,
                }
            case ToolInput():
                return _server_tool(
                    event.call_id,
                    "tool-input-available",
                    toolName=self._tools[event.call_id],
                    input=event.arguments,
                )
            case ToolOutput():
                return _server_tool(event.call_id, "tool-output-available", output=event.output)
            case ToolFailed():
                return _server_tool(event.call_id, "tool-output-error", errorText=event.message)

    def _step_progress(self, step_id: str, status: str) -> Part:
        data = {**self._other_steps[step_id], "status": status}
        return {"type": "data-step", "id": step_id, "data": data, "transient": True}


def _server_tool(call_id: str, type_: str, /, **fields: Any) -> Part:
    """A part about a tool that the server runs."""
    return {
        "type": type_,
        "toolCallId": call_id,
        **fields,
        "dynamic": True,
        "providerExecuted": True,
    }


def _route(event: RouteDecided) -> dict[str, Any]:
    names = ("agent", "method", "confidence", "reason")
    return {name: getattr(event, name) for name in names}


def _source(event: SourceCited) -> Part:
    return {
        "type": "source-document",
        "sourceId": event.chunk_id,
        "mediaType": _MEDIA.get(event.document.rpartition(".")[2], "application/octet-stream"),
        "title": event.heading or event.document,
        "filename": event.document,
        "providerMetadata": {"waypost": {"index": event.index, "quote": event.quote}},
    }


def _end(event: RunCompleted | RunFailed | RunCancelled) -> Iterator[Part]:
    match event:
        case RunCompleted():
            yield {
                "type": "finish",
                "finishReason": finish_reason(event.stop_reason).replace("_", "-"),
                "messageMetadata": {"usage": _usage(event), "costUsd": event.cost_usd},
            }
        case RunFailed():
            failure = {name: getattr(event, name) for name in ("code", "retryable", "partial")}
            yield {"type": "message-metadata", "messageMetadata": {"failure": failure}}
            yield {"type": "error", "errorText": event.message}
        case RunCancelled():
            yield {"type": "abort", "reason": event.reason}


def _usage(event: RunCompleted) -> dict[str, int]:
    usage = event.usage
    cached = usage.cache_read_tokens + usage.cache_write_tokens
    return {
        "inputTokens": usage.input_tokens + cached,
        "outputTokens": usage.output_tokens,
        "cachedInputTokens": usage.cache_read_tokens,
    }
