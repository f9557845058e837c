"""For each of what a figure is asked."""

import re

from waypost_local.demo_model.data import figures
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink, ValueLink
from waypost_local.demo_model.data.query import Group
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.schema import Column
from waypost_local.demo_model.data.subjects import entity

_PER = re.compile(
    r"\b(?:per|by|for each|for every|in each|in every|of each|each|every|across|grouped by"
    r"|broken down by|split by|"
    r"for all|within each|over the|over)\s+(?:the |all |our |different )*",
)


_PART = re.compile(
    r"\b(?:per|by|each|every|for each|in each|over the|over) (?:calendar )?(year|month"
    r"|quarter|weekday|day)s?\b|"
    r"\b(yearly|annual(?:ly)?|monthly|quarterly|daily)\b"
)


_PARTS = {
    "yearly": "year",
    "annual": "year",
    "annually": "year",
    "monthly": "month",
    "quarterly": "quarter",
    "daily": "day",
}


def grouping(said: Said) -> Group | None:
    if match := _PART.search(said.low):
        part = match[1] or _PARTS[match[2]]
        return Group((Column("", "", "DATE"),), part=part)
    for match in _PER.finditer(said.low):
        if match[0].startswith("by") and said.has(r"^list\b(?! the number)"):
            continue
        place = said.token_at(match.end())
        named = next(
            (
                n
                for n in said.names_after(place, 2)
                if n.first <= place + (0 if match[0].startswith("by") else 1)
            ),
            None,
        )
        if named is None or isinstance(said.links.at(place), ValueLink):
            continue
        after = said.links.at(named.last + 1)
        if (
            match[0].startswith(("by ", "over"))
            and isinstance(after, ValueLink)
            and isinstance(named, TableLink)
        ):
            continue
        said.use(named)
        if isinstance(named, TableLink):
            if (
                isinstance(after, ColumnLink)
                and after.columns[0].table == named.tables[0].name
                and not after.columns[0].is_number
            ):
                said.use(after)
                return Group((after.columns[0],))
            return entity(named.tables[0])
        near = [t.tables[0].name for t in said.links.tables]
        column = column_of(said, named, _fact_first(said, near))
        if column.is_number:
            return None
        return Group((column,))
    return None


def _fact_first(said: Said, near: list[str]) -> list[str]:
    if (
        figures.asks_for_money(said.low)
        and not near
        and (measure := figures.money(said.schema, []))
    ):
        return [measure.table]
    return near
