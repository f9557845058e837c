"""A database as it is described to a model: tables, keys, and the values of columns."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from waypost.warehouse.names import quoted

MAX_LISTED_VALUES = 30
"""A text column with at most this many different values has them all listed."""
MAX_LISTED_CHARACTERS = 40
MAX_LISTED_COLUMNS = 400
MAX_LEFT_OUT = 20
MAX_SUMMARY_CHARACTERS = 3000
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
    rows: str
    """How many: `3`, `about 4800000`, or empty where it is not known."""
    columns: tuple[ColumnSchema, ...]


@dataclass(frozen=True)
class LeftOut:
    """A table, view or `Table.Column` that SQLite cannot read, and SQLite's reason."""

    name: str
    reason: str

    def __str__(self) -> str:
        return " ".join(f"{self.name}: {self.reason}".split())[:200]


@dataclass(frozen=True)
class DatabaseSchema:
    tables: tuple[TableSchema, ...]
    left_out: tuple[LeftOut, ...]


def described(values: list[str], whole: bool) -> str:
    """A column's different values for a model; `whole` where there are no others."""
    if not values:
        return "always empty" if whole else ""
    low, high = min(values), max(values)
    if _DATE.match(low) and _DATE.match(high):
        return f"{low} … {high}" if whole else f"{low} … {high} or so"
    short = [value for value in values if len(value) <= MAX_LISTED_CHARACTERS]
    if whole and len(values) <= MAX_LISTED_VALUES and len(short) == len(values):
        return f"{len(values)} distinct: {_listed(sorted(values))}"
    return f"such as {_listed(short[:2])}" if short else "long text"


def create_statements(
    schema: DatabaseSchema, relevance: Mapping[str, int], max_characters: int = 40_000
) -> str:
    """CREATE TABLE statements with comments.

    Where that would be too long, the tables with the highest `relevance` are whole. The others are
    without their values, and where that is too long still, named only.
    """
    notes = [f"-- left out: {one}" for one in _first(schema.left_out, MAX_LEFT_OUT)]
    room = max_characters - sum(len(note) + 1 for note in notes)
    found = _chosen(schema.tables, relevance, room)
    named = [_name(table.name) for table in schema.tables if table.name not in found]
    if named:
        notes.insert(0, f"-- tables without their columns: {_as_many(named, room // 5)}")
    return "\n".join([*found.values(), *notes])


def summary(tables: tuple[TableSchema, ...], max_characters: int = MAX_SUMMARY_CHARACTERS) -> str:
    """Table and column names, for the router: as many as fit, and how many more there are."""
    share = max_characters // max(len(tables), 1)
    for room in (max_characters, share):
        text = "\n".join(table_line(table, room) for table in tables)
        if len(text) <= max_characters:
            return text
    return _as_many([table.name for table in tables], max_characters)


def is_summary_complete(tables: tuple[TableSchema, ...]) -> bool:
    lines = [table_line(table, MAX_SUMMARY_CHARACTERS) for table in tables]
    return sum(map(len, lines)) + len(lines) - 1 <= MAX_SUMMARY_CHARACTERS


def table_line(table: TableSchema, max_characters: int = 1000) -> str:
    names = [column.name for column in table.columns]
    return f"{table.name}: {_as_many(names, max_characters - len(table.name) - 3)}"


def _chosen(
    tables: tuple[TableSchema, ...], relevance: Mapping[str, int], max_characters: int
) -> dict[str, str]:
    """The statements that fit, by the tables' names, in the order of `tables`."""
    whole = {table.name: _create(table, with_values=True) for table in tables}
    if sum(map(len, whole.values())) + len(whole) <= max_characters:
        return whole
    bare = {table.name: _bare(table, max_characters // 2) for table in tables}
    ranked = sorted(whole, key=lambda name: -relevance.get(name, 0))
    asked = [name for name in ranked if relevance.get(name, 0)]
    others = ranked[len(asked) :]
    # A line with the names of those that do not fit takes at most a fifth.
    room = max_characters - max_characters // 5
    found: dict[str, str] = {}
    for forms, names in ((whole, asked), (bare, asked), (bare, others), (whole, others)):
        for name in names:
            longer = len(forms[name]) + 1 - (len(found[name]) + 1 if name in found else 0)
            if 0 < longer <= room:
                found[name] = forms[name]
                room -= longer
    return {name: found[name] for name in whole if name in found}


def _first(items: tuple[LeftOut, ...], at_most: int) -> list[str]:
    more = [f"{len(items) - at_most} more"] if len(items) > at_most else []
    return [*map(str, items[:at_most]), *more]


def _as_many(names: list[str], max_characters: int) -> str:
    """As many names as fit, whole, and how many more there are."""
    if len(text := ", ".join(names)) <= max_characters:
        return text
    room = max_characters - len(f" and {len(names)} more")
    fitting = 0
    for name in names:
        room -= len(name) + 2
        if room < 0:
            break
        fitting += 1
    more = f"{len(names) - fitting} more"
    return f"{', '.join(names[:fitting])} and {more}" if fitting else more


def _listed(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''").replace("\n", " ") + "'" for value in values)


def _bare(table: TableSchema, max_characters: int) -> str:
    """Without values, and with as many columns as fit."""
    count = MAX_LISTED_COLUMNS
    while len(text := _create(table, count, with_values=False)) > max_characters and count > 1:
        count //= 2
    return text


def _create(table: TableSchema, max_columns: int = MAX_LISTED_COLUMNS, *, with_values: bool) -> str:
    lines = list(_columns(table, max_columns, with_values=with_values))
    rows = f"  -- {table.rows} rows" if table.rows else ""
    return f"CREATE TABLE {_name(table.name)} (\n" + "\n".join(lines) + f"\n);{rows}"


def _columns(table: TableSchema, max_columns: int, *, with_values: bool) -> Iterator[str]:
    listed = table.columns[:max_columns]
    for number, column in enumerate(listed, 1):
        parts = [f"  {_name(column.name)} {column.type}"]
        if column.primary_key:
            parts.append("PRIMARY KEY")
        if column.references:
            parts.append(f"REFERENCES {column.references}")
        line = " ".join(parts) + ("," if number < len(table.columns) else "")
        yield f"{line} -- {column.values}" if with_values and column.values else line
    if more := len(table.columns) - len(listed):
        yield f"  -- and {more} more columns"


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else quoted(name)
