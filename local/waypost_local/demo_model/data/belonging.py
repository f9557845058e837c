"""Rows by what belongs to them: `with more than 5 invoices`, `without an album`."""

import re
from collections.abc import Iterator

from waypost_local.demo_model.data import figures, graph
from waypost_local.demo_model.data.comparing import compared, counts_rows, spends
from waypost_local.demo_model.data.negation import negated
from waypost_local.demo_model.data.query import Operator, Query, Related
from waypost_local.demo_model.data.said import Said


def counted_rows(said: Said, query: Query) -> Iterator[Related]:
    """`customers with more than 5 invoices`, `who spent over 40`."""
    about = query.group.table if query.group and query.group.entity else query.table
    for one in compared(said):
        named = counts_rows(said, one)
        operator: Operator = "=" if one.operator == "between" else one.operator
        if named and named.tables[0].name != about:
            said.use(named)
            yield Related(named.tables[0].name, operator=operator, count=one.number)
        elif not named and spends(said, one):
            measure = figures.money(said.schema, [about])
            if measure:
                yield Related(measure.table, operator=operator, count=one.number, measure=measure)


def compared_figure(said: Said, query: Query) -> tuple[Operator, float] | None:
    """A number that the grouped figure itself is compared with."""
    if not query.group or not query.measure:
        return None
    for one in compared(said):
        named = counts_rows(said, one)
        if named and named.tables[0].name == query.measure.table and not query.measure.columns:
            said.use(named)
            return one.operator, one.number
        if not named and query.measure.columns and spends(said, one):
            return one.operator, one.number
    return None


def related_rows(said: Said, query: Query) -> Iterator[Related]:
    """`customers without an invoice`, `artists with albums`, `never bought anything`."""
    about = query.group.table if query.group and query.group.entity else query.table
    focus = next((t for t in said.links.tables if t.tables[0].name == about), None)
    counted = [counts_rows(said, one) for one in compared(said)]
    for named in said.links.tables:
        table = named.tables[0]
        if named is focus or not said.free(named) or named in counted or table.name == about:
            continue
        no = negated(said, named.first)
        having = re.search(
            r"\b(with|have|has|having|had|placed|made|any|bought|ordered|got|received|assigned)\b",
            said.before(named.first, 3),
        )
        beside = [
            v
            for v in said.links.values
            if abs(v.first - named.last) == 1 or abs(named.first - v.last) == 1
        ]
        path = graph.path(said.schema, about, table.name)
        if (no or having) and path and not beside and not graph.is_up(path):
            if query.measure and query.measure.table == table.name and not no:
                continue
            said.use(named)
            yield Related(table.name, negated=no)
    if said.has(
        r"\b(never|not|haven't|hasn't|didn't)\b.*\b(bought|purchased?|order(ed)?|buy|spent|sold)\b"
    ):
        measure = figures.pieces(said.schema, [about])
        if measure and not any(not said.free(t) and t is not focus for t in said.links.tables):
            yield Related(measure.table, negated=True)
