"""What is learned of a database once: its tables, and the values of their columns.

However large the database is, this takes a bounded time: small tables are read whole, of larger
ones rows from all over the table.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from waypost.warehouse.names import folded, quoted
from waypost.warehouse.schema import ColumnSchema, DatabaseSchema, LeftOut, TableSchema, described

MAX_COUNTED_ROWS = 100_000
"""Of tables with more rows it is estimated how many there are."""
MAX_TABLE_CELLS = 600_000
"""A table with more values in its columns of text is not read whole."""
MAX_CELLS = 1_500_000
"""Of all tables that are read whole, the smallest first."""
MAX_VALUE_CHARACTERS = 200
"""Longer texts are not looked for in questions."""
_SAMPLES = 50
_SAMPLE_ROWS = 100
_HAS_TEXT = re.compile("CHAR|TEXT|CLOB|DATE|TIME")
_HIDDEN_COLUMN = 1
"""In `PRAGMA table_xinfo`; 2 and 3 are generated columns."""

KeepValues = Callable[[TableSchema, ColumnSchema, list[str]], None]


@dataclass(frozen=True)
class _SurveyedTable:
    """A table, and how much of it there is to read."""

    table: TableSchema
    is_view: bool = False
    row_count: int | None = None
    """None where it is not known exactly."""
    rowid: str = ""
    """The name of the row's number, where it has one that can be asked for."""
    row_numbers: tuple[int, int] = (0, 0)

    @property
    def texts(self) -> list[ColumnSchema]:
        columns = self.table.columns
        return [c for c in columns if not c.references and _HAS_TEXT.search(c.type.upper())]

    @property
    def cells(self) -> int:
        return (self.row_count or 0) * len(self.texts)


def survey(db: sqlite3.Connection, open_tables: frozenset[str], keep: KeepValues) -> DatabaseSchema:
    """The open tables and views, `*` standing for all, in the order they were created in.

    What SQLite cannot read is left out. Where the connection's time is over, the rest of the
    tables has no values.

    Args:
        open_tables: Their names, folded.
        keep: Is given the different texts of each column.
    """
    sources, left_out = _sources(db, open_tables)
    found: dict[str, TableSchema] = {}
    cells = 0
    for source in sorted(sources, key=lambda one: (one.is_view, one.cells)):
        cells += source.cells
        whole = source.row_count is not None and source.cells <= MAX_TABLE_CELLS
        found[source.table.name] = _with_values(db, source, whole and cells <= MAX_CELLS, keep)
    tables = tuple(found[source.table.name] for source in sources)
    return DatabaseSchema(tables, tuple(left_out))


def _sources(
    db: sqlite3.Connection, open_tables: frozenset[str]
) -> tuple[list[_SurveyedTable], list[LeftOut]]:
    found: list[_SurveyedTable] = []
    left_out: list[LeftOut] = []
    for name, kind in _names(db, open_tables):
        try:
            columns = list(_columns(db, name))
            unreadable = list(_unreadable(db, name, columns))
            known = {one.name for one in unreadable}
            columns = [c for c in columns if f"{name}.{c.name}" not in known]
            found.append(_source(db, TableSchema(name, "", tuple(columns)), kind == "view"))
            left_out += unreadable
        except sqlite3.Error as error:
            left_out.append(LeftOut(name, str(error)))
    return found, left_out


def _names(db: sqlite3.Connection, open_tables: frozenset[str]) -> list[tuple[str, str]]:
    rows = db.execute(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    )
    every = "*" in open_tables
    return [(name, kind) for name, kind in rows if every or folded(name) in open_tables]


def _columns(db: sqlite3.Connection, table: str) -> Iterator[ColumnSchema]:
    references = {
        row[3]: f"{row[2]}({row[4]})" if row[4] else row[2]
        for row in db.execute(f"PRAGMA foreign_key_list({quoted(table)})")
    }
    for _, name, kind, _, _, key, hidden in db.execute(f"PRAGMA table_xinfo({quoted(table)})"):
        if hidden != _HIDDEN_COLUMN:
            yield ColumnSchema(name, kind or "TEXT", bool(key), references.get(name), "")


def _unreadable(
    db: sqlite3.Connection, table: str, columns: list[ColumnSchema]
) -> Iterator[LeftOut]:
    """Columns with a collation that SQLite does not know. Raises sqlite3.Error for all others."""
    source = quoted(table)
    db.execute(f"EXPLAIN SELECT * FROM {source}")  # noqa: S608
    for column in columns:
        try:
            order = quoted(column.name)
            db.execute(f"EXPLAIN SELECT 1 FROM {source} ORDER BY {order}")  # noqa: S608
        except sqlite3.OperationalError as error:
            yield LeftOut(f"{table}.{column.name}", str(error))


