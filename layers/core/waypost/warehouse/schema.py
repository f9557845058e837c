"""A database as it is described to a model: tables, keys, and the values of columns."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LISTED_VALUES = 30
"""A text column with at most this many different values has them all listed."""
MAX_LISTED_CHARACTERS = 40
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class ColumnSchema:
    name: str
    type: str
    primary_key: bool
    references: str | None
    """`Table(column)` where it is a foreign key."""
    values: str
    """Its values, described for a model; empty for keys and plain numbers."""


@dataclass(frozen=True)
class TableSchema:
    name: str
    rows: int
    columns: tuple[ColumnSchema, ...]


def tables(db: sqlite3.Connection, open_tables: frozenset[str]) -> tuple[TableSchema, ...]:
    """The open tables and views, `*` standing for all, in the order they were created in."""
    names = [
        name
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
        )
        if "*" in open_tables or name.lower() in open_tables
    ]
    return tuple(_table(db, name) for name in names)


def create_statements(found: tuple[TableSchema, ...], max_characters: int = 40_000) -> str:
    """CREATE TABLE statements with comments; without the values where that would be too long."""
    full = "\n".join(_create(table, with_values=True) for table in found)
    if len(full) <= max_characters:
        return full
    return "\n".join(_create(table, with_values=False) for table in found)[:max_characters]


def summary(found: tuple[TableSchema, ...], max_characters: int = 3000) -> str:
    """Table and column names, for the router."""
    share = max(max_characters // max(len(found), 1), 40)
    lines = (f"{t.name}: {', '.join(c.name for c in t.columns)}"[:share] for t in found)
    return "\n".join(lines)[:max_characters]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(db: sqlite3.Connection, name: str) -> TableSchema:
    references = {
        row[3]: f"{row[2]}({row[4]})" if row[4] else row[2]
        for row in db.execute(f"PRAGMA foreign_key_list({quoted(name)})")
    }
    (rows,) = db.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()  # noqa: S608
    columns = tuple(
        ColumnSchema(
            name=row[1],
            type=row[2] or "TEXT",
            primary_key=bool(row[5]),
            references=references.get(row[1]),
            values=""
            if row[5] or row[1] in references
            else _values(db, name, row[1], row[2] or "TEXT"),
        )
        for row in db.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
        if not row[6]
    )
    return TableSchema(name, rows, columns)


def _values(db: sqlite3.Connection, table: str, column: str, kind: str) -> str:
    source = f"FROM {quoted(table)} WHERE {quoted(column)} IS NOT NULL"
    if not re.search("CHAR|TEXT|CLOB|DATE|TIME", kind.upper()):
        return ""
    low, high = db.execute(
        f"SELECT min({quoted(column)}), max({quoted(column)}) {source}"
    ).fetchone()
    if low is None:
        return "always empty"
    if _DATE.match(str(low)) and _DATE.match(str(high)):
        return f"{low} … {high}"
    found = [
        str(value)
        for (value,) in db.execute(
            f"SELECT DISTINCT {quoted(column)} {source} LIMIT {MAX_LISTED_VALUES + 1}"
        )
    ]
    short = [value for value in found if len(value) <= MAX_LISTED_CHARACTERS]
    if len(found) <= MAX_LISTED_VALUES and len(short) == len(found):
        return f"{len(found)} distinct: {_listed(sorted(found))}"
    return f"such as {_listed(short[:2])}" if short else "long text"


def _listed(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''").replace("\n", " ") + "'" for value in values)


def _create(table: TableSchema, *, with_values: bool) -> str:
    lines = list(_columns(table, with_values=with_values))
    return (
        f"CREATE TABLE {_name(table.name)} (\n" + "\n".join(lines) + f"\n);  -- {table.rows} rows"
    )


def _columns(table: TableSchema, *, with_values: bool) -> Iterator[str]:
    for number, column in enumerate(table.columns, 1):
        parts = [f"  {_name(column.name)} {column.type}"]
        if column.primary_key:
            parts.append("PRIMARY KEY")
        if column.references:
            parts.append(f"REFERENCES {column.references}")
        line = " ".join(parts) + ("," if number < len(table.columns) else "")
        yield f"{line} -- {column.values}" if with_values and column.values else line


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else quoted(name)
