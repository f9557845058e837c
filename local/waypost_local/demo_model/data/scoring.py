"""The figure that things are ranked by."""

import re

from waypost_local.demo_model.data import figures, vocabulary
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Group, Measure, Query
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.subjects import (
    date_part,
    dated,
    entity,
    link_tables,
    person,
    shown,
)
from waypost_local.demo_model.data.superlatives import BUSY, SOLD, WORTH, Superlative

_BY = re.compile(
    r"\b(?:by|based on|in terms of|according to|ranked by|sorted by|ordered by|measured by"
    r"|in(?= (?:total|revenue|sales|number)))\s+(?:the |their |its )?"
    r"(?P<what>(?:total |overall |average |avg |mean )?(?:number|count) of|total|average"
    r"|mean|revenue|sales|\w+)",
    re.IGNORECASE,
)


def _group(said: Said, focus: TableLink | ColumnLink | None, about: list[str]) -> Group | None:
    if isinstance(focus, TableLink):
        return entity(focus.tables[0])
    if isinstance(focus, ColumnLink):
        return Group((column_of(said, focus, about),))
    part = date_part(said)
    if part:
        return None
    return None


def by_figure(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The most albums, the highest revenue, the top 5 by number of tracks."""
    about = link_tables(focus)
    measure = _measure(said, best, focus, about)
    if measure is None:
        return None
    part = date_part(said)
    if focus is None and part:
        day = dated(said, measure.table)
        if day is None:
            return None
        return Query(
            "groups",
            measure.table,
            measure=measure,
            group=Group((day,), part=part),
            descending=not down,
            ranked=True,
        )
    group = _group(said, focus, [measure.table])
    if focus is None:
        whom = person(said, measure.table)
        group = entity(whom) if whom else None
    if group is None:
        return None
    if group.table == measure.table and not measure.columns and group.entity:
        return None
    if (
        measure.columns
        and measure.columns[0].table == group.table
        and group.entity
        and len(measure.columns) == 1
    ):
        table = said.schema.table(group.table)
        column = measure.columns[0]
        return Query(
            "rows",
            table.name,
            shown(said, table, column),
            order=(column,),
            descending=not down,
            ranked=True,
        )
    return Query(
        "groups", group.table, measure=measure, group=group, descending=not down, ranked=True
    )


def _measure(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, about: list[str]
) -> Measure | None:
    if best.is_one_of(SOLD):
        return figures.pieces(said.schema, about)
    if best.is_one_of(WORTH):
        return figures.money(said.schema, about)
    if best.is_one_of(BUSY):
        return _events(said, focus)
    if best.word in {"most", "least"} and said.has(
        r"\b(used|ordered|requested|needed|installed)\b"
    ):
        names = [n for n in said.names_after(best.to, 2) if n is not focus]
        if not names and (used := figures.pieces(said.schema, about)):
            return used
    by = next((m for m in _BY.finditer(said.low) if said.token_at(m.start()) >= best.to), None)
    start = said.token_at(by.start("what")) if by else best.to
    return named_measure(said, start, focus, about, strict=by is not None)


def named_measure(
    said: Said,
    start: int,
    focus: TableLink | ColumnLink | None,
    about: list[str],
    *,
    strict: bool = False,
) -> Measure | None:
    """The figure that is named from a token on."""
    begin = said.tokens[start].at if start < len(said.tokens) else len(said.low)
    rest = said.low[begin:]
    average = re.match(r"(overall )?(average|mean|avg)\b", rest)
    rest_of_clause = re.split(r"\b(?:in|from|since|for|last|this|during|where)\b", rest)[0]
    names = [n for n in said.names_after(start) if n is not focus]
    first = names[0] if names else None
    gap = said.tokens[start : first.first] if first else []
    close = first is not None and len(gap) <= (
        4 if re.match(r"(total |average )?(number|count|amount)", rest) else 2
    )
    if (
        first
        and close
        and not (figures.asks_for_money(rest_of_clause) and _money_first(said, start, first))
    ):
        measure = _of_name(said, first, bool(average), about)
        if measure:
            said.use(first)
            return measure
    if figures.asks_for_money(rest_of_clause) and (measure := figures.money(said.schema, about)):
        if average:
            return Measure("avg", measure.table, measure.columns, name="average_revenue")
        return measure
    if strict:
        return None
    before = said.low[:begin]
    if re.search(
        r"\b(spen[dt]s?|earn(s|ed)?|ma(de|kes?)|generat\w+|brings? in|brought in|paid|pays?"
        r"|gross\w*)\b",
        before,
    ):
        return figures.money(said.schema, about)
    if re.search(r"\b(sells?|sold|sales)\b", before):
        seller = about and vocabulary.WORKERS & set(said.schema.table(about[0]).words)
        return (
            figures.money(said.schema, about)
            if seller or not about
            else figures.pieces(said.schema, about)
        )
    if re.search(r"\b(buys?|bought|purchase[sd]?|order(s|ed)?)\b", before):
        return figures.pieces(said.schema, about) or figures.money(said.schema, about)
    return None


def _money_first(said: Said, start: int, first: TableLink | ColumnLink) -> bool:
    """`most revenue`: the word of money stands before any name, or is a loose match of one."""
    end = said.tokens[first.first].at
    begin = said.tokens[start].at
    if figures.asks_for_money(said.low[begin:end]):
        return True
    return not first.exact and figures.asks_for_money(said.tokens[first.first].low)


def _of_name(
    said: Said, first: TableLink | ColumnLink, average: bool, about: list[str]
) -> Measure | None:
    if isinstance(first, TableLink):
        table = first.tables[0]
        sold = vocabulary.BUYING.search(said.low) or re.search(
            r"\b(sold|sells?|selling)\b", said.low
        )
        after = said.links.at(first.last + 1)
        if (
            isinstance(after, ColumnLink)
            and (column := column_of(said, after, [table.name])).is_number
        ):
            said.use(after)
            return figures.of_column("avg" if average else "sum", column)
        if sold and not set(table.words) & vocabulary.TRANSACTIONS:
            measure = figures.pieces(said.schema, [*about, table.name])
            if measure:
                return measure
        return figures.rows(said.schema, table.name)
    column = column_of(said, first, about)
    if column.is_number:
        return figures.of_column("avg" if average else "sum", column)
    return None


def _events(said: Said, focus: TableLink | ColumnLink | None) -> Measure | None:
    if isinstance(focus, ColumnLink):
        return figures.rows(said.schema, column_of(said, focus, said.named_tables).table)
    if isinstance(focus, TableLink):
        below = figures.children(said.schema, focus.tables[0].name)
        return figures.rows(said.schema, below[0]) if below else None
    return None
