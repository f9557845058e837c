"""A folder of documents behind a full-text index."""

import asyncio
import logging
import sqlite3
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from waypost.errors import Unavailable
from waypost.knowledge import index, index_files
from waypost.knowledge.passage import Passage

_RANK = 60
"""https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf"""
_MAX_LOGGED = 100

logger = logging.getLogger(__name__)


class Folder:
    """The documents of one folder, behind an index that is shipped with it or made on first use.

    Every tenant may read them: what belongs to one tenant must not be here. `among` limits a
    method to some documents; None stands for all. Every method raises `Unavailable` where there is
    no index and none can be written.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self._root = root
        self._cache = cache or Path(tempfile.gettempdir())
        self._index: Path | None = None
        self._names: frozenset[str] = frozenset()
        self._indexing = asyncio.Lock()

    async def search(
        self,
        question: str,
        words: str = "",
        limit: int = 8,
        among: frozenset[str] | None = None,
    ) -> list[Passage]:
        """The passages that answer best, by BM25 over title, headings and text.

        Args:
            words: Other words for what is asked. What is found for them and for the question is
                merged by reciprocal rank. Where that is less than `limit`, passages follow whose
                words are written alike.
        """
        file = await self._ready()
        return await asyncio.to_thread(_found, file, [words, question], limit, self._of(among))

    async def outline(self, max_characters: int = 3000, among: frozenset[str] | None = None) -> str:
        """Titles and headings, for the router; at most `max_characters` long."""
        file = await self._ready()
        return await asyncio.to_thread(index.outline, file, max_characters, self._of(among))

    async def whole(
        self, max_characters: int, among: frozenset[str] | None = None
    ) -> list[Passage]:
        """Whole documents, in the order of their names, as many as fit into `max_characters`.

        One that is too long for what is left is passed over.
        """
        file = await self._ready()
        return await asyncio.to_thread(index.whole, file, max_characters, self._of(among))

    async def named(self, patterns: Sequence[str]) -> frozenset[str]:
        """The documents whose path inside the folder one of `patterns` matches; `*` spans `/`."""
        await self._ready()
        return frozenset(
            name for name in self._names if any(fnmatch(name, pattern) for pattern in patterns)
        )

    async def names(self) -> frozenset[str]:
        """Every document, by its path inside the folder."""
        await self._ready()
        return self._names

    def _of(self, among: frozenset[str] | None) -> frozenset[str]:
        return self._names if among is None else among

    async def _ready(self) -> Path:
        async with self._indexing:
            if self._index is None:
                self._index = await asyncio.to_thread(self._open)
            return self._index

    def _open(self) -> Path:
        try:
            file = index_files.current_index(self._root, self._cache)
            self._names = frozenset(index.names(file))
            _log_left_out(index.left_out(file))
        except (OSError, sqlite3.Error) as error:
            logger.exception("documents not indexed", extra={"error": type(error).__name__})
            raise Unavailable("The documents cannot be read.", code="no_documents") from error
        return file


def merged(lists: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Lists as one, by reciprocal rank; at equal rank the first list's first."""
    scores: dict[Passage, float] = {}
    for found in lists:
        for rank, passage in enumerate(found):
            scores[passage] = scores.get(passage, 0.0) + 1 / (_RANK + rank)
    return sorted(scores, key=lambda passage: -scores[passage])


def _found(file: Path, texts: Sequence[str], limit: int, among: frozenset[str]) -> list[Passage]:
    lists = [index.search(file, text, limit, among) for text in texts if text.strip()]
    found = merged(lists)[:limit]
    if len(found) < limit:
        found += index.similar(file, " ".join(texts), limit - len(found), among, found)
    return found


def _log_left_out(files: dict[str, str]) -> None:
    if files:
        logger.warning(
            "documents left out",
            extra={"left_out": len(files), "documents": dict([*files.items()][:_MAX_LOGGED])},
        )
