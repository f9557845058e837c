"""How many: which rows, values or pieces are counted."""

import re

from waypost_local.demo_model.data import figures, vocabulary
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Measure
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.subjects import person


def counted(said: Said, start: int, about: list[str], average: bool) -> Measure | None:
    names = said.names_after(start)
    tables = [n for n in names if isinstance(n, TableLink)]
    if re.match(r"(people|persons)\b", rest_from(said, start)) and not tables:
        whom = person(said)
        return figures.rows(said.schema, whom.name) if whom else None
    first = next((n for n in names if said.free(n)), None)
    if of_value := _rows_of_value(said, start, first):
        return of_value
    if first is None:
        if re.match(r"(times|units|pieces|copies|sales)\b", rest_from(said, start)):
            return figures.pieces(said.schema, about)
        if said.has(r"\b(sold|bought|purchased)\b"):
            return figures.pieces(said.schema, about)
        beside = [n for n in said.names_after(0) if said.free(n) and isinstance(n, TableLink)]
        if beside and said.links.values:
            said.use(beside[0])
            return figures.rows(said.schema, beside[0].tables[0].name)
        return None
    said.use(first)
    if isinstance(first, TableLink):
        return _count_of(said, first, about)
    column = column_of(
        said, first, [*(t.tables[0].name for t in tables), *about] or buyers_first(said)
    )
    if (
        column.is_number
        and said.has(r"\bhow many\b|\bnumber of\b")
        and not said.has(r"\b(different|distinct|unique)\b")
    ):
        quantity = set(column.words) & {*vocabulary.QUANTITIES, "hour", "minute", "stock", "day"}
        return (
            figures.of_column("avg" if average and not about else "sum", column)
            if quantity
            else None
        )
    for held in tables:
        if held.tables[0].name == column.table:
            said.use(held)
    return Measure(
        "count",
        column.table,
        (column,),
        distinct=True,
        name="_".join((*column.words[:-1], figures.plural(column.words[-1]))),
    )


def buyers_first(said: Said) -> list[str]:
    buyers = [t.name for t in said.schema.tables if vocabulary.BUYERS & set(t.words)]
    return buyers or [said.schema.tables[0].name]


def _count_of(said: Said, first: TableLink, about: list[str]) -> Measure:
    table = first.tables[0]
    sold = re.search(r"\b(sold|sells?|selling|bought|buys?|purchased?|used|consumed)\b", said.low)
    asked = said.low[said.tokens[first.last].to :]
    if sold and not set(table.words) & vocabulary.TRANSACTIONS and not table.is_person:
        never = said.has(r"\b(never|not|n't)\b") or re.search(r"\bn't\b|n't ", said.low)
        if re.search(r"\b(sold|sell|bought|buy|purchased?|used|consumed)\b", asked) and not never:
            measure = figures.pieces(said.schema, [*about, table.name])
            if measure:
                return measure
    return figures.rows(said.schema, table.name)


def rest_from(said: Said, start: int) -> str:
    return said.low[said.tokens[start].at :] if start < len(said.tokens) else ""


def _rows_of_value(said: Said, start: int, named: TableLink | ColumnLink | None) -> Measure | None:
    """`How many sales managers …`: rows that have the value, where no table is named after it."""
    value = next((v for v in said.links.values if start <= v.first <= start + 1), None)
    if value is None or (named and named.first <= value.last + 2):
        return None
    between = said.tokens[value.last + 1 : named.first] if named else []
    if named and all(
        t.low in {"and", "or", ","} or said.links.at(n)
        for n, t in enumerate(between, value.last + 1)
    ):
        return None
    tables = [said.schema.table(columns[0].table) for columns, _ in value.options]
    stock = next((c for t in tables if (c := figures.sized(t, ("stock", "inventory")))), None)
    if stock and said.has(r"\bin stock\b|\bleft\b|\bon hand\b|\bavailable\b"):
        return figures.of_column("sum", stock)
    people = [t for t in tables if t.is_person] or tables
    return figures.rows(said.schema, people[0].name)
