"""An SQLite full-text index of documents (FTS5, https://sqlite.org/fts5.html)."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path

from waypost.knowledge.documents import DocumentFile
from waypost.knowledge.passage import Passage
from waypost.knowledge.terms import full_text_query, misspellable, trigram_query, written_alike

LAYOUT = 2
"""Of the file: another one is not opened."""
_FIELDS = "p.id, p.document, p.title, p.heading, p.text"
_AMONG = "p.document IN (SELECT value FROM json_each(?))"
_MARKUP_CHARACTERS = 60
"""Characters of a passage in a prompt beside its text, its headings and its name."""
_CANDIDATES = 50


def names(index: Path) -> list[str]:
    """The documents that hold any text, in the order of their names."""
    with closing(_connect(index)) as db:
        rows = db.execute("SELECT document FROM passage GROUP BY document ORDER BY min(rowid)")
        return [document for (document,) in rows]


def left_out(index: Path) -> dict[str, str]:
    """The files that are not in the index, each with the reason."""
    with closing(_connect(index)) as db:
        return dict(db.execute("SELECT name, left_out FROM document WHERE left_out != ''"))


def is_of(index: Path, files: Iterable[DocumentFile]) -> bool:
    """Whether there is an index, of files with these names and sizes."""
    return _rows(index, "name, size") == sorted((file.name, file.size) for file in files)


def has_hashes(index: Path, hashes: dict[str, str]) -> bool:
    """Whether there is an index, of files with these contents."""
    return _rows(index, "name, hash") == sorted(hashes.items())


def search(index: Path, question: str, limit: int, among: frozenset[str]) -> list[Passage]:
    """The passages with the question's words, by BM25 over title, headings and text."""
    query = full_text_query(question)
    if not query:
        return []
    with closing(_connect(index)) as db:
        rows = db.execute(
            f"SELECT {_FIELDS} FROM word JOIN passage p ON p.rowid = word.rowid "  # noqa: S608
            f"WHERE word MATCH ? AND {_AMONG} ORDER BY bm25(word, 2.0, 3.0, 1.0) LIMIT ?",
            (query, _as_json(among), limit),
        )
        return [Passage(*row) for row in rows]


def similar(
    index: Path, question: str, limit: int, among: frozenset[str], beside: Collection[Passage]
) -> list[Passage]:
    """Other passages, with words that are written much like the question's."""
    query = trigram_query(question)
    if not query:
        return []
    with closing(_connect(index)) as db:
        rows = db.execute(
            f"SELECT {_FIELDS} FROM three JOIN passage p ON p.rowid = three.rowid "  # noqa: S608
            f"WHERE three MATCH ? AND {_AMONG} ORDER BY bm25(three) LIMIT ?",
            (query, _as_json(among), _CANDIDATES),
        )
        found = [Passage(*row) for row in rows]
    asked = misspellable(question)
    others = (passage for passage in found if passage not in beside)
    alike = (p for p in others if written_alike(asked, f"{p.title} {p.heading} {p.text}"))
    return list(islice(alike, limit))


def whole(index: Path, max_characters: int, among: frozenset[str]) -> list[Passage]:
    """Every passage of those documents that fit into `max_characters`, one after the other."""
    with closing(_connect(index)) as db:
        sizes = db.execute(
            "SELECT document, sum(length(text) + length(heading) + length(document) + ?) "  # noqa: S608
            f"FROM passage p WHERE {_AMONG} GROUP BY document ORDER BY min(rowid)",
            (_MARKUP_CHARACTERS, _as_json(among)),
        )
        fitting = set()
        for document, size in sizes:
            if size <= max_characters:
                fitting.add(document)
                max_characters -= size
        rows = db.execute(
            f"SELECT {_FIELDS} FROM passage p WHERE {_AMONG} ORDER BY rowid",  # noqa: S608
            (_as_json(fitting),),
        )
        return [Passage(*row) for row in rows]


def outline(index: Path, max_characters: int, among: frozenset[str]) -> str:
    """One line a document: its title, then its headings as far as they fit in a fair share."""
    documents: dict[str, list[str]] = {}
    with closing(_connect(index)) as db:
        rows = db.execute(
            f"SELECT title, heading FROM passage p WHERE {_AMONG} ORDER BY rowid",  # noqa: S608
            (_as_json(among),),
        )
        for title, heading in rows:
            headings = documents.setdefault(title, [])
            last = heading.rpartition(" > ")[2]
            if last != title and last not in headings:
                headings.append(last)
    share = max(max_characters // max(len(documents), 1), 40)
    lines = ("; ".join([title, *headings])[:share] for title, headings in documents.items())
    return "\n".join(lines)[:max_characters]


def _rows(index: Path, fields: str) -> list[tuple[str, str | int]] | None:
    """Of every file that was listed; None where there is no index of this layout."""
    try:
        with closing(_connect(index)) as db:
            if db.execute("PRAGMA user_version").fetchone() != (LAYOUT,):
                return None
            return sorted(db.execute(f"SELECT {fields} FROM document"))  # noqa: S608
    except sqlite3.Error:
        return None


def _connect(index: Path) -> sqlite3.Connection:
    """An index never changes, and the file system may be read-only: nothing is locked."""
    return sqlite3.connect(f"{index.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _as_json(documents: Iterable[str]) -> str:
    return json.dumps(sorted(documents))
