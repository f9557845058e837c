"""The texts of a table's columns: of all its rows, or of a few from all over it."""

import re
import sqlite3
from dataclasses import dataclass

from waypost.warehouse.names import quoted
from waypost.warehouse.schema import ColumnSchema, TableSchema

MAX_VALUE_CHARACTERS = 200
"""Longer texts are not looked for in questions."""
MAX_SAMPLED_ROWS = 5_000
_STARTS = 50
_ROWS_EACH = MAX_SAMPLED_ROWS // _STARTS
_HAS_TEXT = re.compile("CHAR|TEXT|CLOB|DATE|TIME")


@dataclass(frozen=True)
class SurveyedTable:
    """A table, and how much of it there is to read."""

    table: TableSchema
    is_view: bool = False
    row_count: int | None = None
    """None where it is not known exactly."""
    rowid: str = ""
    """The name of the rows' numbers, where samples are taken by them."""
    row_numbers: tuple[int, int] = (0, 0)
    """The first and the last."""

    @property
    def texts(self) -> list[ColumnSchema]:
        columns = self.table.columns
        return [c for c in columns if not c.references and _HAS_TEXT.search(c.type.upper())]

    @property
    def cells(self) -> int:
        return (self.row_count or 0) * len(self.texts)


class ColumnTexts:
    """The different texts of each column, collected while rows are read."""

    def __init__(self, columns: int) -> None:
        self.rows = 0
        self._found: list[dict[bytes | int | float | None, None]] = [{} for _ in range(columns)]

    def read(self, db: sqlite3.Connection, sql: str) -> None:
        """Raises sqlite3.Error; what came before is kept."""
        cursor, decode = db.cursor(), db.text_factory
        # Each text is decoded only once, in the end.
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

    def decoded(self) -> list[list[str]]:
        return [
            [
                value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                for value in found
                if value is not None
            ]
            for found in self._found
        ]


def texts_query(source: SurveyedTable, *, whole: bool) -> str:
    """Selects the texts of all rows, or of some.

    A text that is cut has one character more than `MAX_VALUE_CHARACTERS`.
    """
    name = quoted(source.table.name)
    columns = ", ".join(_text(column) for column in source.texts) or "0"
    if whole:
        return f"SELECT {columns} FROM {name} AS t"  # noqa: S608
    if not source.rowid:
        return f"SELECT {columns} FROM {name} AS t LIMIT {MAX_SAMPLED_ROWS}"  # noqa: S608
    return f"SELECT {columns} FROM {_sample(source)}"  # noqa: S608


def estimated_rows(db: sqlite3.Connection, source: SurveyedTable) -> int:
    """How many rows a table is likely to have, by the gaps between their numbers."""
    rowid, (low, high) = f"t.{source.rowid}", source.row_numbers
    rows, width = db.execute(
        f"SELECT total(rows), total(width) FROM (SELECT count(*) AS rows, "  # noqa: S608
        f"max({rowid}) - min({rowid}) + 1.0 AS width FROM {_sample(source)} GROUP BY s.column1)"
    ).fetchone()
    estimate = int(rows * (high - low + 1) / width)
    return round(estimate, 2 - len(str(estimate)))


def _sample(source: SurveyedTable) -> str:
    name, rowid = quoted(source.table.name), source.rowid
    low, high = source.row_numbers
    starts = ", ".join(f"({low + (high - low) * n // _STARTS})" for n in range(_STARTS))
    numbers = (
        f"SELECT {rowid} FROM {name} WHERE {rowid} >= s.column1 "  # noqa: S608
        f"ORDER BY {rowid} LIMIT {_ROWS_EACH}"
    )
    return f"(VALUES {starts}) AS s CROSS JOIN {name} AS t ON t.{rowid} IN ({numbers})"


def _text(column: ColumnSchema) -> str:
    value = f"t.{quoted(column.name)}"
    return (
        f"CASE typeof({value}) WHEN 'blob' THEN NULL "
        f"ELSE substr({value}, 1, {MAX_VALUE_CHARACTERS + 1}) END"
    )
