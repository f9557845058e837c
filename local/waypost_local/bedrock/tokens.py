"""A plain stand-in for a tokenizer, and the limits that are counted in its tokens.

A token is a word of up to six characters, or up to six characters of a longer one, with the
white space before it; any other character counts for itself. English comes to about 1.3 tokens a
word, much as real tokenizers have it.
"""

import json
import re
from collections.abc import Iterable, Iterator

from waypost_local.bedrock.model import ConverseRequest, Piece, Stop, Text, ToolInput

_TOKEN = re.compile(r"\s*(?:\w{1,6}|[^\w\s])|\s+")


def tokens(text: str) -> list[str]:
    """`text` in tokens; joined they are the text again."""
    return _TOKEN.findall(text)


def input_tokens(request: ConverseRequest) -> int:
    """Everything that was sent: system, messages and tools."""
    sent = json.dumps([request.messages, request.tools], ensure_ascii=False)
    return len(tokens(request.system_text)) + len(tokens(sent))


def metered(pieces: Iterable[Piece], reason: str, request: ConverseRequest) -> Iterator[Piece]:
    """`pieces` a token at a time, cut where `maxTokens` or a stop sequence says; `Stop` last."""
    limit = request.max_tokens
    said = ""
    sent = 0
    for piece in _fine(pieces):
        if isinstance(piece, Text):
            said += piece.delta
            if (end := _stop_at(said, request.stop_sequences)) is not None:
                kept = piece.delta[: max(0, len(piece.delta) - (len(said) - end))]
                yield from [Text(kept)] if kept else []
                reason = "stop_sequence"
                break
        if isinstance(piece, Text | ToolInput):
            if limit is not None and sent >= limit:
                reason = "max_tokens"
                break
            sent += 1
        yield piece
    yield Stop(reason, input_tokens(request), sent)


def _fine(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        match piece:
            case Text(delta):
                yield from map(Text, tokens(delta))
            case ToolInput(delta):
                yield from map(ToolInput, tokens(delta))
            case _:
                yield piece


def _stop_at(said: str, sequences: list[str]) -> int | None:
    found = [at for sequence in sequences if (at := said.find(sequence)) >= 0]
    return min(found, default=None)
