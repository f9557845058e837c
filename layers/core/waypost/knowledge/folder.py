"""A folder of documents behind an SQLite full-text index (FTS5, https://sqlite.org/fts5.html)."""

import asyncio
import hashlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from waypost.knowledge.passages import Passage, passages

SUFFIXES = frozenset({".md", ".markdown", ".txt"})
_LAYOUT = 1
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


class Folder:
    """The documents of one folder, indexed into a file on first use.

    Every tenant may read them: what is one tenant's alone does not belong here.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self._root = root
        self._cache = cache or Path(tempfile.gettempdir())
        self._index: Path | None = None
        self._indexing = asyncio.Lock()

    async def search(self, question: str, limit: int = 8) -> list[Passage]:
        """The passages that answer best, by BM25 over title, headings and text."""
        return await asyncio.to_thread(_search, await self._ready(), question, limit)

    async def outline(self, longest: int = 3000) -> str:
        """Titles and headings, for whoever decides whether to look here; at most `longest` long."""
        return await asyncio.to_thread(_outline, await self._ready(), longest)

    async def _ready(self) -> Path:
        async with self._indexing:
            if self._index is None:
                self._index = await asyncio.to_thread(_indexed, self._root, self._cache)
            return self._index


def _documents(root: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")
    )


def _indexed(root: Path, cache: Path) -> Path:
    """The index of the folder as it is now, made if it is not there yet."""
    print_of = hashlib.sha256(f"{_LAYOUT}".encode())
    for path in _documents(root):
        stat = path.stat()
        print_of.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    index = cache / f"waypost-{print_of.hexdigest()[:24]}.sqlite"
    if not index.exists():
        # Two processes may build it at once: each writes its own file and the last rename wins.
        handle, fresh = tempfile.mkstemp(dir=cache, suffix=".sqlite")
        os.close(handle)
        _build(root, Path(fresh))
        Path(fresh).replace(index)
    return index


def _build(root: Path, index: Path) -> None:
    with closing(sqlite3.connect(index)) as db, db:
        db.execute(
            "CREATE VIRTUAL TABLE passage USING fts5(title, heading, text, id UNINDEXED, "
            "document UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        for path in _documents(root):
            name = path.relative_to(root).as_posix()
            source = path.read_text(encoding="utf-8", errors="replace")
            db.executemany(
                "INSERT INTO passage (title, heading, text, id, document) VALUES (?, ?, ?, ?, ?)",
                [(p.title, p.heading, p.text, p.id, p.document) for p in passages(name, source)],
            )


def _connect(index: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{index.as_uri()}?mode=ro", uri=True)


def _search(index: Path, question: str, limit: int) -> list[Passage]:
    words = list(dict.fromkeys(w.lower() for w in _WORD.findall(question)))
    words = [w for w in words if w not in _COMMON] or words
    if not words:
        return []
    query = " OR ".join(f'"{word}"' for word in words[:64])
    with closing(_connect(index)) as db:
        rows = db.execute(
            "SELECT id, document, title, heading, text FROM passage WHERE passage MATCH ? "
            "ORDER BY bm25(passage, 2.0, 3.0, 1.0) LIMIT ?",
            (query, limit),
        )
        return [Passage(*row) for row in rows]


def _outline(index: Path, longest: int) -> str:
    """One line a document: its title, then its headings as far as they fit in a fair share."""
    documents: dict[str, list[str]] = {}
    with closing(_connect(index)) as db:
        for title, heading in db.execute("SELECT title, heading FROM passage ORDER BY rowid"):
            headings = documents.setdefault(title, [])
            last = heading.rpartition(" > ")[2]
            if last != title and last not in headings:
                headings.append(last)
    share = max(longest // max(len(documents), 1), 40)
    lines = ("; ".join([title, *headings])[:share] for title, headings in documents.items())
    return "\n".join(lines)[:longest]
