"""A passage cut into what can be quoted: sentences, list items, table rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from waypost_local.demo_model.documents.passages import Quoted

_ITEM = re.compile(r"(\s*)([-*+]|\d+[.)])\s+(.*)")
_LONG_ITEM = 260
_ROW = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r"\s*\|?[\s:|-]+\|?\s*$")
_TARGET = r"(?:[^()\s]|\([^()\s]*\))*"
_LINK = re.compile(rf"!?\[([^\[\]]*)\](?:\(({_TARGET})(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])")
_END = re.compile(
    r"(?<!\b[A-Z])(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)(?<!\bNo)(?<!\bMr)(?<!\bDr)(?<!\bInc)"
    r"[.!?][\"'\u201d\u2019)*_]*\s+(?=[\"'\u201c(*_\[]*[A-Z0-9\u2022])"
)


@dataclass(frozen=True)
class Unit:
    """`lead` is the sentence that introduces a list, or that a long item begins with."""

    text: str
    kind: str
    """sentence, item or row"""
    passage: int
    document: str
    heading: str
    order: int
    rank: int
    """The place of its passage among all, from 0 for the best."""
    lead: str = ""
    number: str = ""
    depth: int = 0


def units(passages: Sequence[Quoted]) -> list[Unit]:
    """Everything that the passages hold, in their order."""
    found: list[Unit] = []
    for rank, passage in enumerate(passages):
        for kind, text, lead, number, depth in _parts(passage.text):
            unit = Unit(
                text,
                kind,
                passage.index,
                passage.document,
                passage.heading,
                len(found),
                rank,
                lead,
                number,
                depth,
            )
            found.append(unit)
    return found


def readable(markdown: str) -> str:
    """Markdown as text: links become their words, with the address where it is one to write to."""
    text = re.sub(r"\]\(\s*\{\{[^}]*\}\}\s*\)", "]()", markdown)
    text = re.sub(r"<a\s[^>]*href=\"([^\"]*)\"[^>]*>(.*?)</a>", r"[\2](\1)", text)
    text = _LINK.sub(_linked, re.sub(r"</?[a-z][^>]*>", "", text))
    text = re.sub(r"(\*\*\*|\*\*|__|`)", "", text)
    text = re.sub(r"(?<![\w*])[*_](\S(?:[^*_]*\S)?)[*_](?![\w*])", r"\1", text)
    return re.sub(r"\s+", " ", text).strip().strip("*").strip()


def _linked(match: re.Match[str]) -> str:
    label, target = match[1], match[2] or ""
    address = target.removeprefix("mailto:")
    if target.startswith(("http://", "https://", "mailto:")) and address not in label:
        return f"{label} ({address})"
    return label


def _parts(text: str) -> Iterator[tuple[str, str, str, str, int]]:
    lead = ""
    header = ""
    for kind, block, number, depth in _blocks(text):
        if kind == "item":
            parent = lead if depth == 0 or not header else header
            if block.endswith(":"):
                header = block
            said = list(_sentences(readable(block)))
            if len(said) > 2 and sum(map(len, said)) > _LONG_ITEM:
                yield "item", said[0], parent, number, depth
                for sentence in said[1:]:
                    yield "sentence", sentence, said[0], "", 0
            else:
                yield "item", " ".join(said), parent, number, depth
        elif kind == "row":
            if not header:
                header = block
            elif not _RULE.match(block):
                yield "row", _row(header, block), "", "", 0
        else:
            header = ""
            for sentence in _sentences(readable(block)):
                yield "sentence", sentence, "", "", 0
            lead = _introduction(readable(block))


def _introduction(paragraph: str) -> str:
    """The sentence of a paragraph that a list after it belongs to: the one that ends with a colon,
    else its first."""
    said = list(_sentences(paragraph))
    return said[-1] if said and said[-1].endswith(":") else next(iter(said), "")


def _sentences(text: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(text):
        yield text[begin : end.end()].strip()
        begin = end.end()
    if text[begin:].strip():
        yield text[begin:].strip()


def _blocks(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Paragraphs, items and rows; wrapped lines are joined."""
    kind, held, number, depth = "", "", "", 0
    for line in [*text.splitlines(), ""]:
        item = _ITEM.match(line)
        starts = bool(item) or bool(_ROW.match(line)) or not line.strip()
        if held and (starts or kind == "row"):
            yield kind, held, number, depth
            held = ""
        if item:
            kind, held = "item", item[3]
            number, depth = item[2], len(item[1].expandtabs(4)) // 2
        elif _ROW.match(line):
            kind, held, number, depth = "row", line, "", 0
        elif line.strip():
            kind = kind if held else "text"
            held = f"{held} {line.strip()}" if held else line.strip()


def _row(header: str, row: str) -> str:
    names = [readable(cell) for cell in header.strip().strip("|").split("|")]
    cells = [readable(cell) for cell in row.strip().strip("|").split("|")]
    pairs = [f"{n} {c}" for n, c in zip(names[1:], cells[1:], strict=False)]
    return f"{cells[0]}: {'; '.join(pairs)}"
