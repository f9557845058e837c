"""From the events of a ConverseStream to the pieces of a turn.

The shapes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from waypost.events import Usage
from waypost.json_values import encodable, plain
from waypost.models.stop_reasons import WITHOUT_CALLS
from waypost.models.thinking import ThinkingFilter
from waypost.models.turns import (
    AssistantTurn,
    CallInput,
    CallStarted,
    Finished,
    Piece,
    Reasoning,
    Text,
    ToolCall,
)

_SERVER_TOOL = "server_tool_use"
"""A call that Bedrock makes itself."""


class TurnReader:
    """Reads one response, event by event; then `finished` is the whole of it."""

    def __init__(self) -> None:
        self._blocks: dict[int, _Block] = {}
        self._stop_reason: str | None = None
        self._usage: Usage | None = None

    def pieces(self, event: dict[str, Any]) -> Iterable[Piece]:
        if delta := event.get("contentBlockDelta"):
            return self._delta(delta["contentBlockIndex"], delta["delta"])
        if start := event.get("contentBlockStart"):
            return self._start(start["contentBlockIndex"], start["start"])
        if stop := event.get("contentBlockStop"):
            block = self._blocks.get(stop["contentBlockIndex"])
            return block.end() if block else ()
        if stop := event.get("messageStop"):
            self._stop_reason = stop["stopReason"]
        elif usage := event.get("metadata", {}).get("usage"):
            self._usage = usage_of(usage)
        return ()

    def finished(self) -> Finished:
        """Raises ConnectionError where the stream ended before the message did."""
        if self._stop_reason is None:
            raise ConnectionError("The model's stream ended without a messageStop.")
        blocks = [block for _, block in sorted(self._blocks.items())]
        calls = tuple(block.call() for block in blocks if isinstance(block, _CallBlock))
        turn = AssistantTurn(
            "".join(block.shown for block in blocks if isinstance(block, _TextBlock)),
            () if self._stop_reason in WITHOUT_CALLS else calls,
            native=[native for block in blocks for native in block.native()],
        )
        return Finished(turn, self._stop_reason, self._usage)

    def _start(self, index: int, start: dict[str, Any]) -> Iterable[Piece]:
        call = start.get("toolUse")
        if call is None or call.get("type") == _SERVER_TOOL:
            self._blocks[index] = _OtherBlock()
            return ()
        block = self._blocks[index] = _CallBlock(call)
        return (CallStarted(block.id, block.name),)

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterable[Piece]:
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = _new_block(delta)
        return block.feed(delta)


class _Block:
    """A block of content: what of it is shown, and how it is sent back."""

    def feed(self, delta: dict[str, Any]) -> Iterable[Piece]:
        raise NotImplementedError

    def end(self) -> Iterable[Piece]:
        return ()

    def native(self) -> Iterator[dict[str, Any]]:
        raise NotImplementedError


class _TextBlock(_Block):
    """Text, which may hold reasoning between tags and be followed by citations."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._shown: list[str] = []
        self._citations: list[dict[str, Any]] = []
        self._filter = ThinkingFilter()
        self._half = ""

    @property
    def shown(self) -> str:
        return "".join(self._shown)

    def feed(self, delta: dict[str, Any]) -> Iterable[Piece]:
        if "citation" in delta:
            self._citations.append(delta["citation"])
        text, self._half = _whole_characters(self._half + delta.get("text", ""))
        if not text:
            return ()
        self._texts.append(text)
        return self._seen(self._filter.feed(text))

    def end(self) -> Iterable[Piece]:
        if self._half:
            self._texts.append("\ufffd")
            yield from self._seen(self._filter.feed("\ufffd"))
            self._half = ""
        yield from self._seen(self._filter.end())

    def native(self) -> Iterator[dict[str, Any]]:
        text = "".join(self._texts)
        if not text.strip():
            return
        if self._citations:
            yield {"citationsContent": {"content": [{"text": text}], "citations": self._citations}}
        else:
            yield {"text": text}

    def _seen(self, pieces: Iterable[Text | Reasoning]) -> Iterator[Piece]:
        for piece in pieces:
            if isinstance(piece, Text):
                self._shown.append(piece.delta)
            yield piece


