"""A simple tokenizer, and a response cut at the limits that are counted in its tokens.

A token is a word of up to six characters, or up to six characters of a longer one, with the
white space before it; any other character is a token. English has about 1.3 tokens a word, as
with real tokenizers.
"""

import json
import re
from collections.abc import Iterable, Iterator

from waypost_local.bedrock.model import ConverseRequest, Piece, Stop, TextPiece, ToolUseInput

_TOKEN = re.compile(r"\s*(?:\w{1,6}|[^\w\s])|\s+")


def tokens(text: str) -> list[str]:
    """`text` in tokens. Joined, they are the text again."""
    return _TOKEN.findall(text)


def input_tokens(request: ConverseRequest) -> int:
    """Of all that is sent: system, messages and tools."""
    sent = json.dumps([request.messages, request.tools], ensure_ascii=False)
    return len(tokens(request.system_text)) + len(tokens(sent))


def limited(pieces: Iterable[Piece], reason: str, request: ConverseRequest) -> Iterator[Piece]:
    """`pieces` a token at a time, cut at `maxTokens` or a stop sequence; `Stop` is the last."""
    limit = request.max_tokens
    sent = 0
    stop_filter = _StopSequenceFilter(request.stop_sequences)
    for piece in stop_filter.apply(_by_token(pieces)):
        if isinstance(piece, TextPiece | ToolUseInput):
            if limit is not None and sent >= limit:
                reason = "max_tokens"
                break
            sent += 1
        yield piece
    if stop_filter.matched and reason != "max_tokens":
        reason = "stop_sequence"
    yield Stop(reason, input_tokens(request), sent)


class _StopSequenceFilter:
    """Passes text on up to a stop sequence, and holds back what may be the start of one."""

    def __init__(self, sequences: list[str]) -> None:
        self._sequences = sequences
        self.matched = False

    def apply(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        held: list[str] = []
        for piece in pieces:
            if not isinstance(piece, TextPiece):
                yield from map(TextPiece, held)
                held = []
                yield piece
                continue
            held.append(piece.delta)
            text = "".join(held)
            if (end := self._find(text)) is not None:
                self.matched = True
                yield from map(TextPiece, tokens(text[:end]))
                return
            while held and not self._may_start("".join(held)):
                yield TextPiece(held.pop(0))
        yield from map(TextPiece, held)

    def _find(self, text: str) -> int | None:
        places = [at for sequence in self._sequences if (at := text.find(sequence)) >= 0]
        return min(places, default=None)

    def _may_start(self, text: str) -> bool:
        """Whether `text` ends with the start of a stop sequence."""
        return any(
            sequence.startswith(text[at:])
            for sequence in self._sequences
            for at in range(len(text))
        )


def _by_token(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        match piece:
            case TextPiece(delta):
                yield from map(TextPiece, tokens(delta))
            case ToolUseInput(delta):
                yield from map(ToolUseInput, tokens(delta))
            case _:
                yield piece
