"""An SQLite full-text index of documents (FTS5, https://sqlite.org/fts5.html)."""

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from waypost.knowledge.passages import Passage

_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    _WORD.findall(
        "a about after again all also am an and any are as at be been before being but by can "
        "could did do does doing for from get give had has have having he her him his how i if "
        "in into is it its just like may me mine more most must my no not of on one or our ours "
        "please shall she should so some such tell than that the their them then there these "
        "they this those to too up us very was we were what when where which while who whom "
        "whose why will with would you your yours"
    )
)
_MARKUP_CHARACTERS = 60
"""Characters of a passage in a prompt beside its text, its headings and its name."""


def build(found: Iterable[Passage], index: Path) -> None:
    with closing(sqlite3.connect(index)) as db, db:
        db.execute(
            "CREATE VIRTUAL TABLE passage USING fts5(title, heading, text, id UNINDEXED, "
            "document UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        db.executemany(
            "INSERT INTO passage (title, heading, text, id, document) VALUES (?, ?, ?, ?, ?)",
            [(p.title, p.heading, p.text, p.id, p.document) for p in found],
        )


def names(index: Path) -> list[str]:
    """The documents that hold any text, in the order of their names."""
    with closing(_connect(index)) as db:
        rows = db.execute("SELECT document FROM passage GROUP BY document ORDER BY min(rowid)")
        return [document for (document,) in rows]


def search(index: Path, question: str, limit: int, among: frozenset[str]) -> list[Passage]:
    words = list(dict.fromkeys(w.lower() for w in _WORD.findall(question)))
    words = [w for w in words if w not in _COMMON] or words
    if not words:
        return []
    query = " OR ".join(f'"{word}"' for word in words[:64])
    with closing(_connect(index)) as db:
        rows = db.execute(
            "SELECT id, document, title, heading, text FROM passage WHERE passage MATCH ? "
            "AND document IN (SELECT value FROM json_each(?)) "
            "ORDER BY bm25(passage, 2.0, 3.0, 1.0) LIMIT ?",
            (query, _as_json(among), limit),
        )
        return [Passage(*row) for row in rows]


def whole(index: Path, max_characters: int, among: frozenset[str]) -> list[Passage]:
    """Every passage of those documents that fit into `max_characters`, one after the other."""
    with closing(_connect(index)) as db:
        sizes = db.execute(
            "SELECT document, sum(length(text) + length(heading) + length(document) + ?) "
            "FROM passage WHERE document IN (SELECT value FROM json_each(?)) "
            "GROUP BY document ORDER BY min(rowid)",
            (_MARKUP_CHARACTERS, _as_json(among)),
        )
        fitting = set()
        for document, size in sizes:
            if size <= max_characters:
                fitting.add(document)
                max_characters -= size
        rows = db.execute(
            "SELECT id, document, title, heading, text FROM passage "
            "WHERE document IN (SELECT value FROM json_each(?)) ORDER BY rowid",
            (_as_json(fitting),),
        )
        return [Passage(*row) for row in rows]


def outline(index: Path, max_characters: int, among: frozenset[str]) -> str:
    """One line a document: its title, then its headings as far as they fit in a fair share."""
    documents: dict[str, list[str]] = {}
    with closing(_connect(index)) as db:
        rows = db.execute(
            "SELECT title, heading FROM passage "
            "WHERE document IN (SELECT value FROM json_each(?)) ORDER BY rowid",
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


def _connect(index: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)


def _as_json(documents: Iterable[str]) -> str:
    return json.dumps(sorted(documents))
