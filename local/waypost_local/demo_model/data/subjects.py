"""What a question is about: its people, its dates, and what to show of a row."""

import re

from waypost_local.demo_model.data import graph, vocabulary
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Group
from waypost_local.demo_model.data.said import Said, date_column
from waypost_local.demo_model.data.schema import Column, PromptTable


def entity(table: PromptTable) -> Group:
    label = (
        table.label or tuple(c for c in table.columns if c.name == table.key) or table.columns[:1]
    )
    return Group(label, entity=True)


def date_part(said: Said) -> str:
    match = re.search(
        r"\b(?:which|what|best|worst|per|by|each|every) (year|month|quarter|weekday|day of "
        r"the week|day)\b",
        said.low,
    )
    if not match:
        return ""
    return "weekday" if match[1] == "day of the week" else match[1]


def person(said: Said, fact: str | None = None) -> PromptTable | None:
    """Whom `who` means: buyers where something is bought, workers where it is sold or done."""
    named = [t for name in said.named_tables if (t := said.schema.table(name)).is_person]
    if named:
        return named[0]
    people = [t for t in said.schema.tables if t.is_person]
    buys = said.has(r"\b(spen[dt]s?|bought|buys?|purchased|ordered|paid|pays?|owes?)\b")
    wanted = vocabulary.BUYERS if buys else vocabulary.WORKERS
    people.sort(key=lambda t: (not wanted & set(t.words), _far(said, fact, t)))
    if fact:
        people = [t for t in people if graph.is_up(graph.path(said.schema, fact, t.name))]
    return people[0] if people else None


def _far(said: Said, fact: str | None, table: PromptTable) -> float:
    return graph.distance(said.schema, fact, table.name) if fact else 0.0


def dated(said: Said, table: str) -> Column | None:
    """The date of a table's rows, or of what they belong to."""
    order = sorted(
        (t for t in said.schema.tables if graph.is_up(graph.path(said.schema, table, t.name))),
        key=lambda t: graph.distance(said.schema, table, t.name),
    )
    columns = (date_column(said, t) for t in order)
    return next((c for c in columns if c and "birth" not in c.words), None)


def link_tables(focus: TableLink | ColumnLink | None) -> list[str]:
    return [focus.tables[0].name] if isinstance(focus, TableLink) else []


def shown(said: Said, table: PromptTable, *more: Column) -> tuple[Column, ...]:
    """What to show of a row: its name, what was asked of it, what it is ranked by."""
    label = table.label or tuple(c for c in table.columns if c.primary)
    asked = tuple(
        column
        for named in said.links.columns
        if said.free(named)
        for column in named.columns
        if column.table == table.name and (named.exact or len(named.columns) == 1)
    )
    columns = dict.fromkeys([*label, *asked, *more])
    if len(columns) == len(dict.fromkeys(more)) and table.key:
        key = table.column(table.key)
        columns = dict.fromkeys([*([key] if key else []), *columns])
    return tuple(columns)