def _source(db: sqlite3.Connection, table: TableSchema, is_view: bool) -> _SurveyedTable:
    if is_view:
        return _SurveyedTable(table, is_view=True)
    name = quoted(table.name)
    limited = f"SELECT 1 FROM {name} LIMIT {MAX_COUNTED_ROWS + 1}"  # noqa: S608
    try:
        (rows,) = db.execute(f"SELECT count(*) FROM ({limited})").fetchone()  # noqa: S608
    except sqlite3.Error as error:
        if not _is_interrupted(error):
            raise
        return _SurveyedTable(table)
    if rows <= MAX_COUNTED_ROWS:
        return _SurveyedTable(replace(table, rows=str(rows)), row_count=rows)
    return _large(db, table)


def _large(db: sqlite3.Connection, table: TableSchema) -> _SurveyedTable:
    taken = {folded(column.name) for column in table.columns}
    rowid = next((name for name in ("rowid", "oid", "_rowid_") if name not in taken), "")
    name = quoted(table.name)
    with suppress(sqlite3.OperationalError):
        (low,) = db.execute(f"SELECT min({rowid}) FROM {name}").fetchone()  # noqa: S608
        (high,) = db.execute(f"SELECT max({rowid}) FROM {name}").fetchone()  # noqa: S608
        rows = f"about {high - low + 1}"
        return _SurveyedTable(replace(table, rows=rows), rowid=rowid, row_numbers=(low, high))
    # It has no row numbers.
    return _SurveyedTable(replace(table, rows=f"more than {MAX_COUNTED_ROWS}"))


def _with_values(
    db: sqlite3.Connection, source: _SurveyedTable, whole: bool, keep: KeepValues
) -> TableSchema:
    table = source.table
    found = _Texts(len(source.texts))
    try:
        found.read(db, _select(source, whole))
    except sqlite3.Error:
        # There was no more time, or this row cannot be read: what came before is still true.
        whole = False
    else:
        if source.is_view:
            whole = found.rows < _SAMPLES * _SAMPLE_ROWS
            rows = str(found.rows) if whole else f"more than {found.rows - 1}"
            table = replace(table, rows=rows)
    texts = dict(zip((column.name for column in source.texts), found.texts, strict=True))
    for column in source.texts:
        short = [text for text in texts[column.name] if len(text) <= MAX_VALUE_CHARACTERS]
        keep(table, column, short)
    columns = (
        replace(c, values=described(texts[c.name], whole))
        if c.name in texts and not c.primary_key
        else c
        for c in table.columns
    )
    return replace(table, columns=tuple(columns))


class _Texts:
    """The different texts of columns, collected while rows are read."""

    def __init__(self, columns: int) -> None:
        self.rows = 0
        self._found: list[dict[bytes | int | float | None, None]] = [{} for _ in range(columns)]

    @property
    def texts(self) -> list[list[str]]:
        return [
            [v.decode(errors="replace") if isinstance(v, bytes) else str(v) for v in found]
            for found in self._found
        ]

    def read(self, db: sqlite3.Connection, sql: str) -> None:
        """Decodes each text only once. Raises sqlite3.Error with what came before kept."""
        cursor, decode = db.cursor(), db.text_factory
        db.text_factory = bytes
        try:
            cursor.execute(sql)
            while rows := cursor.fetchmany(1000):
                self.rows += len(rows)
                for found, column in zip(self._found, zip(*rows, strict=True), strict=False):
                    found.update(dict.fromkeys(column))
        finally:
            db.text_factory = decode
            cursor.close()
            for found in self._found:
                found.pop(None, None)


def _select(source: _SurveyedTable, whole: bool) -> str:
    """The texts of all rows, or of some; one character more than counts tells the longer ones."""
    name = quoted(source.table.name)
    columns = ", ".join(_text(column) for column in source.texts) or "0"
    if whole:
        return f"SELECT {columns} FROM {name} AS t"  # noqa: S608
    if not source.rowid:
        return f"SELECT {columns} FROM {name} AS t LIMIT {_SAMPLES * _SAMPLE_ROWS}"  # noqa: S608
    low, high = source.row_numbers
    starts = (low + (high - low) * number // _SAMPLES for number in range(_SAMPLES))
    listed = ", ".join(f"({start})" for start in starts)
    return (
        f"SELECT {columns} FROM (VALUES {listed}) AS s CROSS JOIN {name} AS t "  # noqa: S608
        f"ON t.{source.rowid} BETWEEN s.column1 AND s.column1 + {_SAMPLE_ROWS - 1}"
    )


def _text(column: ColumnSchema) -> str:
    value = f"t.{quoted(column.name)}"
    return (
        f"CASE typeof({value}) WHEN 'blob' THEN NULL "
        f"ELSE substr({value}, 1, {MAX_VALUE_CHARACTERS + 1}) END"
    )


def _is_interrupted(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
