"""Markdown, cut at its headings as CommonMark has them (https://spec.commonmark.org)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Inline Markdown takes most of the time, and only that of headings is looked at.
_BLOCKS = MarkdownIt("commonmark").disable("inline")
_INLINE = MarkdownIt("commonmark")


@dataclass(frozen=True)
class Section:
    """A heading and the lines below it, up to the next one."""

    headings: tuple[str, ...]
    """It and those above it, outermost first; empty before the first heading of a file."""
    text: str


def sections(body: str) -> Iterator[Section]:
    """The sections of a file, in its order; definitions of links are left out.

    A heading inside a list, a quotation or a code block is text like any other.
    """
    lines = body.split("\n")
    environment: dict[str, object] = {}
    tokens = _BLOCKS.parse(body, environment)
    for first, end in _link_definitions(environment):
        lines[first:end] = [""] * (end - first)
    path: list[tuple[int, str]] = []
    below = 0
    for token, content in pairwise(tokens):
        if token.type != "heading_open" or token.level or token.map is None:
            continue
        yield _section(path, lines[below : token.map[0]])
        depth = int(token.tag[1:])
        path = [(above, text) for above, text in path if above < depth]
        path.append((depth, _plain(content.content)))
        below = token.map[1]
    yield _section(path, lines[below:])


def _section(path: list[tuple[int, str]], lines: list[str]) -> Section:
    return Section(tuple(text for _, text in path if text), "\n".join(lines))


def _plain(markdown: str) -> str:
    """A heading's text as a reader sees it."""
    tokens = [child for token in _INLINE.parseInline(markdown) for child in token.children or ()]
    return " ".join("".join(map(_visible, tokens)).split())


def _visible(token: Token) -> str:
    return " " if token.type in ("softbreak", "hardbreak") else token.content


def _link_definitions(environment: dict[str, object]) -> Iterator[tuple[int, int]]:
    references = environment.get("references")
    duplicates = environment.get("duplicate_refs")
    found = [*(references.values() if isinstance(references, dict) else ())]
    for definition in [*found, *(duplicates if isinstance(duplicates, list) else ())]:
        yield definition["map"][0], definition["map"][1]
