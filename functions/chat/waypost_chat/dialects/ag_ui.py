"""AG-UI 1.0 (https://docs.ag-ui.com/concepts/events).

Missing values are left out: no field is null. A tool's arguments are sent when they are whole,
because those of every call that ended must be JSON, and a model may break off while it writes them.
"""

from collections.abc import Iterator
from datetime import datetime
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
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
    Usage,
    UsageReported,
)
from waypost_chat.dialects.frames import Part, frames, text
from waypost_chat.dialects.mcp_servers import McpServers
from waypost_chat.sse import dumps

PROTOCOL = "1.0"


class AgUiDialect:
    """`run_id` is the client's own name for the run, where it has one."""

    def __init__(self, run_id: str | None = None) -> None:
        self._run = {"threadId": "", "runId": run_id or ""}
        self._servers = McpServers()
        self._steps: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        self._called: set[str] = set()
        self._writing: set[str] = set()
        self._usage = Usage()

    def encode(self, event: Event) -> bytes:
        at = {"timestamp": _milliseconds(event.at)} if event.at else {}
        return frames(({**part, **at} for part in self._parts(event)), event.seq)

    def _parts(self, event: Event) -> Iterator[Part]:
        if lost := self._servers.lost(event):
            yield _custom("mcp_server_failed", {"name": lost.name, "message": lost.reason})
        match event:
            case RunStarted():
                self._run["threadId"] = event.thread_id
                self._run["runId"] = self._run["runId"] or event.run_id
                ids = {"runId": event.run_id, "messageId": event.message_id}
                yield {
                    "type": "RUN_STARTED",
                    **self._run,
                    "protocolVersion": PROTOCOL,
                    "metadata": {"waypost": ids},
                }
            case StepStarted():
                yield {"type": "STEP_STARTED", "stepName": self._step(event)}
            case StepCompleted() if event.step_id in self._steps:
                yield {"type": "STEP_FINISHED", "stepName": self._steps.pop(event.step_id)}
            case TextStarted() | TextDelta() | TextCompleted():
                yield from self._text(event)
            case ToolStarted() | ToolInput() | ToolOutput() | ToolFailed():
                yield from self._tool(event)
            case RouteDecided():
                names = ("agent", "agent_version", "method", "confidence", "reason")
                yield _custom("route", {name: getattr(event, name) for name in names})
            case SourceCited():
                names = ("index", "document", "heading", "chunk_id", "quote")
                yield _custom("source", {name: getattr(event, name) for name in names})
            case Data():
                yield _custom("data", {"name": event.name, "id": event.id, "data": event.data})
            case UsageReported():
                counts = {name: getattr(event, name) for name in Usage.model_fields}
                self._usage = Usage(**counts)
            case RunCompleted():
                yield self._finished("success", event.usage)
            case RunCancelled():
                yield self._finished("cancelled", self._usage)
            case RunFailed():
                yield {
                    "type": "RUN_ERROR",
                    "message": event.message,
                    "code": event.code,
                    "usage": [_usage(self._usage)],
                }

    def _step(self, event: StepStarted) -> str:
        """A name that no other open step has."""
        name, number = event.name, 1
        while name in self._steps.values():
            number += 1
            name = f"{event.name} ({number})"
        self._steps[event.step_id] = name
        return name

    def _text(self, event: TextStarted | TextDelta | TextCompleted) -> Iterator[Part]:
        if isinstance(event, TextStarted):
            self._texts[event.text_id] = event.channel
        message = {"messageId": event.text_id}
        match self._texts[event.text_id], event:
            case "final", TextStarted():
                yield {"type": "TEXT_MESSAGE_START", **message, "role": "assistant"}
            case "final", TextDelta() if event.delta:
                yield {"type": "TEXT_MESSAGE_CONTENT", **message, "delta": event.delta}
            case "final", TextCompleted():
                yield {"type": "TEXT_MESSAGE_END", **message}
            case "reasoning", TextStarted():
                yield {"type": "REASONING_START", **message}
                yield {"type": "REASONING_MESSAGE_START", **message, "role": "reasoning"}
            case "reasoning", TextDelta() if event.delta:
                yield {"type": "REASONING_MESSAGE_CONTENT", **message, "delta": event.delta}
            case "reasoning", TextCompleted():
                yield {"type": "REASONING_MESSAGE_END", **message}
                yield {"type": "REASONING_END", **message}

    def _tool(self, event: ToolStarted | ToolInput | ToolOutput | ToolFailed) -> Iterator[Part]:
        if isinstance(event, ToolStarted):
            # Some models number the calls of each turn anew; here every call has its own id.
            repeated = event.call_id in self._called
            self._calls[event.call_id] = event.step_id if repeated else event.call_id
            self._called.add(event.call_id)
            self._writing.add(event.call_id)
        call_id = self._calls[event.call_id]
        if isinstance(event, ToolStarted):
            yield {"type": "TOOL_CALL_START", "toolCallId": call_id, "toolCallName": event.name}
        if isinstance(event, ToolInput):
            delta = dumps(event.arguments)
            yield {"type": "TOOL_CALL_ARGS", "toolCallId": call_id, "delta": delta}
        if not isinstance(event, ToolStarted) and event.call_id in self._writing:
            self._writing.remove(event.call_id)
            yield {"type": "TOOL_CALL_END", "toolCallId": call_id}
        if isinstance(event, ToolOutput | ToolFailed):
            yield {
                "type": "TOOL_CALL_RESULT",
                "messageId": f"result_{call_id}",
                "role": "tool",
                "toolCallId": call_id,
                "content": event.message if isinstance(event, ToolFailed) else text(event.output),
            }

    def _finished(self, outcome: str, usage: Usage) -> Part:
        return {
            "type": "RUN_FINISHED",
            **self._run,
            "outcome": {"type": outcome},
            "usage": [_usage(usage)],
        }


def _custom(name: str, value: Any) -> Part:
    return {"type": "CUSTOM", "name": f"waypost.{name}", "value": value}


def _usage(usage: Usage) -> dict[str, int]:
    """The protocol counts cached tokens as a part of the input; the run counts them apart."""
    whole = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return {
        "inputTokens": whole,
        "outputTokens": usage.output_tokens,
        "totalTokens": whole + usage.output_tokens,
        "cachedInputTokens": usage.cache_read_tokens,
        "cacheWriteInputTokens": usage.cache_write_tokens,
    }


def _milliseconds(at: str) -> int:
    """Since the epoch, of an RFC 3339 time."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)
