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
    sent = 0
    gate = _Gate(request.stop_sequences)
    for piece in gate.passed(_fine(pieces)):
        if isinstance(piece, Text | ToolInput):
            if limit is not None and sent >= limit:
                reason = "max_tokens"
                break
            sent += 1
        yield piece
    if gate.closed and reason != "max_tokens":
        reason = "stop_sequence"
    yield Stop(reason, input_tokens(request), sent)


class _Gate:
    """Lets text through up to a stop sequence; what may be the start of one waits."""

    def __init__(self, sequences: list[str]) -> None:
        self._sequences = sequences
        self.closed = False

    def passed(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        held: list[str] = []
        for piece in pieces:
            if not isinstance(piece, Text):
                yield from map(Text, held)
                held = []
                yield piece
                continue
            held.append(piece.delta)
            waiting = "".join(held)
            if (end := self._found(waiting)) is not None:
                self.closed = True
                yield from map(Text, tokens(waiting[:end]))
                return
            while held and not self._may_begin("".join(held)):
                yield Text(held.pop(0))
        yield from map(Text, held)

    def _found(self, text: str) -> int | None:
        found = [at for sequence in self._sequences if (at := text.find(sequence)) >= 0]
        return min(found, default=None)

    def _may_begin(self, text: str) -> bool:
        """Whether a stop sequence may have begun anywhere in `text`."""
        return any(
            sequence.startswith(text[at:])
            for sequence in self._sequences
            for at in range(len(text))
        )


def _fine(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        match piece:
            case Text(delta):
                yield from map(Text, tokens(delta))
            case ToolInput(delta):
                yield from map(ToolInput, tokens(delta))
            case _:
                yield piece
