"""A model's pieces as the events of a ConverseStream, and those events as one Converse answer."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from waypost_local.bedrock.model import Piece, Reasoning, Stop, Text, ToolInput, ToolStart

Event = tuple[str, dict[str, Any]]


async def events(pieces: AsyncIterator[Piece]) -> AsyncIterator[Event]:
    """Names and payloads, in Bedrock's order: a text block has no start of its own."""
    began = time.monotonic()
    yield "messageStart", {"role": "assistant"}
    blocks = _Blocks()
    async for piece in pieces:
        for event in blocks.events(piece):
            yield event
        if isinstance(piece, Stop):
            yield "messageStop", {"stopReason": piece.reason}
            yield "metadata", {"usage": _usage(piece), "metrics": {"latencyMs": _ms(began)}}


class _Blocks:
    """Numbers the content blocks of one message."""

    def __init__(self) -> None:
        self._index = -1
        self._open = ""

    def events(self, piece: Piece) -> Iterator[Event]:
        match piece:
            case Text(delta):
                yield from self._enter("text")
                yield self._delta({"text": delta})
            case Reasoning(delta, signature):
                yield from self._enter("reasoning")
                part = {"text": delta} if delta else {"signature": signature}
                yield self._delta({"reasoningContent": part})
            case ToolStart(call_id, name):
                yield from self._enter("tool", fresh=True)
                start = {"toolUse": {"toolUseId": call_id, "name": name}}
                yield "contentBlockStart", {"start": start, "contentBlockIndex": self._index}
            case ToolInput(delta):
                yield self._delta({"toolUse": {"input": delta}})
            case Stop():
                yield from self._leave()

    def _enter(self, kind: str, *, fresh: bool = False) -> Iterator[Event]:
        if fresh or self._open != kind:
            yield from self._leave()
            self._index += 1
            self._open = kind

    def _leave(self) -> Iterator[Event]:
        if self._open:
            self._open = ""
            yield "contentBlockStop", {"contentBlockIndex": self._index}

    def _delta(self, delta: dict[str, Any]) -> Event:
        return "contentBlockDelta", {"delta": delta, "contentBlockIndex": self._index}


async def message(stream: AsyncIterator[Event]) -> dict[str, Any]:
    """The same events as the answer of a Converse call."""
    blocks: dict[int, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    async for name, payload in stream:
        match name:
            case "contentBlockStart":
                start = payload["start"]["toolUse"]
                blocks[payload["contentBlockIndex"]] = {"toolUse": {**start, "input": ""}}
            case "contentBlockDelta":
                _add(blocks.setdefault(payload["contentBlockIndex"], {}), payload["delta"])
            case "messageStop" | "metadata":
                answer |= payload
    content = [_whole(block) for _, block in sorted(blocks.items())]
    return {"output": {"message": {"role": "assistant", "content": content}}, **answer}


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] += text
        case {"reasoningContent": part}:
            said = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})
            for name, text in part.items():
                said["reasoningText"][name] = said["reasoningText"].get(name, "") + text


def _whole(block: dict[str, Any]) -> dict[str, Any]:
    if "toolUse" not in block:
        return block
    call = block["toolUse"]
    try:
        given = json.loads(call["input"] or "{}")
    except ValueError:
        # Cut by maxTokens in the middle: Bedrock, too, gives no broken JSON out.
        given = {}
    return {"toolUse": {**call, "input": given}}


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


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
