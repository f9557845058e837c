"""Which passages an answer cites, seen while it is being written."""

import re
from collections.abc import Iterator, Sequence

from waypost.events import SourceCited
from waypost.knowledge import Passage

_MARK = re.compile(r"\[(\d{1,4})\]")
_MAX_MARK = 6
_QUOTE = 400
_LIST = "\n\nSources: "


class Citations:
    """Numbers the passages that an answer may cite, 1, 2, 3 …, and follows its text.

    Each passage is reported where `[n]` first names it.
    """

    def __init__(self, passages: Sequence[Passage] = ()) -> None:
        self._passages: dict[int, Passage] = {}
        self.number(passages)
        self._cited: dict[int, Passage] = {}
        self._tail = ""
        self._listed = False

    def number(self, passages: Sequence[Passage]) -> list[int]:
        """The numbers of `passages`: new ones go on from the last, known ones keep theirs."""
        known = {passage.id: index for index, passage in self._passages.items()}
        numbers: list[int] = []
        for passage in passages:
            index = known.setdefault(passage.id, max(self._passages, default=0) + 1)
            self._passages[index] = passage
            numbers.append(index)
        return numbers

    def restore(self, index: int, passage: Passage) -> None:
        """A passage that was given this number before the answer broke off."""
        self._passages.setdefault(index, passage)

    def read(self, delta: str) -> Iterator[SourceCited]:
        text = self._tail + delta
        self._listed = self._listed or _LIST in text
        self._tail = text[-_MAX_MARK:]
        for mark in _MARK.finditer(text):
            index = int(mark[1])
            passage = self._passages.get(index)
            if passage and index not in self._cited:
                self._cited[index] = passage
                yield _cited(index, passage)

    def line(self) -> str:
        """`Sources: [1] refund.md (Refunds); …`, or nothing where nothing was cited.

        Nothing either where the text holds the list already.
        """
        named = (f"[{i}] {p.document} ({p.heading})" for i, p in sorted(self._cited.items()))
        listed = "; ".join(named)
        return f"{_LIST}{listed}" if listed and not self._listed else ""


def _cited(index: int, passage: Passage) -> SourceCited:
    quote = passage.text if len(passage.text) <= _QUOTE else passage.text[: _QUOTE - 1] + "…"
    return SourceCited(
        index=index,
        document=passage.document,
        heading=passage.heading,
        chunk_id=passage.id,
        quote=quote,
    )
