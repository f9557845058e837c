"""Sums and averages: which column they are of."""

import re
from dataclasses import replace

from waypost_local.demo_model.data import figures, vocabulary
from waypost_local.demo_model.data.counting import counted, rest_from
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Measure
from waypost_local.demo_model.data.said import Said, column_of, nearest
from waypost_local.demo_model.data.schema import Column, PromptTable


def averaged(said: Said, start: int, about: list[str]) -> Measure | None:
    rest = rest_from(said, start)
    if match := re.match(r"\W*(number|count|amount) of\b", rest):
        begin = said.token_at(said.tokens[start].at + match.end())
        return counted(said, begin, about, average=True)
    names = [n for n in said.names_after(start) if said.free(n)] or [
        n for n in said.names_after(0) if said.free(n)
    ]
    columns = [n for n in names if isinstance(n, ColumnLink)]
    for named in columns:
        column = column_of(
            said, named, [*(n.tables[0].name for n in names if isinstance(n, TableLink)), *about]
        )
        if column.is_number:
            said.use(named)
            _use_table(said, column)
            return figures.of_column("avg", column)
    for named_table in names:
        if isinstance(named_table, TableLink):
            column_ = _figure_of_table(said, named_table.tables[0])
            if column_ and not (figures.asks_for_money(rest) and "price" in column_.words):
                said.use(named_table)
                return figures.of_column("avg", column_)
    if figures.asks_for_money(said.low) or re.search(r"\bvalue\b", rest):
        measure = figures.money(said.schema, about)
        return (
            measure
            if about
            else (replace(measure, function="avg", name="average_total") if measure else None)
        )
    if re.match(r"\W*age\b", rest):
        return None
    return None


def _use_table(said: Said, column: Column) -> None:
    for held in said.links.tables:
        if held.tables[0].name == column.table:
            said.use(held)


def _figure_of_table(said: Said, table: PromptTable) -> Column | None:
    """`average invoice`, `average track length`: what is measured of such a row."""
    if said.has(r"\b(length|long|duration|takes?|last|runtime)\b"):
        found = figures.sized(table, vocabulary.DURATIONS)
        if found:
            return found
    if said.has(r"\b(price|cost|costs|expensive)\b"):
        return figures.sized(table, vocabulary.PRICES)
    if said.has(r"\b(size|big|large|bytes)\b"):
        return figures.sized(table, ("byte", "size"))
    return figures.main_number(table, vocabulary.MONEY_COLUMNS)


def how_much(said: Said, start: int, about: list[str]) -> Measure | None:
    rest = rest_from(said, start)
    named = next((n for n in said.names_after(start, 4) if isinstance(n, ColumnLink)), None)
    if (
        named
        and (column := column_of(said, named, about)).is_number
        and not re.match(r"\W*(is|are|does|do|did)\b", rest)
    ):
        said.use(named)
        return figures.of_column("sum", column)
    one_row = re.match(
        r"\W*(is|are|does|do)\b.*\b(cost|costs|sell for|price)\b|\W*(is|are)\b", rest
    )
    if one_row and said.links.values:
        return None
    measure = figures.money(said.schema, about)
    if measure and figures.asks_for_money(said.low):
        for held in said.links.tables:
            if held.tables[0].name == measure.table:
                said.use(held)
        return measure
    return None


def summed(said: Said, start: int, about: list[str], held: object) -> Measure | None:
    rest = rest_from(said, start)
    if column_ := _lasting(said, rest):
        return figures.of_column("sum", column_)
    if (
        isinstance(held, ColumnLink)
        and (column := column_of(said, held, [*said.named_tables, *about])).is_number
    ):
        beside = re.search(r"\b(invoice|order|line|bill|sale)s?'? total", said.low)
        if not figures.asks_for_money(rest.split(" of ")[0]) and (
            beside or not said.names_after(start, 2)
        ):
            said.use(held)
            _use_table(said, column)
            return figures.of_column("sum", column)
    if match := re.match(r"\W*(number|count) of\b", rest):
        return counted(
            said, said.token_at(said.tokens[start].at + match.end()), about, average=False
        )
    names = [n for n in said.names_after(start) if said.free(n)]
    clause = re.split(r"\b(?:in|from|since|for|last|this|during|by|per|of)\b", rest)[0]
    loose = not names or not names[0].exact or names[0].first > start + 2
    if figures.asks_for_money(clause) and loose and (measure := figures.money(said.schema, about)):
        return measure
    for named in names:
        if isinstance(named, ColumnLink):
            column = column_of(said, named, [*said.named_tables, *about])
            if column.is_number:
                said.use(named)
                _use_table(said, column)
                return figures.of_column("sum", column)
        elif column_ := _summable(named.tables[0], rest):
            said.use(named)
            return figures.of_column("sum", column_)
    if figures.asks_for_money(said.low) or re.search(r"\b(value|amount)\b", rest):
        return figures.money(said.schema, about)
    if names and isinstance(names[0], TableLink) and not said.links.columns:
        said.use(names[0])
        return figures.rows(said.schema, names[0].tables[0].name)
    return None


def _lasting(said: Said, rest: str) -> Column | None:
    """How long, where what is named has its length in its parts."""
    if not re.search(r"\b(length|duration|runtime|playing time|play time)\b", rest):
        return None
    options = [c for t in said.schema.tables if (c := figures.sized(t, vocabulary.DURATIONS))]
    return nearest(said.schema, options, said.named_tables)


def _summable(table: PromptTable, rest: str) -> Column | None:
    if re.search(r"\b(length|duration|runtime|playing time|time)\b", rest):
        return figures.sized(table, vocabulary.DURATIONS)
    if re.search(r"\b(size|bytes)\b", rest):
        return figures.sized(table, ("byte", "size"))
    return figures.main_number(table, vocabulary.MONEY_COLUMNS[:7])