class _ReasoningBlock(_Block):
    def __init__(self) -> None:
        self._texts: list[str] = []
        self._signature = ""
        self._redacted = b""

    def feed(self, delta: dict[str, Any]) -> Iterable[Piece]:
        part = delta.get("reasoningContent", {})
        self._signature += part.get("signature", "")
        self._redacted += part.get("redactedContent", b"")
        text = encodable(part.get("text", ""))
        if not text:
            return ()
        self._texts.append(text)
        return (Reasoning(text),)

    def native(self) -> Iterator[dict[str, Any]]:
        if self._redacted:
            yield {"reasoningContent": {"redactedContent": self._redacted}}
        text = "".join(self._texts)
        if text or self._signature:
            reasoning = {"text": text, "signature": self._signature}
            shown = {name: value for name, value in reasoning.items() if value or name == "text"}
            yield {"reasoningContent": {"reasoningText": shown}}


class _CallBlock(_Block):
    def __init__(self, start: dict[str, Any]) -> None:
        self.id: str = start["toolUseId"]
        self.name = encodable(start["name"])
        self._inputs: list[str] = []

    def feed(self, delta: dict[str, Any]) -> Iterable[Piece]:
        part = delta.get("toolUse", {}).get("input", "")
        if not part:
            return ()
        self._inputs.append(part)
        return (CallInput(self.id, encodable(part)),)

    def native(self) -> Iterator[dict[str, Any]]:
        call = self.call()
        yield {"toolUse": {"toolUseId": self.id, "name": self.name, "input": call.arguments}}

    def call(self) -> ToolCall:
        arguments = read_arguments("".join(self._inputs))
        return ToolCall(self.id, self.name, arguments or {}, readable=arguments is not None)


class _OtherBlock(_Block):
    """What is neither shown nor sent back: an image, a call that Bedrock makes and its result."""

    def feed(self, delta: dict[str, Any]) -> Iterable[Piece]:
        return ()

    def native(self) -> Iterator[dict[str, Any]]:
        return iter(())


def _new_block(delta: dict[str, Any]) -> _Block:
    """Of a block that has no start: those of text and reasoning have none."""
    if "text" in delta or "citation" in delta:
        return _TextBlock()
    return _ReasoningBlock() if "reasoningContent" in delta else _OtherBlock()


def usage_of(usage: dict[str, Any]) -> Usage:
    return Usage(
        input_tokens=usage.get("inputTokens") or 0,
        output_tokens=usage.get("outputTokens") or 0,
        cache_read_tokens=usage.get("cacheReadInputTokens") or 0,
        cache_write_tokens=usage.get("cacheWriteInputTokens") or 0,
    )


def events_of(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A response of Converse as the events of a stream."""
    for index, block in enumerate(response["output"]["message"]["content"]):
        for part in _parts(block):
            yield {name: {**value, "contentBlockIndex": index} for name, value in part.items()}
        yield {"contentBlockStop": {"contentBlockIndex": index}}
    yield {"messageStop": {"stopReason": response.get("stopReason", "end_turn")}}
    if usage := response.get("usage"):
        yield {"metadata": {"usage": usage}}


def _parts(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match block:
        case {"text": str(text)}:
            yield {"contentBlockDelta": {"delta": {"text": text}}}
        case {"citationsContent": cited}:
            for text in cited.get("content", ()):
                yield {"contentBlockDelta": {"delta": {"text": text.get("text", "")}}}
            for citation in cited.get("citations", ()):
                yield {"contentBlockDelta": {"delta": {"citation": citation}}}
        case {"reasoningContent": {"reasoningText": reasoning}}:
            for name, text in reasoning.items():
                yield {"contentBlockDelta": {"delta": {"reasoningContent": {name: text}}}}
        case {"reasoningContent": redacted}:
            yield {"contentBlockDelta": {"delta": {"reasoningContent": redacted}}}
        case {"toolUse": call}:
            start = {name: value for name, value in call.items() if name != "input"}
            yield {"contentBlockStart": {"start": {"toolUse": start}}}
            arguments = json.dumps(call.get("input", {}), ensure_ascii=False)
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": arguments}}}}


def read_arguments(text: str) -> dict[str, Any] | None:
    """The arguments of a call, where the text is a JSON object; no text is none."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return plain(found) if isinstance(found, dict) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole_characters(text: str) -> tuple[str, str]:
    """`text` fit to be encoded, and the half of a character at its end, if there is one."""
    if text and "\ud800" <= text[-1] <= "\udbff":
        return encodable(text[:-1]), text[-1]
    return encodable(text), ""
