"""One SELECT over open tables, run behind SQLite's own walls.

The text is written by a model, so nothing about it is trusted: the file is opened read-only, an
authorizer (https://sqlite.org/c3ref/set_authorizer.html) sees every table, column and function
that the statement touches before it runs, and limits stop what is too long, too deep or too slow.
What a single step of SQLite may take, only a process can bound: see `query_process`, which imports
this module and must start fast.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from os import W_OK, access
from typing import TYPE_CHECKING, Any, NamedTuple

from waypost.warehouse.authorizer import TABLE_FUNCTIONS, authorizer
from waypost.warehouse.names import folded

if TYPE_CHECKING:
    from pathlib import Path

MAX_SQL_CHARACTERS = 10_000
MAX_COLUMNS = 200
MAX_STORED_BYTES = 16_000_000
"""A value of the database that is longer cannot be read; nor can a query make one."""
MAX_VALUE_CHARACTERS = 40_000
"""A longer text is cut off."""
MAX_RESULT_CHARACTERS = 80_000
"""Characters of a result's rows; the rest is cut off."""

_START = re.compile(r"\s*(select|with|values)\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?(\*/|$)", re.DOTALL)
_SQLITE_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_STORED_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MAX_SQL_CHARACTERS * 4,
    sqlite3.SQLITE_LIMIT_COLUMN: MAX_COLUMNS,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 20,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class QueryError(Exception):
    """A query was refused or failed. `code` is stable, the text is fit for model and user."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class QueryResult(NamedTuple):
    """Rows as they came, at most as many as the limits allow.

    `truncated` where there were more, or where a long value was cut or replaced by its size.
    """

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


class QueryLimits(NamedTuple):
    """What one query may return and take."""

    rows: int
    seconds: float


Refusal = Callable[[], QueryError | None]
"""Asked again and again while a query runs: why it has to stop, if it has."""


def run(
    source: str,
    tables: frozenset[str],
    sql: str,
    limits: QueryLimits,
    refusal: Refusal = lambda: None,
) -> QueryResult:
    """The rows of `sql`.

    Args:
        source: The database, as `uri` names it.
        tables: Names of the open tables and views, folded.

    Raises:
        QueryError: `not_a_select`, `table_refused`, `function_refused`, `too_slow`, `too_large`,
            `no_database`, or `sql_error` with SQLite's own words.
    """
    sql = sql.encode(errors="replace").decode()
    _check(sql)
    refusals: list[QueryError] = []

    def refuse(code: str, message: str) -> None:
        refusals.append(QueryError(code, message))

    with _opened(source, _stops(limits.seconds, refusal, refusals)) as db:
        db.set_authorizer(authorizer(tables, _prepared(db, sql), refuse))
        try:
            with closing(db.execute(sql)) as cursor:
                return _result(cursor, limits.rows)
        except (sqlite3.Error, MemoryError) as error:
            raise refusals[0] if refusals else _explained(error) from None


def uri(path: "Path") -> str:
    """The name by which SQLite opens a file read-only."""
    # A database that nobody can write next to (a Lambda layer) has no place for lock files.
    immutable = "" if access(path.parent, W_OK) else "&immutable=1"
    return f"{path.resolve().as_uri()}?mode=ro{immutable}"


@contextmanager
def open_database(path: "Path", seconds: float) -> Iterator[sqlite3.Connection]:
    """A read-only connection on which everything together may take `seconds`."""
    until = time.monotonic() + seconds
    with _connected(uri(path), lambda: time.monotonic() > until) as db:
        yield db


@contextmanager
def _opened(source: str, stops: Callable[[], bool]) -> Iterator[sqlite3.Connection]:
    try:
        with _connected(source, stops) as db:
            yield db
    except sqlite3.Error as error:
        raise QueryError("no_database", "The database cannot be read.") from error


@contextmanager
def _connected(source: str, stops: Callable[[], bool]) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(source, uri=True, isolation_level=None)
    try:
        # Databases hold texts that are no UTF-8.
        db.text_factory = lambda text: text.decode(errors="replace")
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA trusted_schema = OFF")
        db.set_progress_handler(stops, 10_000)
        yield db
    finally:
        db.close()


def _stops(seconds: float, refusal: Refusal, refusals: list[QueryError]) -> Callable[[], bool]:
    until = time.monotonic() + seconds

    def stops() -> bool:
        if time.monotonic() > until:
            refusals.append(too_slow(seconds))
        elif error := refusal():
            refusals.append(error)
        return bool(refusals)

    return stops


def too_slow(seconds: float) -> QueryError:
    return QueryError("too_slow", f"The query took longer than {seconds:g} seconds.")


def _check(sql: str) -> None:
    if len(sql) > MAX_SQL_CHARACTERS:
        raise QueryError("too_large", f"A query may have {MAX_SQL_CHARACTERS} characters at most.")
    bare = _COMMENT.sub(" ", sql)
    if not _START.match(bare) or "\0" in sql:
        raise QueryError("not_a_select", "Only a single SELECT is allowed.")


def _prepared(db: sqlite3.Connection, sql: str) -> frozenset[str]:
    """The folded names of what exists, which stays as it is for the life of the connection."""
    db.execute("BEGIN")
    rows = db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    existing = frozenset(folded(name) for (name,) in rows)
    if any(name in folded(sql) for name in TABLE_FUNCTIONS - existing):
        # SQLite makes them when they are first read, with steps that look like writing.
        db.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')")
    for limit, value in _SQLITE_LIMITS.items():
        db.setlimit(limit, value)
    return existing


def _result(cursor: sqlite3.Cursor, max_rows: int) -> QueryResult:
    columns = [column[0] for column in cursor.description or []]
    rows: list[list[Any]] = []
    size, cut = 0, False
    for row in cursor:
        if len(rows) == max_rows:
            return QueryResult(columns, rows, truncated=True)
        values = _shown(row, MAX_VALUE_CHARACTERS)
        row_size = _size(values)
        if row_size > MAX_RESULT_CHARACTERS:
            values = _shown(row, MAX_RESULT_CHARACTERS // len(row))
            row_size = _size(values)
        size += row_size
        if size > MAX_RESULT_CHARACTERS and rows:
            return QueryResult(columns, rows, truncated=True)
        cut = cut or (values != list(row) and any(map(_is_cut, row, values)))
        rows.append(values)
    return QueryResult(columns, rows, truncated=cut)


def _shown(row: tuple[Any, ...], max_characters: int) -> list[Any]:
    return [_shown_value(value, max_characters) for value in row]


def _shown_value(value: Any, max_characters: int) -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str) and len(value) > max_characters:
        return value[: max_characters - 1] + "…"
    return value


def _is_cut(value: Any, shown: Any) -> bool:
    """Small BLOBs, which are never shown, do not make a result incomplete."""
    if isinstance(value, bytes):
        return len(value) > MAX_VALUE_CHARACTERS
    return isinstance(value, str) and len(value) > len(shown)


def _size(values: list[Any]) -> int:
    return sum(len(str(value)) for value in values)


def _explained(error: sqlite3.Error | MemoryError) -> QueryError:
    text = str(error)
    if isinstance(error, MemoryError):
        return QueryError("too_large", "The query needs too much memory.")
    if isinstance(error, sqlite3.ProgrammingError) and "one statement" in text:
        return QueryError("not_a_select", "Only a single SELECT is allowed.")
    if "too many columns" in text:
        return QueryError("too_large", f"A SELECT may have {MAX_COLUMNS} columns at most.")
    if isinstance(error, sqlite3.DataError) or "too big" in text:
        return QueryError("too_large", "A value in the query is too large.")
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_IOERR_WRITE", "SQLITE_FULL", "SQLITE_CANTOPEN")):
        return QueryError("too_large", "The query needs too much temporary space.")
    return QueryError("sql_error", f"SQLite says: {text}")
