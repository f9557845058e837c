"""A model's pieces as the events of a ConverseStream, and those events as one Converse response."""

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from waypost_local.bedrock.model import (
    Piece,
    ReasoningPiece,
    Stop,
    TextPiece,
    ToolUseInput,
    ToolUseStart,
)

Event = tuple[str, dict[str, Any]]


async def events(pieces: AsyncIterator[Piece]) -> AsyncIterator[Event]:
    """Names and payloads, in Bedrock's order. A text block has no contentBlockStart."""
    started = time.monotonic()
    yield "messageStart", {"role": "assistant"}
    blocks = _ContentBlocks()
    async for piece in pieces:
        for event in blocks.events(piece):
            yield event
        if isinstance(piece, Stop):
            yield "messageStop", {"stopReason": piece.reason}
            if piece.reported:
                metrics = {"latencyMs": _milliseconds_since(started)}
                yield "metadata", {"usage": _usage(piece), "metrics": metrics}


class _ContentBlocks:
    """Numbers the content blocks of one message."""

    def __init__(self) -> None:
        self._index = -1
        self._open_kind = ""

    def events(self, piece: Piece) -> Iterator[Event]:
        match piece:
            case TextPiece(delta, new_block):
                yield from self._open("text", always=new_block)
                yield self._delta({"text": delta})
            case ReasoningPiece(redacted=bytes(redacted)) if redacted:
                yield from self._open("redacted", always=True)
                part = {"redactedContent": base64.b64encode(redacted).decode()}
                yield self._delta({"reasoningContent": part})
            case ReasoningPiece(delta, signature):
                yield from self._open("reasoning")
                part = {"text": delta} if delta else {"signature": signature}
                yield self._delta({"reasoningContent": part})
            case ToolUseStart(call_id, name):
                yield from self._open("tool", always=True)
                start = {"toolUse": {"toolUseId": call_id, "name": name}}
                yield "contentBlockStart", {"start": start, "contentBlockIndex": self._index}
            case ToolUseInput(delta):
                yield self._delta({"toolUse": {"input": delta}})
            case Stop():
                yield from self._close()

    def _open(self, kind: str, *, always: bool = False) -> Iterator[Event]:
        if always or self._open_kind != kind:
            yield from self._close()
            self._index += 1
            self._open_kind = kind

    def _close(self) -> Iterator[Event]:
        if self._open_kind:
            self._open_kind = ""
            yield "contentBlockStop", {"contentBlockIndex": self._index}

    def _delta(self, delta: dict[str, Any]) -> Event:
        return "contentBlockDelta", {"delta": delta, "contentBlockIndex": self._index}


async def message(stream: AsyncIterator[Event]) -> dict[str, Any]:
    """The same events as the response of a Converse call."""
    blocks: dict[int, dict[str, Any]] = {}
    response: dict[str, Any] = {}
    async for name, payload in stream:
        match name:
            case "contentBlockStart":
                start = payload["start"]["toolUse"]
                blocks[payload["contentBlockIndex"]] = {"toolUse": {**start, "input": ""}}
            case "contentBlockDelta":
                _append(blocks.setdefault(payload["contentBlockIndex"], {}), payload["delta"])
            case "messageStop" | "metadata":
                response |= payload
    content = [_with_parsed_input(block) for _, block in sorted(blocks.items())]
    return {"output": {"message": {"role": "assistant", "content": content}}, **response}


def _append(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] += text
        case {"reasoningContent": {"redactedContent": _} as part}:
            block["reasoningContent"] = part
        case {"reasoningContent": part}:
            content = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})
            reasoning = content["reasoningText"]
            for name, text in part.items():
                reasoning[name] = reasoning.get(name, "") + text


def _with_parsed_input(block: dict[str, Any]) -> dict[str, Any]:
    if "toolUse" not in block:
        return block
    call = block["toolUse"]
    try:
        arguments = json.loads(call["input"] or "{}")
    except ValueError:
        # maxTokens ended it in the middle. Bedrock sends no broken JSON either.
        arguments = {}
    return {"toolUse": {**call, "input": arguments}}


def _usage(stop: Stop) -> dict[str, int]:
    cached = stop.cache_read_tokens + stop.cache_write_tokens
    usage = {
        "inputTokens": stop.input_tokens,
        "outputTokens": stop.output_tokens,
        "totalTokens": stop.input_tokens + stop.output_tokens + cached,
    }
    if cached:
        usage["cacheReadInputTokens"] = stop.cache_read_tokens
        usage["cacheWriteInputTokens"] = stop.cache_write_tokens
    return usage


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
