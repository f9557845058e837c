"""One SELECT over open tables, run behind SQLite's own walls.

The text is written by a model, so nothing about it is trusted: the file is opened read-only, an
authorizer (https://sqlite.org/c3ref/set_authorizer.html) sees every table, column and function
that the statement touches before it runs, and limits stop what is too long, too deep or too slow.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import W_OK, access
from pathlib import Path
from typing import Any

MAX_SQL_CHARACTERS = 10_000
MAX_VALUE_BYTES = 1_000_000
MAX_RESULT_CHARACTERS = 80_000
"""Characters of a result's rows; the rest is cut off."""

_FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        "abs avg ceil ceiling coalesce concat concat_ws count cume_dist date datetime "
        "dense_rank exp first_value floor format glob group_concat hex ifnull iif instr julianday "
        "lag last_value lead length like ln log log10 log2 lower ltrim max min mod nth_value ntile "
        "nullif percent_rank pow power printf quote rank replace round row_number rtrim sign sqrt "
        "strftime string_agg substr substring sum time timediff total trim trunc typeof unicode "
        "unixepoch upper",
    )
)
_START = re.compile(r"\s*(select|with|values)\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?(\*/|$)", re.DOTALL)
_SQLITE_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MAX_SQL_CHARACTERS,
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


@dataclass(frozen=True)
class QueryResult:
    """Rows as they came, at most as many as the limits allow; `truncated` where there were more."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


@dataclass(frozen=True)
class QueryLimits:
    """What one query may return and take."""

    rows: int
    seconds: float


def run(path: Path, tables: frozenset[str], sql: str, limits: QueryLimits) -> QueryResult:
    """The rows of `sql`.

    Args:
        tables: Names of the open tables and views, lower-case.

    Raises:
        QueryError: `not_a_select`, `table_refused`, `function_refused`, `too_slow`, `too_large`,
            or `sql_error` with SQLite's own words.
    """
    _check(sql)
    refusals: list[QueryError] = []
    with open_database(path, limits.seconds) as db:
        for limit, value in _SQLITE_LIMITS.items():
            db.setlimit(limit, value)
        db.set_authorizer(_authorizer(tables, _existing(db), refusals))
        try:
            with closing(db.execute(sql)) as cursor:
                return _result(cursor, limits.rows)
        except sqlite3.Error as error:
            raise refusals[0] if refusals else _explained(error, limits) from None


@contextmanager
def open_database(path: Path, seconds: float) -> Iterator[sqlite3.Connection]:
    """A read-only connection on which everything together may take `seconds`."""
    # A database that nobody can write next to (a Lambda layer) has no place for lock files.
    immutable = "" if access(path.parent, W_OK) else "&immutable=1"
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{immutable}", uri=True)
    try:
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA trusted_schema = OFF")
        until = time.monotonic() + seconds
        db.set_progress_handler(lambda: time.monotonic() > until, 10_000)
        yield db
    finally:
        db.close()


def _check(sql: str) -> None:
    if len(sql) > MAX_SQL_CHARACTERS:
        raise QueryError("too_large", f"A query may have {MAX_SQL_CHARACTERS} characters at most.")
    bare = _COMMENT.sub(" ", sql)
    if not _START.match(bare) or "\0" in sql:
        raise QueryError("not_a_select", "Only a single SELECT is allowed.")


def _existing(db: sqlite3.Connection) -> frozenset[str]:
    rows = db.execute("SELECT lower(name) FROM sqlite_master WHERE type IN ('table', 'view')")
    return frozenset(name for (name,) in rows)


def _authorizer(
    tables: frozenset[str], existing: frozenset[str], refusals: list[QueryError]
) -> Any:
    def authorize(
        action: int, first: str | None, second: str | None, _schema: str | None, _view: str | None
    ) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            name = (first or "").lower()
            # A view is open with the tables that it reads: SQLite tells views and WITH tables
            # apart by name alone, and a query may give any name to a WITH table.
            if name in tables:
                return sqlite3.SQLITE_OK
            # `count(*)` over a WITH table reads its name and no column.
            if not second and name not in existing and not name.startswith(("sqlite_", "pragma_")):
                return sqlite3.SQLITE_OK
            refusals.append(QueryError("table_refused", f"The table {first} is not open."))
        elif action == sqlite3.SQLITE_FUNCTION:
            if (second or "").lower() in _FUNCTIONS:
                return sqlite3.SQLITE_OK
            refusals.append(
                QueryError("function_refused", f"The function {second} is not allowed.")
            )
        else:
            refusals.append(QueryError("not_a_select", "Only a single SELECT is allowed."))
        return sqlite3.SQLITE_DENY

    return authorize


def _result(cursor: sqlite3.Cursor, max_rows: int) -> QueryResult:
    rows: list[list[Any]] = []
    size = 0
    for row in cursor:
        values = [_shown(value) for value in row]
        size += sum(len(str(value)) for value in values)
        if len(rows) == max_rows or size > MAX_RESULT_CHARACTERS:
            return QueryResult(_columns(cursor), rows, truncated=True)
        rows.append(values)
    return QueryResult(_columns(cursor), rows, truncated=False)


def _columns(cursor: sqlite3.Cursor) -> list[str]:
    return [column[0] for column in cursor.description or []]


def _shown(value: Any) -> Any:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else value


def _explained(error: sqlite3.Error, limits: QueryLimits) -> QueryError:
    text = str(error)
    if "interrupted" in text:
        return QueryError("too_slow", f"The query took longer than {limits.seconds:g} seconds.")
    if isinstance(error, sqlite3.ProgrammingError) and "one statement" in text:
        return QueryError("not_a_select", "Only a single SELECT is allowed.")
    if isinstance(error, sqlite3.DataError) or "too big" in text:
        return QueryError("too_large", "A value in the query is too large.")
    return QueryError("sql_error", f"SQLite says: {text}")
