"""Conditions: what the values, dates, numbers and negations of a question leave of the rows."""

from collections.abc import Iterator
from dataclasses import replace

from waypost_local.demo_model.data import graph
from waypost_local.demo_model.data.absence import lacking, stocked
from waypost_local.demo_model.data.belonging import compared_figure, counted_rows, related_rows
from waypost_local.demo_model.data.comparing import compared, compared_rows
from waypost_local.demo_model.data.kinship import kin_of
from waypost_local.demo_model.data.lettering import lettered
from waypost_local.demo_model.data.naming import keyed, named_values
from waypost_local.demo_model.data.query import Condition, Query, Related
from waypost_local.demo_model.data.said import Said
from waypost_local.demo_model.data.schema import Column
from waypost_local.demo_model.data.timing import dated_rows


def apply(said: Said, query: Query) -> Query:
    """The query with every condition that its own words do not use up yet."""
    base = query.measure.table if query.measure else query.table
    about = query.group.table if query.group else query.table
    for one in compared(said):
        # An amount is no date, whatever else is in the question.
        said.use(*(v for v in said.links.values if one.first <= v.first <= one.last))
    kin = query.kin or kin_of(said, about)
    found: list[Condition] = [*query.conditions]
    found += lettered(said, about)
    found += keyed(said)
    found += named_values(said, base, about)
    found += compared_rows(said, query, base)
    found += lacking(said, about)
    found += stocked(said, base)
    related = [*query.related, *related_rows(said, query)]
    having = query.having or compared_figure(said, query)
    if having is None:
        related += counted_rows(said, query)
    dated = next((r.table for r in related if _has_date(said, r.table)), base)
    found += dated_rows(said, dated, about if dated == base else dated)
    merged = tuple(dict.fromkeys(_merged(found)))
    whole = [_with_conditions(said, one, merged, about) for one in dict.fromkeys(related)]
    inside = {condition for one in whole for condition in one.conditions}
    return replace(
        query,
        conditions=tuple(c for c in merged if c not in inside),
        related=tuple(whole),
        kin=kin,
        having=having,
    )


def _has_date(said: Said, table: str) -> bool:
    return any(c.is_date for c in said.schema.table(table).columns)


def _with_conditions(
    said: Said, related: Related, conditions: tuple[Condition, ...], about: str
) -> Related:
    """`no invoice in 2025`: conditions on the rows that belong to a row, not on the row."""
    inside = tuple(
        c
        for c in conditions
        if c.table != about
        and not graph.is_up(graph.path(said.schema, about, c.table))
        and graph.is_up(graph.path(said.schema, related.table, c.table))
    )
    return replace(related, conditions=inside)


def _merged(found: list[Condition]) -> Iterator[Condition]:
    """Several values of one column are alternatives, however they are joined in English."""
    groups: dict[tuple[tuple[Column, ...], bool], list[str | float]] = {}
    for condition in found:
        if condition.operator == "=" and all(isinstance(v, str) for v in condition.values):
            groups.setdefault((condition.columns, condition.negated), []).extend(condition.values)
        else:
            yield condition
    for (columns, no), values in groups.items():
        yield Condition(columns, "=", tuple(dict.fromkeys(values)), no)
