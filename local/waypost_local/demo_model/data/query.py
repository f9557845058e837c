"""What a question asks of a database, before it is SQL."""

from dataclasses import dataclass, field
from typing import Literal

from waypost_local.demo_model.data.paths import Path
from waypost_local.demo_model.data.schema import Column, PromptTable

Operator = Literal["=", "<", ">", "<=", ">=", "between", "null"]


class Unclear(Exception):
    """The question cannot be read in full, or in one way only. The message says what is in it."""


@dataclass(frozen=True)
class Condition:
    """`columns operator values`: several columns are a name in parts, several values alternatives.

    `between` takes its first value in and leaves its second out; an empty one is open.
    """

    columns: tuple[Column, ...]
    operator: Operator
    values: tuple[str | float, ...] = ()
    negated: bool = False
    said: str = ""
    """How the question puts it, where that reads better than the column's name."""


@dataclass(frozen=True)
class Scope:
    """Rows of a table that meet conditions, and that are related to rows of others."""

    table: PromptTable
    conditions: tuple[Condition, ...] = ()
    related: tuple["Related", ...] = ()
    row_of: "tuple[Query, int] | None" = None
    """Only the nth row of what another query lists, from 0; -1 is its last."""
    rows_of: "Query | None" = None
    """Only rows that another query lists or counts."""


@dataclass(frozen=True)
class Related:
    """Rows of another table along a path: that there are some, none, or so many of them."""

    path: Path
    scope: Scope
    negated: bool = False
    having: tuple[Operator, float] | None = None


@dataclass(frozen=True)
class Measure:
    """A figure over rows: their number (no column), or one of a column or a product of two."""

    function: Literal["count", "sum", "avg", "min", "max"]
    columns: tuple[Column, ...] = ()
    name: str = ""
    distinct: bool = False

    @property
    def is_money(self) -> bool:
        return any(column.is_money for column in self.columns)


@dataclass(frozen=True)
class Group:
    """What is counted apart: each row of `scope`, or the values or date parts of a column."""

    path: Path
    scope: Scope | None = None
    column: Column | None = None
    part: str = ""
    """year, quarter, month, weekday or day"""


@dataclass(frozen=True)
class Query:
    """`scope` holds the rows that are counted, listed or measured."""

    kind: Literal["count", "figure", "rows", "facts", "distinct", "share", "exists", "groups"]
    scope: Scope
    columns: tuple[Column, ...] = ()
    measure: Measure | None = None
    group: Group | None = None
    average: bool = False
    """Of the groups' figures their average."""
    order: Column | None = None
    descending: bool = True
    best: bool = False
    """All that have the highest figure, or the lowest, and no other."""
    limit: int | None = None
    part_of: Scope | None = None
    """For a share: the rows that it is a share of."""
    claim: Condition | None = None
    """For facts: what is asked to be true of them."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """How a word was read that could be misspelt or stands for another."""
