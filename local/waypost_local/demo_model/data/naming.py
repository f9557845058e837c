"""Which rows the names in a question mean."""

import math
import re
from collections.abc import Iterator

from waypost_local.demo_model.data import graph, vocabulary
from waypost_local.demo_model.data.links import preposition
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink, ValueLink
from waypost_local.demo_model.data.negation import negated
from waypost_local.demo_model.data.query import Condition
from waypost_local.demo_model.data.said import Said, Unclear
from waypost_local.demo_model.data.schema import Column
from waypost_local.demo_model.data.sql import escaped
from waypost_local.demo_model.words import stem


def keyed(said: Said) -> Iterator[Condition]:
    """`invoice 12`, `order #12`: a row by its key."""
    for named in said.links.tables:
        table = named.tables[0]
        rest = said.low[said.tokens[named.last].to :]
        match = re.match(
            r"\s*(?:number|no\.?|id|#|with id)?\s*#?\s*(\d+)\b(?!\s*(?:or|and) (?:more|less))", rest
        )
        key = table.column(table.key) if table.key else None
        if (
            match
            and key
            and not any(
                w.at <= said.tokens[named.last].to + match.start(1) < w.to for w in said.whens
            )
        ):
            said.use(named)
            yield Condition((key,), "=", (float(match[1]),))


def named_values(said: Said, base: str, about: str) -> Iterator[Condition]:
    for value in said.links.values:
        if not said.free(value) or (said.whens and _is_dated(said, value)):
            continue
        columns, text = choose(said, value, base, about)
        no = value.negated != negated(said, value.first)
        if value.guessed:
            _refuse_unknown_place(columns[0], text)
            yield Condition(columns, "like", (f"%{escaped(text)}%",), no)
        else:
            yield Condition(columns, "=", (text,), no)


def _refuse_unknown_place(column: Column, text: str) -> None:
    """A continent that no row names holds places that rows do name."""
    if column.words[-1] in vocabulary.PLACES and text.lower() in vocabulary.WIDE:
        raise Unclear(f"No place in it is called \u201c{text}\u201d.")


def _is_dated(said: Said, value: ValueLink) -> bool:
    """`scheduled in May` is about the day it was scheduled for, whatever its state."""
    word = said.tokens[value.first].stem
    for columns, _ in value.options:
        table = said.schema.table(columns[0].table)
        if any(c.is_date and word in map(stem, c.words) for c in table.columns):
            return True
    return False


def choose(said: Said, value: ValueLink, base: str, about: str) -> tuple[tuple[Column, ...], str]:
    """Which column's value is meant: that of the noun beside it, of the table in question, near."""
    return min(value.options, key=lambda option: _strangeness(said, value, option[0], base, about))


def _strangeness(
    said: Said, value: ValueLink, columns: tuple[Column, ...], base: str, about: str
) -> float:
    column = columns[0]
    table = said.schema.table(column.table)
    is_label = columns == table.label or column in table.label
    score = min(
        graph.distance(said.schema, base, table.name),
        graph.distance(said.schema, about, table.name) + 0.4,
    )
    if is_label:
        # A name of few is meant rather than the same name of one among many.
        score = (
            0.35 * score + math.log10(1 + (table.rows or 10)) - (1.0 if table.is_person else 0.0)
        )
    if _named_beside(said, value, columns):
        return score - 20
    if table.name in said.named_tables:
        score -= 0.6
    if is_label and table.name in (base, about):
        score += 2.5 if said.has(r"\bhow many\b|\b(list|which|all)\b") else 0.5
    if not is_label and not column.complete:
        score += 1.5 if column.words[-1] in vocabulary.PLACES else 3.4
    before = preposition(said.tokens, value.first)
    if before in {"in", "from", "at", "to"} and column.words[-1] in vocabulary.PLACES:
        score -= 1.5
    if before in {"by", "of"} and is_label:
        score -= 1.0
    if len(columns) == 2:
        score -= 2.0
    if column.table not in (base, about) and not graph.is_up(
        graph.path(said.schema, base, column.table)
    ):
        score += 0.8
    # `city` before `billing city`, `name` before `composer`.
    return score + 0.2 * (len(column.words) - 1)


def _named_beside(said: Said, value: ValueLink, columns: tuple[Column, ...]) -> bool:
    """`the album Big Ones`, `Rock genre`, `city Paris`, `plan is basic`."""
    table = said.schema.table(columns[0].table)
    for place in (value.first - 1, value.first - 2, value.last + 1):
        if place == value.first - 2 and said.tokens[value.first - 1].low not in {
            "is",
            "called",
            "named",
            '"',
            "'",
            "of",
            "titled",
            "are",
            "the",
            "=",
            "was",
        }:
            continue
        held = said.links.at(place) if 0 <= place < len(said.tokens) else None
        if isinstance(held, ColumnLink) and columns[0] in held.columns and held.exact:
            return True
        if isinstance(held, TableLink) and table in held.tables and columns == table.label:
            # `Rock tracks` is no track called Rock.
            return place < value.first or len(table.columns) <= 3
    return False
