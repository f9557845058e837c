"""What a question asks of a database, before it is SQL."""

from dataclasses import dataclass
from typing import Literal

from waypost_local.demo_model.data.schema import Column

Operator = Literal["=", "<", ">", "<=", ">=", "between", "like", "null"]


@dataclass(frozen=True)
class Condition:
    """`column operator values`; several values of `=` are alternatives.

    `between` takes its first value in and leaves its second out. A `label` condition compares the
    columns of a name, joined by a blank.
    """

    columns: tuple[Column, ...]
    operator: Operator
    values: tuple[str | float, ...] = ()
    negated: bool = False

    @property
    def table(self) -> str:
        return self.columns[0].table


@dataclass(frozen=True)
class Related:
    """Rows of `table` that belong to a row: whether there are any, or how many."""

    table: str
    negated: bool = False
    operator: Operator | None = None
    count: float = 0
    measure: "Measure | None" = None
    """Compared instead of the number of rows."""
    conditions: tuple[Condition, ...] = ()
    """What those rows must meet to count."""


@dataclass(frozen=True)
class Kin:
    """Rows that refer to (`below`), or are referred to by, the rows of the same table that meet
    `conditions`."""

    column: Column
    below: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Measure:
    """A figure: of rows (no column), of a column, or of the product of two."""

    function: Literal["count", "sum", "avg", "min", "max"]
    table: str
    columns: tuple[Column, ...] = ()
    distinct: bool = False
    name: str = ""


@dataclass(frozen=True)
class Group:
    """What is counted apart: the rows of a table, the values of a column, or a part of a date."""

    columns: tuple[Column, ...]
    entity: bool = False
    part: str = ""
    """year, month, quarter, day, weekday or nothing"""

    @property
    def table(self) -> str:
        return self.columns[0].table


@dataclass(frozen=True)
class Query:
    """`kind` says how the rows shall be put into words."""

    kind: Literal["value", "groups", "rows", "share", "exists", "average", "distinct", "facts"]
    table: str
    columns: tuple[Column, ...] = ()
    measure: Measure | None = None
    group: Group | None = None
    conditions: tuple[Condition, ...] = ()
    related: tuple[Related, ...] = ()
    kin: Kin | None = None
    having: tuple[Operator, float] | None = None
    order: tuple[Column, ...] = ()
    descending: bool = True
    ranked: bool = False
    """By measure or order, as against by name."""
    limit: int | None = None
    offset: int = 0
    part_of: tuple[Condition, ...] = ()
    """For a share: the conditions that make the part of the whole."""
