"""What was learned of a database, in a file beside which the next process need not look again."""

import hashlib
import json
import os
import re
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from waypost.warehouse import query, values
from waypost.warehouse.query import QueryError
from waypost.warehouse.schema import ColumnSchema, DatabaseSchema, LeftOut, TableSchema
from waypost.warehouse.survey import survey

_LAYOUT = 1
"""Counted up when what is learned changes."""
_MAX_SECONDS = 8.0
_MAX_KEPT_CHARACTERS = 20_000_000
_TEXT = re.compile("CHAR|TEXT|CLOB")
_TABLES = """
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
CREATE TABLE schema (json TEXT);
CREATE TABLE column (id INTEGER PRIMARY KEY, name TEXT, position INTEGER);
CREATE TABLE value (column_id INTEGER, text TEXT);
"""


@dataclass(frozen=True)
class LearnedDatabase:
    """The schema of a database as `fingerprint` tells it apart, and the file with its values."""

    fingerprint: str
    schema: DatabaseSchema
    file: Path

    def mentioned(self, question: str) -> list[str]:
        """Raises QueryError where the file is gone."""
        with _reading(self.file) as db:
            return values.mentioned(db, question)


def fingerprint(path: Path) -> str:
    """Differs where the database was changed: by its sizes and times, without reading it.

    Raises:
        QueryError: `no_database`
    """
    found = [f"{_LAYOUT} {path.resolve()}"]
    for file in (path, path.with_name(f"{path.name}-wal")):
        try:
            status = file.stat()
        except OSError as error:
            if file == path:
                raise QueryError("no_database", "The database cannot be read.") from error
        else:
            # Whoever reads such a database leaves an empty log behind.
            if status.st_size:
                found.append(f"{status.st_size} {status.st_mtime_ns} {status.st_ino}")
    return " ".join(found)


def learned(path: Path, open_tables: frozenset[str], folder: Path) -> LearnedDatabase:
    """Reads the file that an earlier process has left in `folder`, or the database.

    Raises:
        QueryError: `no_database` where the file cannot be read as one.
    """
    mark = fingerprint(path)
    file = _file(path, open_tables, mark, folder)
    with suppress(QueryError):
        return LearnedDatabase(mark, _read(file), file)
    for outdated in folder.glob(f"{_prefix(path, open_tables)}-*.sqlite"):
        with suppress(OSError):
            outdated.unlink()
    try:
        _write(path, open_tables, file)
    except (sqlite3.Error, OSError) as error:
        raise QueryError("no_database", "The database cannot be read.") from error
    return LearnedDatabase(mark, _read(file), file)


def _file(path: Path, open_tables: frozenset[str], mark: str, folder: Path) -> Path:
    digest = hashlib.sha256(mark.encode()).hexdigest()[:16]
    return folder / f"{_prefix(path, open_tables)}-{digest}.sqlite"


def _prefix(path: Path, open_tables: frozenset[str]) -> str:
    named = "\0".join((str(path.resolve()), *sorted(open_tables)))
    return f"waypost-tables-{hashlib.sha256(named.encode()).hexdigest()[:16]}"


def _write(path: Path, open_tables: frozenset[str], file: Path) -> None:
    # Two processes may do so at once: each writes its own file and the last rename wins.
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".sqlite")
    os.close(handle)
    fresh = Path(name)
    try:
        with (
            query.open_database(path, _MAX_SECONDS) as db,
            closing(sqlite3.connect(fresh, isolation_level=None)) as store,
        ):
            store.executescript(_TABLES)
            store.execute("BEGIN")
            kept = _KeptValues(store)
            kept.finish(survey(db, open_tables, kept.add))
            store.execute("COMMIT")
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


class _KeptValues:
    """Writes values while a database is surveyed, and its schema in the end."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store
        self._ids: dict[tuple[str, str], int] = {}
        self._room = _MAX_KEPT_CHARACTERS

    def add(self, table: TableSchema, column: ColumnSchema, texts: list[str]) -> None:
        self._room -= sum(map(len, texts))
        if self._room > 0 and _TEXT.search(column.type.upper()):
            number = self._ids[table.name, column.name] = len(self._ids)
            rows = ((number, text) for text in texts)
            self._store.executemany("INSERT INTO value VALUES (?, ?)", rows)

    def finish(self, schema: DatabaseSchema) -> None:
        columns = ((t.name, c.name) for t in schema.tables for c in t.columns)
        rows = (
            (self._ids[column], ".".join(column), position)
            for position, column in enumerate(columns)
            if column in self._ids
        )
        self._store.executemany("INSERT INTO column VALUES (?, ?, ?)", rows)
        self._store.execute("CREATE INDEX value_text ON value (text COLLATE NOCASE)")
        self._store.execute("INSERT INTO schema VALUES (?)", [json.dumps(asdict(schema))])


def _read(file: Path) -> DatabaseSchema:
    with _reading(file) as db:
        (text,) = db.execute("SELECT json FROM schema").fetchone()
    found = json.loads(text)
    return DatabaseSchema(
        tuple(map(_table, found["tables"])), tuple(LeftOut(**one) for one in found["left_out"])
    )


def _table(fields: dict[str, Any]) -> TableSchema:
    return TableSchema(**{**fields, "columns": tuple(ColumnSchema(**c) for c in fields["columns"])})


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    """Raises QueryError where there is no such file of ours: others write in the folder, too."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            raise FileNotFoundError(file)
        with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as db:
            yield db
    except (OSError, sqlite3.Error) as error:
        raise QueryError("no_database", "The database cannot be read.") from error
