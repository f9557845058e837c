"""Measures how often a search of documents finds the passage that answers, and prints a table."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from waypost.knowledge import Folder, Passage, index, index_files
from waypost_local import json_lines
from waypost_local.json_lines import JsonLinesError

OTHER_LANGUAGE = "other language"
"""The kind of questions whose words are not in the documents: they do not count in the total."""
_ROUTE = "documents"
_DEPTHS = (5, 8)
_LIMIT = 8


@dataclass(frozen=True)
class DocumentQuestion:
    """A question and what a passage holds that answers it: all of `expect`, from `document`."""

    question: str
    expect: tuple[str, ...]
    document: str = ""
    kind: str = "all"

    def is_answered_by(self, passage: Passage) -> bool:
        text = f"{passage.heading}\n{passage.text}"
        return self.document in ("", passage.document) and all(e in text for e in self.expect)


@dataclass(frozen=True)
class SearchedQuestion:
    """The rank of the first passage that answers, by words alone and with words written alike."""

    asked: DocumentQuestion
    by_words: int | None
    by_spelling: int | None


def read(path: Path) -> list[DocumentQuestion]:
    """The questions of a file that are for documents: JSON lines with `question` and `expect`,
    or `text`; they may have `document`, `kind` and `route`. Raises JsonLinesError."""
    found = json_lines.read(path, _question, "question and expect")
    if not found:
        raise JsonLinesError(f"{path} holds no questions for documents.")
    return found


async def searched(
    questions: Sequence[DocumentQuestion], documents: Path
) -> list[SearchedQuestion]:
    cache = Path(tempfile.gettempdir())
    folder = Folder(documents, cache)
    names = await folder.names()
    file = await asyncio.to_thread(index_files.current_index, documents, cache)
    found = []
    for asked in questions:
        by_words = index.search(file, asked.question, _LIMIT, names)
        by_spelling = await folder.search(asked.question, limit=_LIMIT)
        found.append(SearchedQuestion(asked, _rank(asked, by_words), _rank(asked, by_spelling)))
    return found


def run(found: Sequence[SearchedQuestion]) -> int:
    """Prints the table and the questions that are not answered."""
    for line in table(found):
        sys.stdout.write(f"{line}\n")
    return 0


def table(found: Sequence[SearchedQuestion]) -> Iterator[str]:
    """A row a kind of question: how many are answered among the first 5 and the first 8."""
    yield f"{'':<16}{'':>10}  {'words only':^22}  {'with misspelt words':^22}"
    columns = "".join(f"{f'recall@{depth}':>11}" for depth in _DEPTHS)
    yield f"{'kind':<16}{'questions':>10}  {columns}  {columns}"
    for kind in dict.fromkeys(one.asked.kind for one in found):
        yield _row(kind, [one for one in found if one.asked.kind == kind])
    counted = [one for one in found if one.asked.kind != OTHER_LANGUAGE]
    if len({one.asked.kind for one in found}) > 1:
        yield _row("total" if len(counted) == len(found) else "total of English", counted)
    for one in found:
        if one.by_spelling is None:
            yield f"not found: {one.asked.question}"


def _row(kind: str, found: Sequence[SearchedQuestion]) -> str:
    ranks = ([one.by_words for one in found], [one.by_spelling for one in found])
    shares = ("".join(f"{_recall(column, d):>11.0%}" for d in _DEPTHS) for column in ranks)
    return f"{kind:<16}{len(found):>10}  {'  '.join(shares)}"


def _recall(ranks: Sequence[int | None], depth: int) -> float:
    return sum(rank is not None and rank < depth for rank in ranks) / max(len(ranks), 1)


def _rank(asked: DocumentQuestion, found: Sequence[Passage]) -> int | None:
    return next((rank for rank, one in enumerate(found) if asked.is_answered_by(one)), None)


def _question(fields: dict[str, object]) -> DocumentQuestion | None:
    """None where it is not for documents."""
    if fields.get("route", _ROUTE) != _ROUTE:
        return None
    expect = fields["expect"] if "expect" in fields else [fields["text"]]
    if not isinstance(expect, list):
        raise TypeError("expect must be a list")
    question = DocumentQuestion(str(fields["question"]), tuple(map(str, expect)))
    return replace(
        question, document=str(fields.get("document", "")), kind=str(fields.get("kind", "all"))
    )
