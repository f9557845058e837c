"""Markdown and plain text, cut into passages that know their headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

MAX_CHARACTERS = 1200
"""Of a passage; a single paragraph may be longer."""

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_LINK_DEFINITION = re.compile(r"\s{0,3}\[[^\]]+\]:\s+\S+\s*$")
_ITEM = re.compile(r"\s{0,3}([-*+]|\d+[.)])\s")


@dataclass(frozen=True)
class Passage:
    """A part of a document under one heading."""

    id: str
    document: str
    """The file's path inside its folder."""
    title: str
    heading: str
    """The headings above it, outermost first, joined by ` > `."""
    text: str


def passages(document: str, source: str) -> Iterator[Passage]:
    """The passages of one file, in its order."""
    title, body = _front_matter(source)
    title = title or _first_heading(body) or document.rpartition("/")[2].rpartition(".")[0]
    number = 0
    for heading, text in _sections(body):
        for piece in _pieces(text):
            number += 1
            yield Passage(f"{document}#{number}", document, title, heading or title, piece)


def _front_matter(source: str) -> tuple[str, str]:
    source = source.removeprefix("\ufeff")
    if not source.startswith("---\n"):
        return "", source
    head, fence, body = source[4:].partition("\n---\n")
    if not fence:
        return "", source
    try:
        fields = yaml.safe_load(head)
    except yaml.YAMLError:
        return "", source
    title = fields.get("title") if isinstance(fields, dict) else None
    return str(title or ""), body


def _first_heading(body: str) -> str:
    match = next((m for line in body.splitlines() if (m := _HEADING.match(line))), None)
    return match[2] if match else ""


def _sections(body: str) -> Iterator[tuple[str, str]]:
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in body.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        match = None if fenced else _HEADING.match(line)
        if match is None:
            if fenced or not _LINK_DEFINITION.match(line):
                lines.append(line)
            continue
        yield _joined(path), "\n".join(lines)
        lines = []
        level = len(match[1])
        path = [(depth, text) for depth, text in path if depth < level]
        path.append((level, match[2]))
    yield _joined(path), "\n".join(lines)


def _joined(path: list[tuple[int, str]]) -> str:
    return " > ".join(text for _, text in path)


def _pieces(text: str) -> Iterator[str]:
    """A section's text in pieces of whole paragraphs; an introduction stays with its list."""
    piece = ""
    for paragraph in _paragraphs(text):
        if piece and len(piece) + len(paragraph) > MAX_CHARACTERS and not piece.endswith(":"):
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
    if piece:
        yield piece


def _paragraphs(text: str) -> list[str]:
    """Blank-line separated blocks; a list longer than a passage is cut between its items."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        if not block.strip():
            continue
        if len(block) > MAX_CHARACTERS and _ITEM.match(block):
            found += _items(block)
        else:
            found.append(block.strip("\n"))
    return found


def _items(block: str) -> list[str]:
    items: list[str] = []
    for line in block.splitlines():
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f"\n{line}"
    return items
