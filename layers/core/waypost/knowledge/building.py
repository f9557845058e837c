"""Builds the index of a folder: an SQLite file of passages and of the words in them."""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from waypost.knowledge import documents
from waypost.knowledge.decoding import decoded
from waypost.knowledge.documents import DocumentFile
from waypost.knowledge.index import LAYOUT
from waypost.knowledge.passage import Passage
from waypost.knowledge.passages import passages
from waypost.knowledge.terms import indexed

_SCHEMA = f"""
PRAGMA user_version = {LAYOUT};
CREATE TABLE document (name, size, hash, encoding, left_out);
CREATE TABLE passage (id, document, title, heading, text);
CREATE VIRTUAL TABLE word USING fts5(
    title, heading, text, content = '',
    tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
CREATE VIRTUAL TABLE three USING fts5(text, content = '', tokenize = 'trigram');
"""
_BINARY = "it is no text in a known encoding"


@dataclass(frozen=True)
class IndexedFile:
    """A document as it was indexed, or why it was not."""

    file: DocumentFile
    hash: str = ""
    encoding: str = ""
    passages: tuple[Passage, ...] = ()


def build(root: Path, files: Iterable[DocumentFile], index: Path) -> None:
    """Reads the files and writes their index.

    Raises:
        OSError, sqlite3.Error: It cannot be written.
    """
    write(indexed_files(root, files), index)


def write(found: Iterable[IndexedFile], index: Path) -> None:
    """Writes the index in one step, so that nobody opens half of one.

    Raises:
        OSError, sqlite3.Error: It cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=index.parent, suffix=".sqlite")
    os.close(handle)
    fresh = Path(name)
    try:
        with closing(sqlite3.connect(fresh)) as db, db:
            db.executescript(_SCHEMA)
            for file in found:
                _add(db, file)
        fresh.chmod(0o644)
        fresh.replace(index)
    finally:
        fresh.unlink(missing_ok=True)


def indexed_files(root: Path, files: Iterable[DocumentFile]) -> Iterator[IndexedFile]:
    """Each file with its passages, read one after the other."""
    return (
        IndexedFile(file) if file.left_out else _indexed(file, documents.read(root, file))
        for file in files
    )


def _indexed(file: DocumentFile, data: bytes | DocumentFile) -> IndexedFile:
    if isinstance(data, DocumentFile):
        return IndexedFile(data)
    found = decoded(data)
    if found is None:
        return IndexedFile(replace(file, left_out=_BINARY), documents.content_hash(data))
    # One document that the parsers stumble over must not cost the answers from all others.
    try:
        cut = tuple(passages(file.name, found.text))
    except Exception as error:
        reason = f"it cannot be cut into passages: {type(error).__name__}"
        return IndexedFile(replace(file, left_out=reason), documents.content_hash(data))
    return IndexedFile(file, documents.content_hash(data), found.encoding, cut)


def _add(db: sqlite3.Connection, found: IndexedFile) -> None:
    file = found.file
    db.execute(
        "INSERT INTO document VALUES (?, ?, ?, ?, ?)",
        (file.name, file.size, found.hash, found.encoding, file.left_out),
    )
    for passage in found.passages:
        fields = (passage.title, passage.heading, passage.text)
        row = db.execute(
            "INSERT INTO passage VALUES (?, ?, ?, ?, ?)", (passage.id, passage.document, *fields)
        ).lastrowid
        words = [indexed(field) for field in fields]
        db.execute(
            "INSERT INTO word (rowid, title, heading, text) VALUES (?, ?, ?, ?)", (row, *words)
        )
        db.execute("INSERT INTO three (rowid, text) VALUES (?, ?)", (row, "\n".join(words)))
