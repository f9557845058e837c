"""Builds the index of a folder of documents, and prints what is in it and what is not."""

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from waypost.knowledge import building, documents, index_files
from waypost.knowledge.building import IndexedFile
from waypost.knowledge.documents import DocumentFile

_UTF8 = frozenset({"", "utf-8", "utf-8-sig"})


def run(folder: Path) -> int:
    """Prints the report; a progress bar before it on a terminal. The stack then finds the index.

    Raises:
        OSError, sqlite3.Error: The index cannot be written.
    """
    started = time.monotonic()
    cache = Path(tempfile.gettempdir())
    found = list(_with_progress(folder, documents.listed(folder)))
    hashes = {one.file.name: one.hash for one in found}
    building.write(found, index_files.cached_index(cache, hashes))
    for line in report(found, time.monotonic() - started):
        sys.stdout.write(f"{line}\n")
    return 0


def report(found: Sequence[IndexedFile], seconds: float) -> Iterator[str]:
    """The lines: totals, then a line for each file that is left out or not in UTF-8."""
    indexed = [one for one in found if not one.file.left_out]
    texts = [len(passage.text) for one in indexed for passage in one.passages]
    yield f"{'Files':<14}{len(indexed):>14,}"
    yield f"{'Passages':<14}{len(texts):>14,}"
    yield f"{'Characters':<14}{sum(texts):>14,}"
    yield f"{'Seconds':<14}{seconds:>14.2f}"
    yield from _listed(
        "Left out", ((one.file.name, one.file.left_out) for one in found if one.file.left_out)
    )
    yield from _listed("Without text", ((one.file.name, "") for one in indexed if not one.passages))
    yield from _listed(
        "Not in UTF-8",
        ((one.file.name, one.encoding) for one in indexed if one.encoding not in _UTF8),
    )


def _with_progress(folder: Path, files: Sequence[DocumentFile]) -> Iterable[IndexedFile]:
    console = Console(stderr=True)
    return track(
        building.indexed_files(folder, files),
        description="Indexing",
        total=len(files),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _listed(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    lines = [f"  {name}{f': {note}' if note else ''}" for name, note in rows]
    if lines:
        yield f"{title} ({len(lines):,})"
        yield from lines
