"""Text, cut into pieces that are not longer than a passage may be."""

import re
import unicodedata
from collections.abc import Iterator

MAX_CHARACTERS = 1200
"""Of a passage; about 200 words of English."""

_ITEM = re.compile(r"\s{0,3}([-*+]|\d+[.)])\s")
_ENDS = (
    re.compile(r"\n"),
    re.compile(r"[.!?…]['\")\]]*\s+|[。！？｡]['\")\]」』）]*"),  # noqa: RUF001 - East Asian signs
    re.compile(r"\s+"),
)
"""Where to cut, best first: lines, sentences, words."""
_BETWEEN = "\n\n"
_INTRODUCES = (":", "\uff1a")
_JOINER = "\u200d"
_LONGEST_GRAPHEME = 64
_REGIONAL_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def pieces(text: str) -> Iterator[str]:
    """Whole paragraphs, as many as fit; an introduction stays with its list."""
    piece = ""
    for block in _blocks(text):
        if piece and not _fit(piece, block):
            before, _, last = piece.rpartition(_BETWEEN)
            moves = bool(before) and last.endswith(_INTRODUCES) and _fit(last, block)
            yield before if moves else piece
            piece = last if moves else ""
        piece = f"{piece}{_BETWEEN}{block}" if piece else block
    if piece:
        yield piece


def _fit(piece: str, block: str) -> bool:
    return len(piece) + len(_BETWEEN) + len(block) <= MAX_CHARACTERS


def _blocks(text: str) -> Iterator[str]:
    """Blank-line separated blocks; a list longer than a passage is cut between its items."""
    for block in re.split(r"\n\s*\n", text):
        if not block.strip():
            continue
        if len(block) <= MAX_CHARACTERS:
            yield block.strip("\n")
            continue
        for item in _items(block) if _ITEM.match(block) else [block]:
            yield from _cut(item)


def _items(block: str) -> list[str]:
    items: list[str] = []
    lines: list[str] = []
    for line in block.split("\n"):
        if lines and _ITEM.match(line):
            items.append("\n".join(lines))
            lines = []
        lines.append(line)
    return [*items, "\n".join(lines)]


def _cut(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > MAX_CHARACTERS:
        end = _end(text, start)
        if piece := text[start:end].strip():
            yield piece
        start = end
    if piece := text[start:].strip("\n"):
        yield piece


def _end(text: str, start: int) -> int:
    """Where the piece ends that begins at `start`: in its second half, if it can."""
    limit = start + MAX_CHARACTERS
    for pattern in _ENDS:
        found = [
            match.end() for match in pattern.finditer(text, limit - MAX_CHARACTERS // 2, limit)
        ]
        if found:
            return found[-1]
    end = limit
    while end > limit - _LONGEST_GRAPHEME and _is_inside_grapheme(text, start, end):
        end -= 1
    return end


def _is_inside_grapheme(text: str, start: int, at: int) -> bool:
    """Whether a cut at `at` parts what is seen as one character (UAX 29, simplified)."""
    before, after = text[at - 1], text[at]
    return (
        unicodedata.category(after) in ("Mn", "Mc", "Me")
        or _JOINER in (before, after)
        or "\u1160" <= after <= "\u11ff"  # later letters of a Korean syllable
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= after <= "\U000e007f"  # tags of flags
        or (_is_regional(after) and _regionals(text[start:at]) % 2 == 1)
    )


def _regionals(text: str) -> int:
    """How many letters of flags a text ends with: two make one flag."""
    return len(text) - len(text.rstrip(_REGIONAL_LETTERS))


def _is_regional(character: str) -> bool:
    return character in _REGIONAL_LETTERS
