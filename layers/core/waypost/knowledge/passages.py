"""Markdown and plain text, cut into passages that know their headings."""

import re
from collections.abc import Iterator

import yaml

from waypost.knowledge.cutting import pieces
from waypost.knowledge.passage import Passage
from waypost.knowledge.sections import Section, sections

_FRONT_MATTER = re.compile(
    r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_PLAIN = ".txt"


def passages(document: str, source: str) -> Iterator[Passage]:
    """The passages of one file, in its order.

    Args:
        document: Its path inside the folder. What ends in `.txt` has no headings.
        source: Its text, with line feeds between lines.
    """
    source = source.removeprefix("\ufeff")
    name = document.rpartition("/")[2].rpartition(".")[0]
    if document.lower().endswith(_PLAIN):
        title, found = name, [Section((), source)]
    else:
        title, body = _front_matter(source)
        found = list(sections(body))
        first = next((section.headings for section in found if section.headings), (name,))
        title = title or first[-1]
    number = 0
    for section in found:
        for piece in filter(_has_words, pieces(section.text)):
            number += 1
            heading = " > ".join(section.headings) or title
            yield Passage(f"{document}#{number}", document, title, heading, piece)


def _has_words(piece: str) -> bool:
    """A line between two sections has none."""
    return any(map(str.isalnum, piece))


def _front_matter(source: str) -> tuple[str, str]:
    """The title, and what comes after the front matter.

    Every value is read as text: a date that does not exist is as good as any.
    """
    match = _FRONT_MATTER.match(source)
    if match is None:
        return "", source
    try:
        fields = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
    except (yaml.YAMLError, RecursionError):
        return "", source[match.end() :]
    if fields is not None and not isinstance(fields, dict):
        # Two thematic breaks and what stands between them.
        return "", source
    title = (fields or {}).get("title")
    return title.strip() if isinstance(title, str) else "", source[match.end() :]
