"""A folder of documents behind a full-text index."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from waypost.knowledge import index
from waypost.knowledge.passages import Passage, passages

SUFFIXES = frozenset({".md", ".markdown", ".txt"})
_LAYOUT = 1
_RANK = 60
"""https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf"""


class Folder:
    """The documents of one folder, indexed into a file on first use.

    Every tenant may read them: what belongs to one tenant must not be here. `among` limits a
    method to some documents; None stands for all.
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
                merged by reciprocal rank.
        """
        file = await self._ready()
        lists = await asyncio.to_thread(
            lambda: [
                index.search(file, text, limit, self._of(among))
                for text in (words, question)
                if text.strip()
            ]
        )
        return merged(lists)[:limit]

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
                file = await asyncio.to_thread(_indexed, self._root, self._cache)
                self._names = frozenset(await asyncio.to_thread(index.names, file))
                self._index = file
            return self._index


def merged(lists: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Lists as one, by reciprocal rank; at equal rank the first list's first."""
    scores: dict[Passage, float] = {}
    for found in lists:
        for rank, passage in enumerate(found):
            scores[passage] = scores.get(passage, 0.0) + 1 / (_RANK + rank)
    return sorted(scores, key=lambda passage: -scores[passage])


def _documents(root: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")
    )


def _indexed(root: Path, cache: Path) -> Path:
    """The index of the folder as it is now, built if it does not exist yet."""
    fingerprint = hashlib.sha256(f"{_LAYOUT}".encode())
    for path in _documents(root):
        stat = path.stat()
        fingerprint.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    file = cache / f"waypost-{fingerprint.hexdigest()[:24]}.sqlite"
    if not file.exists():
        # Two processes may build it at once: each writes its own file and the last rename wins.
        handle, fresh = tempfile.mkstemp(dir=cache, suffix=".sqlite")
        os.close(handle)
        index.build(_passages(root), Path(fresh))
        Path(fresh).replace(file)
    return file


def _passages(root: Path) -> Iterator[Passage]:
    for path in _documents(root):
        name = path.relative_to(root).as_posix()
        yield from passages(name, path.read_text(encoding="utf-8", errors="replace"))
