"""A passage cut into what can be quoted: sentences, list items, table rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from waypost_local.demo_model.documents.passages import Quoted

_ITEM = re.compile(r"\s*([-*+]|\d+[.)])\s+(.*)")
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
    """`kind` is sentence, item or row; `lead` is the sentence that introduces a list."""

    text: str
    kind: str
    passage: int
    document: str
    heading: str
    order: int
    rank: int
    """The place of its passage among all, from 0 for the best."""
    lead: str = ""
    number: str = ""


def units(passages: Sequence[Quoted]) -> list[Unit]:
    """Everything that the passages hold, in their order."""
    found: list[Unit] = []
    for rank, one in enumerate(passages):
        for kind, text, lead, number in _parts(one.text):
            place = (one.index, one.document, one.heading, len(found), rank)
            found.append(Unit(text, kind, *place, lead, number))
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


def _parts(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Kind, text, introduction and number of each unit."""
    lead = header = ""
    for kind, block, number in _blocks(text):
        if kind == "item":
            yield kind, readable(block), lead, number
        elif kind == "row" and header:
            if not _RULE.match(block):
                yield kind, _row(header, block), "", ""
        elif kind == "row":
            header = block
        else:
            header = ""
            sentences = list(_sentences(readable(block)))
            for sentence in sentences:
                yield "sentence", sentence, "", ""
            # A list belongs to the sentence that ends with a colon, else to the first.
            lead = sentences[-1 if sentences[-1].endswith(":") else 0] if sentences else ""


def _sentences(text: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(text):
        yield text[begin : end.end()].strip()
        begin = end.end()
    if text[begin:].strip():
        yield text[begin:].strip()


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Paragraphs, items and rows; wrapped lines are joined."""
    kind = block = number = ""
    for line in [*text.splitlines(), ""]:
        item, row = _ITEM.match(line), _ROW.match(line)
        if block and (item or row or not line.strip() or kind == "row"):
            yield kind, block, number
            block = ""
        if item:
            kind, block, number = "item", item[2], item[1]
        elif row:
            kind, block, number = "row", line, ""
        elif line.strip():
            kind = kind if block else "text"
            block = f"{block} {line.strip()}".strip()


def _row(header: str, row: str) -> str:
    names = [readable(cell) for cell in header.strip().strip("|").split("|")]
    cells = [readable(cell) for cell in row.strip().strip("|").split("|")]
    pairs = [f"{n} {c}" for n, c in zip(names[1:], cells[1:], strict=False)]
    return f"{cells[0]}: {'; '.join(pairs)}"
