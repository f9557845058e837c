"""Which date of which table a time in a question is about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from waypost_local.demo_model.data import graph, vocabulary
from waypost_local.demo_model.data.negation import NEGATION
from waypost_local.demo_model.data.query import Condition
from waypost_local.demo_model.data.said import Said, date_column
from waypost_local.demo_model.data.schema import Column


def dated_rows(said: Said, base: str, about: str) -> Iterator[Condition]:
    whens = said.whens
    if len(whens) > 1 and all(when.first and when.end for when in whens):
        # `2024 and 2025`: both, so from the first to the last.
        low_day = min(when.first for when in whens if when.first)
        high_day = max(when.end for when in whens if when.end)
        whens = [replace(whens[0], first=low_day, end=high_day)]
    for when in whens:
        column = _date_for(said, base, about)
        if column is None:
            continue
        low, high = _iso(when.first), _iso(when.end)
        no = bool(NEGATION.search(said.low[max(0, when.at - 8) : when.at]))
        yield Condition((column,), "between", (low, high), no)


def _date_for(said: Said, base: str, about: str) -> Column | None:
    """The date that a time in the question is about: of the rows, or of what they belong to."""
    schema = said.schema
    own = date_column(said, schema.table(base))
    by_verb = [
        c
        for table in schema.tables
        if (c := date_column(said, table)) and c != date_column(said, table, verbs=False)
    ]
    if own and (own != date_column(said, schema.table(base), verbs=False) or not by_verb):
        if not (is_birth(own) and not said.has(r"\bborn\b|\bbirth")):
            return own
        rest = [c for c in schema.table(base).columns if c.is_date and not is_birth(c)]
        if rest:
            return rest[0]
    dated = [t for t in schema.tables if date_column(said, t)]
    dated.sort(
        key=lambda t: min(
            graph.distance(schema, base, t.name), graph.distance(schema, about, t.name) + 0.1
        )
    )
    buying = vocabulary.BUYING.search(said.low) or vocabulary.SELLING.search(said.low)
    if buying and own is None:
        dated.sort(key=lambda t: not set(t.words) & vocabulary.TRANSACTIONS)
    return own or (date_column(said, dated[0]) if dated else None)


def is_birth(column: Column) -> bool:
    return "birth" in column.words or "born" in column.words


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
