"""Which figure a question asks for: of money, of pieces, of a column, or of rows."""

import re
from collections.abc import Sequence

from waypost_local.demo_model.data import graph, vocabulary
from waypost_local.demo_model.data.query import Measure
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema

_MONEY = re.compile(
    r"\b(revenues?|sales?|turnover|income|earnings?|earned?|money|spending|spen[dt]s?"
    r"|takings|proceeds|"
    r"business|invoiced|billed for|bring(s|ing)? in|brought in|generat(ed?|es|ing)|gross(ed|es)?|"
    r"ma[dk]e|worth|paid|pay|owe[sd]?|cost|total value|volume)\b"
)


def asks_for_money(text: str) -> bool:
    return bool(_MONEY.search(text))


def money(
    schema: Schema, about: Sequence[str], function: str = "sum", name: str = "revenue"
) -> Measure | None:
    """The sum of what was earned, where each amount belongs to one row of each table in `about`.

    A total of an invoice or order is preferred; price times quantity of its lines where only the
    lines know what they belong to.
    """
    options = [*_totals(schema), *_products(schema)]
    for columns in options:
        table = columns[0].table
        if all(graph.is_up(graph.path(schema, table, other)) for other in about):
            return Measure(function, table, columns, name=name)  # type: ignore[arg-type]
    return None


def pieces(schema: Schema, about: Sequence[str]) -> Measure | None:
    """How many pieces were sold: the sum of a quantity, or the number of lines."""
    quantities = [
        column
        for table in _transactional(schema)
        for column in table.columns
        if _is_quantity(column)
    ]
    for column in quantities:
        if all(graph.is_up(graph.path(schema, column.table, other)) for other in about):
            return Measure("sum", column.table, (column,), name="sold")
    for table in _transactional(schema):
        if all(graph.is_up(graph.path(schema, table.name, other)) for other in about):
            return Measure("count", table.name, name="sales")
    return None


def rows(schema: Schema, table: str) -> Measure:
    words = schema.table(table).words
    return Measure("count", table, name="_".join([*words[:-1], plural(words[-1])]))


def of_column(function: str, column: Column) -> Measure:
    words = "_".join(column.words)
    name = {"avg": "average_", "sum": "total_", "min": "lowest_", "max": "highest_"}[
        function
    ] + words
    name = name.replace("total_total", "total")
    return Measure(function, column.table, (column,), name=name)  # type: ignore[arg-type]


def main_number(
    table: PromptTable, words: Sequence[str] = vocabulary.MONEY_COLUMNS
) -> Column | None:
    """The column that says how much a row is worth."""
    for word in words:
        for column in table.columns:
            if column.is_number and word in column.words:
                return column
    return None


def numbers(table: PromptTable) -> list[Column]:
    return [c for c in table.columns if c.is_number and not _is_code(c)]


def sized(table: PromptTable, words: Sequence[str]) -> Column | None:
    return next((c for w in words for c in numbers(table) if w in c.words), None)


def children(schema: Schema, table: str) -> list[str]:
    """Tables whose rows belong to a row of `table`; through a table of pairs, too."""
    found: list[str] = []
    for other in schema.tables:
        if (
            any(c.references and c.references[0] == table for c in other.columns)
            and other.name != table
        ):
            ends = [
                c.references[0] for c in other.columns if c.references and c.references[0] != table
            ]
            pairs = len(ends) == 1 and not [c for c in other.columns if not c.is_key]
            found.append(ends[0] if pairs else other.name)
    return found


def _totals(schema: Schema) -> list[tuple[Column, ...]]:
    found: list[tuple[float, Column]] = []
    for place, table in enumerate(schema.tables):
        if not any(c.is_date for c in table.columns) and not _is_transaction(table):
            continue
        for column in numbers(table):
            rank = next(
                (n for n, w in enumerate(vocabulary.MONEY_COLUMNS[:7]) if w in column.words), None
            )
            if rank is not None and "unit" not in column.words:
                bonus = 0 if _is_transaction(table) else 10
                found.append((bonus + rank + place * 0.01, column))
    return [(column,) for _, column in sorted(found, key=lambda one: one[0])]


def _products(schema: Schema) -> list[tuple[Column, ...]]:
    found: list[tuple[Column, ...]] = []
    for table in schema.tables:
        price = next((c for c in numbers(table) if {"price", "cost", "rate"} & set(c.words)), None)
        count = next(
            (c for c in numbers(table) if set(c.words) & set(vocabulary.QUANTITIES[:2])), None
        )
        if count and price is None:
            price = _price_above(schema, table)
        if price and count:
            found.append((price, count) if price.table == table.name else (count, price))
    return found


def _price_above(schema: Schema, table: PromptTable) -> Column | None:
    """The price in a table that the lines refer to: a part's, where a line has a quantity only."""
    for column in table.columns:
        if column.references:
            target = schema.table(column.references[0])
            price = next((c for c in numbers(target) if {"price", "cost"} & set(c.words)), None)
            if price:
                return price
    return None


def _transactional(schema: Schema) -> list[PromptTable]:
    """Tables of lines first, then those of orders and invoices."""
    lines = [t for t in schema.tables if _quantity(t) and _has_keys(t)]
    return lines + [t for t in schema.tables if _is_transaction(t) and t not in lines]


def _quantity(table: PromptTable) -> bool:
    return any(map(_is_quantity, table.columns))


def _is_quantity(column: Column) -> bool:
    named = set(column.words) & set(vocabulary.QUANTITIES)
    return column.is_number and bool(named) and not {"price", "cost"} & set(column.words)


def _has_keys(table: PromptTable) -> bool:
    return sum(c.references is not None for c in table.columns) >= 1


def _is_transaction(table: PromptTable) -> bool:
    return bool(set(table.words) & vocabulary.TRANSACTIONS)


def _is_code(column: Column) -> bool:
    return bool({"zip", "phone", "code", "year"} & set(column.words))


def plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    if word in {"person", "child", "man", "woman"}:
        return {"person": "people", "child": "children", "man": "men", "woman": "women"}[word]
    return word + ("es" if re.search(r"(s|x|ch|sh)$", word) else "s")
