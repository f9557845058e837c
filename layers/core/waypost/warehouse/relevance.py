"""Which tables a question is about, by the words of their names and by values that it names."""

import re
from collections.abc import Iterable

from waypost.warehouse.names import folded
from waypost.warehouse.schema import TableSchema
from waypost.warehouse.values import COMMON_WORDS

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_ES = re.compile(r"(?<=[sxz])es?$|(?<=[cs]h)es?$")
_TABLE_POINTS, _COLUMN_POINTS, _VALUE_POINTS = 4, 1, 4


def relevance(
    tables: tuple[TableSchema, ...], question: str, mentioned: Iterable[str]
) -> dict[str, int]:
    """By table name, for the tables that share words or values with a question.

    A table that such a one refers to counts a little, too: a query joins them.

    Args:
        mentioned: Lines of `values.mentioned`.
    """
    asked = _words(question)
    holding = frozenset(line.partition(": ")[0] for line in mentioned)
    found = {table.name: _points(table, asked, holding) for table in tables}
    names = {folded(table.name): table.name for table in tables}
    for table in tables:
        if found[table.name] >= _TABLE_POINTS:
            for column in table.columns:
                target = names.get(folded((column.references or "").partition("(")[0]))
                if target and not found[target]:
                    found[target] = 1
    return {name: points for name, points in found.items() if points}


def _points(table: TableSchema, asked: frozenset[str], holding: frozenset[str]) -> int:
    columns = frozenset().union(*(_words(column.name) for column in table.columns))
    values = sum(f"{table.name}.{column.name}" in holding for column in table.columns)
    return (
        _TABLE_POINTS * len(_words(table.name) & asked)
        + _COLUMN_POINTS * len(columns & asked)
        + _VALUE_POINTS * values
    )


def _words(text: str) -> frozenset[str]:
    """`BillingCities` as billing and city."""
    return frozenset(_singular(part.lower()) for part in _PART.findall(text)) - COMMON_WORDS


def _singular(word: str) -> str:
    """The same for both forms of a word; `hous` for houses, which is as good as any."""
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return _ES.sub("", word) if _ES.search(word) else word.removesuffix("s")
