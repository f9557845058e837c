"""What is learned of a database once: its tables, and the values of their columns.

However large the database is, this takes a bounded time: small tables are read whole, of larger
ones rows from all over the table.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from waypost.warehouse.names import folded, quoted
from waypost.warehouse.sampling import (
    MAX_SAMPLED_ROWS,
    MAX_VALUE_CHARACTERS,
    ColumnTexts,
    SurveyedTable,
    estimated_rows,
    texts_query,
)
from waypost.warehouse.schema import ColumnSchema, DatabaseSchema, LeftOut, TableSchema, described

MAX_COUNTED_ROWS = 100_000
"""Of tables with more rows it is estimated how many there are."""
MAX_TABLE_CELLS = 600_000
"""A table with more values in its columns of text is not read whole."""
MAX_CELLS = 1_500_000
"""Of all tables that are read whole, the smallest first."""
_HIDDEN_COLUMN = 1
"""In `PRAGMA table_xinfo`; 2 and 3 are generated columns."""

KeepValues = Callable[[TableSchema, ColumnSchema, list[str]], None]


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
) -> tuple[list[SurveyedTable], list[LeftOut]]:
    found: list[SurveyedTable] = []
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


def _source(db: sqlite3.Connection, table: TableSchema, is_view: bool) -> SurveyedTable:
    if is_view:
        return SurveyedTable(table, is_view=True)
    name = quoted(table.name)
    limited = f"SELECT 1 FROM {name} LIMIT {MAX_COUNTED_ROWS + 1}"  # noqa: S608
    try:
        (rows,) = db.execute(f"SELECT count(*) FROM ({limited})").fetchone()  # noqa: S608
    except sqlite3.Error as error:
        if not _is_interrupted(error):
            raise
        return SurveyedTable(table)
    if rows <= MAX_COUNTED_ROWS:
        return SurveyedTable(replace(table, rows=str(rows)), row_count=rows)
    return _large(db, table)


def _large(db: sqlite3.Connection, table: TableSchema) -> SurveyedTable:
    taken = {folded(column.name) for column in table.columns}
    rowid = next((name for name in ("rowid", "oid", "_rowid_") if name not in taken), "")
    name = quoted(table.name)
    with suppress(sqlite3.OperationalError):
        (low,) = db.execute(f"SELECT min({rowid}) FROM {name}").fetchone()  # noqa: S608
        (high,) = db.execute(f"SELECT max({rowid}) FROM {name}").fetchone()  # noqa: S608
        if isinstance(low, int) and isinstance(high, int):
            large = SurveyedTable(table, rowid=rowid, row_numbers=(low, high))
            return replace(large, table=replace(table, rows=f"about {estimated_rows(db, large)}"))
    # It has no row numbers, or there is no more time.
    return SurveyedTable(replace(table, rows=f"more than {MAX_COUNTED_ROWS}"))


def _with_values(
    db: sqlite3.Connection, source: SurveyedTable, whole: bool, keep: KeepValues
) -> TableSchema:
    table = source.table
    found = ColumnTexts(len(source.texts))
    try:
        found.read(db, texts_query(source, whole=whole))
    except sqlite3.Error:
        # There was no more time, or this row cannot be read: what came before is still true.
        whole = False
    else:
        if source.is_view:
            whole = found.rows < MAX_SAMPLED_ROWS
            rows = str(found.rows) if whole else f"more than {found.rows - 1}"
            table = replace(table, rows=rows)
    texts = dict(zip((column.name for column in source.texts), found.decoded(), strict=True))
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


def _is_interrupted(error: sqlite3.Error) -> bool:
    return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
