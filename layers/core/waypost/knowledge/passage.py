"""What a search finds."""

from dataclasses import dataclass


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
