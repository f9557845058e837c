"""Questions for a list: of names, of rows, of the values that a column has."""

import re

from waypost_local.demo_model.data import figures, filters, vocabulary
from waypost_local.demo_model.data.comparing import compared, counts_rows
from waypost_local.demo_model.data.counting import buyers_first
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Group, Query
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.subjects import person, shown


def listing(said: Said) -> Query | None:
    """A list: of names, of rows, of the different values of a column."""
    focus = _list_focus(said)
    if focus is None or (
        said.has(r"^who\b(?! (is|are|was|were) (the|our)\b)") and not _is_person(focus)
    ):
        return _people(said)
    said.use(focus)
    if isinstance(focus, ColumnLink):
        return _distinct(said, focus)
    table = focus.tables[0]
    columns = shown(said, table, *_extra(table))
    order = _sorted_by(said, table)
    query = Query(
        "rows", table.name, columns, order=order, descending=bool(order) and said.has(r"\bdesc")
    )
    return filters.apply(said, query)


def _list_focus(said: Said) -> TableLink | ColumnLink | None:
    names = list(said.names_after(0))
    if not names:
        return None
    tables = [n for n in names if isinstance(n, TableLink)]
    if not tables:
        return names[0]
    first = tables[0]
    columns_before = [n for n in names if isinstance(n, ColumnLink) and n.first < first.first]
    if columns_before and said.has(r"^(what|which|list|show|give|name)\b"):
        column = columns_before[0]
        different = said.has(r"\b(different|distinct|unique|possible|available)\b")
        kinds = {c.table for c in column.columns}
        of_them = said.has(r"\bof (all |the |our )*\w+") and not different
        if not of_them and (different or first.tables[0].name not in kinds or _which(said, column)):
            return column
    return first


def _is_person(focus: TableLink | ColumnLink) -> bool:
    return isinstance(focus, TableLink) and focus.tables[0].is_person


def _which(said: Said, column: ColumnLink) -> bool:
    """`which countries do our customers come from`"""
    return bool(re.match(r"(which|what)\b", said.low)) and column.first <= 2


def _distinct(said: Said, focus: ColumnLink) -> Query:
    tables = [t.tables[0].name for t in said.links.tables] or buyers_first(said)
    column = column_of(said, focus, tables)
    for held in said.links.tables:
        if held.tables[0].name == column.table:
            said.use(held)
    query = filters.apply(said, Query("distinct", column.table, (column,)))
    counted = next((r for r in query.related if r.operator), None)
    one = next((r for r in compared(said) if counts_rows(said, r)), None)
    if counted or one:
        return _having(said, query, column)
    return query


def _having(said: Said, query: Query, column: Column) -> Query:
    """`countries with more than 5 customers`: the column's values with their number of rows."""
    one = next(r for r in compared(said) if counts_rows(said, r))
    named = counts_rows(said, one)
    table = named.tables[0].name if named else column.table
    measure = figures.rows(said.schema, table)
    own = nearest_column(said, column, table)
    return Query(
        "groups",
        table,
        measure=measure,
        group=Group((own,)),
        conditions=query.conditions,
        having=(one.operator, one.number),
    )


def nearest_column(said: Said, column: Column, table: str) -> Column:
    named = next((n for n in said.links.columns if column in n.columns), None)
    if named is None:
        return column
    return column_of(said, named, [table])


def _extra(table: PromptTable) -> list[Column]:
    """What to show of rows that have no name."""
    if not table.label:
        return [c for c in table.columns if not c.references][:5]
    return []


def _sorted_by(said: Said, table: PromptTable) -> tuple[Column, ...]:
    match = re.search(r"\b(?:sorted|ordered|order|sort|in order of) (?:by )?(?:the )?", said.low)
    match = match or re.search(r"(?<=\w) by (?:the |their )?", said.low)
    if not match:
        return ()
    place = said.token_at(match.end())
    named = next((n for n in said.links.columns if n.first >= place), None)
    if named is None:
        return ()
    said.use(named)
    return (column_of(said, named, [table.name]),)


def _people(said: Said) -> Query | None:
    """`Who works in Berlin?`: people with the values that the question names."""
    narrowed = said.links.values or said.whens or compared(said)
    listing = said.has(r"^(list|show|give|name|all|get|find)\b") and said.links.values
    if not (said.has(r"^(who|whose|which people)\b") and narrowed) and not listing:
        return None
    holders = [
        said.schema.table(columns[0].table)
        for value in said.links.values
        for columns, _ in value.options
        if said.schema.table(columns[0].table).is_person
    ]
    buys = said.has(r"\b(bought|buys?|purchased|ordered|spent|paid)\b")
    wanted = vocabulary.BUYERS if buys else vocabulary.WORKERS
    holders.sort(key=lambda t: not wanted & set(t.words))
    table = holders[0] if holders else person(said)
    if table is None:
        return None
    return filters.apply(said, Query("rows", table.name, shown(said, table)))
