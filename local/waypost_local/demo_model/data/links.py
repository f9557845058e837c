"""Which words of a question name what: tables, columns, values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.linked_names import (
    _TRADES,
    is_name,
    named_columns,
    named_tables,
    transactions,
)
from waypost_local.demo_model.data.linked_values import values
from waypost_local.demo_model.data.mentions import GRAMMAR, ColumnLink, Link, TableLink, ValueLink
from waypost_local.demo_model.data.schema import Schema
from waypost_local.demo_model.data.text import Token


@dataclass
class Links:
    tables: list[TableLink] = field(default_factory=list)
    columns: list[ColumnLink] = field(default_factory=list)
    values: list[ValueLink] = field(default_factory=list)

    def at(self, place: int) -> Link | None:
        every: list[Link] = [*self.tables, *self.columns, *self.values]
        return next((link for link in every if link.first <= place <= link.last), None)


def link(schema: Schema, tokens: list[Token], taken: frozenset[int] = frozenset()) -> Links:
    """Links that do not overlap, the longest and surest first. `taken` tokens are left out."""
    found = [
        candidate
        for candidate in _candidates(schema, tokens)
        if not any(n in taken for n in range(candidate[1].first, candidate[1].last + 1))
    ]
    found.sort(key=lambda one: (-(one[1].last - one[1].first), -one[0], one[1].first))
    links = Links()
    used: set[int] = set()
    for _, chosen in found:
        span = set(range(chosen.first, chosen.last + 1))
        if not span & used:
            used |= span
            match chosen:
                case TableLink():
                    links.tables.append(chosen)
                case ColumnLink():
                    links.columns.append(chosen)
                case ValueLink():
                    links.values.append(chosen)
    links.values += _guesses(schema, tokens, used | taken)
    for held in (links.tables, links.columns, links.values):
        held.sort(key=lambda one: one.first)
    return links


def _guesses(
    schema: Schema, tokens: list[Token], used: set[int] | frozenset[int]
) -> Iterator[ValueLink]:
    """Names in capitals that are no known value: looked for in every name there is."""
    place = 1
    while place < len(tokens):
        last = place
        while last < len(tokens) and _is_name_like(tokens[last], last in used):
            last += 1
        if last > place:
            text = " ".join(re.sub(r"['\u2019]s?$", "", t.text) for t in tokens[place:last])
            labels = [t.label for t in schema.tables if t.label]
            places = [
                (c,) for c in schema.columns if c.is_text and c.words[-1] in vocabulary.PLACES
            ]
            options = tuple((columns, text) for columns in [*labels, *places])
            if options:
                yield ValueLink(place, last - 1, options, guessed=True)
        place = max(last, place + 1)


def _is_name_like(token: Token, used: bool) -> bool:
    plain = token.low in GRAMMAR or token.low in {"sql", "id", "ok", "i'm", "i'd"}
    return token.capital and not used and not plain and token.text[-1:].isalnum()


def _candidates(schema: Schema, tokens: list[Token]) -> Iterator[tuple[float, Link]]:
    yield from values(schema, tokens)
    for first in range(len(tokens)):
        for last in range(first, min(first + 3, len(tokens))):
            said = tuple(token.word for token in tokens[first : last + 1])
            if first == last and tokens[first].low in _TRADES:
                yield from transactions(schema, first, said[0])
            if len(said) == 1 and said[0] in GRAMMAR and not is_name(schema, said[0]):
                continue
            yield from named_tables(schema, first, last, said)
            yield from named_columns(schema, first, last, said)


def preposition(tokens: list[Token], first: int) -> str:
    """The word before a link, articles left out."""
    place = first - 1
    while place >= 0 and tokens[place].low in {"the", "a", "an", "our", '"', "'", "all"}:
        place -= 1
    return tokens[place].low if place >= 0 else ""
