"""A question with everything that was recognised in it."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from waypost_local.demo_model.data import graph, vocabulary
from waypost_local.demo_model.data.dates import When, whens
from waypost_local.demo_model.data.links import Links, link
from waypost_local.demo_model.data.mentions import ColumnLink, Link, TableLink
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.text import Token, bare, tokens
from waypost_local.demo_model.words import stem

_QUANTIFIED = re.compile(
    r"(more than|less than|fewer than|greater than|over|above|under|below|at least|at most|exactly|"
    r"than|[$\u20ac\u00a3#]|number|id|invoice|order|job|no\.?)\s*$",
    re.IGNORECASE,
)


class Unclear(Exception):
    """The question cannot be put to these tables; the text says which part is missing."""


@dataclass
class Said:
    """Readers mark the links that they have used, so that filters are made of the rest."""

    text: str
    schema: Schema
    today: date
    used: list[Link] = field(default_factory=list)

    @classmethod
    def of(cls, question: str, schema: Schema, today: date) -> "Said":
        return cls(bare(question), schema, today)

    @cached_property
    def low(self) -> str:
        return self.text.lower()

    @cached_property
    def tokens(self) -> list[Token]:
        return tokens(self.text)

    @cached_property
    def whens(self) -> list[When]:
        return [w for w in whens(self.text, self.today) if not self._is_amount(w)]

    @cached_property
    def links(self) -> Links:
        taken = (
            n
            for n, token in enumerate(self.tokens)
            if any(w.at <= token.at and token.to <= w.to for w in self.whens)
        )
        return link(self.schema, self.tokens, frozenset(taken))

    def _is_amount(self, when: When) -> bool:
        said = self.text[when.at : when.to].strip()
        amount = re.fullmatch(r"(over )?\d{4}", said, re.IGNORECASE)
        before = "over" if said.lower().startswith("over") else self.text[: when.at]
        return bool(amount and _QUANTIFIED.search(before))

    def has(self, pattern: str) -> bool:
        return bool(re.search(pattern, self.low))

    def token_at(self, position: int) -> int:
        """The number of the first token at or after a place in the text."""
        return next((n for n, t in enumerate(self.tokens) if t.at >= position), len(self.tokens))

    def names_after(self, place: int, within: int = 99) -> list[TableLink | ColumnLink]:
        """Tables and columns named from a token on, in order."""
        every: list[TableLink | ColumnLink] = [*self.links.tables, *self.links.columns]
        found = [one for one in every if place <= one.first < place + within]
        return sorted(found, key=lambda one: one.first)

    def use(self, *links: Link | None) -> None:
        self.used += [one for one in links if one is not None]

    def free(self, held: Link) -> bool:
        return held not in self.used

    @cached_property
    def named_tables(self) -> list[str]:
        """Tables that the question names, in its order."""
        return [table.name for one in self.links.tables for table in one.tables[:1]]

    @cached_property
    def valued_tables(self) -> list[str]:
        """Tables that hold values of the question; those that hold one in any case first."""
        found: list[str] = []
        for one in sorted(self.links.values, key=lambda v: len(v.options)):
            found += [columns[0].table for columns, _ in one.options]
        return list(dict.fromkeys(found))

    def before(self, first: int, count: int = 3) -> str:
        """The words before a token."""
        return " ".join(t.low for t in self.tokens[max(0, first - count) : first])


def nearest(schema: Schema, options: list[Column], tables: list[str]) -> Column | None:
    """The option that is fewest steps from the tables, the first of them counting most."""
    if not options:
        return None
    known = [name for name in tables if name]
    return min(
        options,
        key=lambda c: sum(
            graph.distance(schema, table, c.table) / (1 + place)
            for place, table in enumerate(known)
        ),
    )


def column_of(said: Said, named: ColumnLink, tables: list[str]) -> Column:
    """Which of the columns of that name is meant: that of the noun beside it, else the nearest."""
    beside = _beside(said, named)
    options = [c for c in named.columns if c.table in beside] or list(named.columns)
    holders = [c for c in options if c.table in tables[:1]]
    if holders:
        return min(holders, key=lambda c: len(c.words))
    shortest = min(len(c.words) for c in options)
    best = nearest(said.schema, [c for c in options if len(c.words) == shortest], tables)
    other = nearest(said.schema, options, tables)
    if best and other and tables:
        near, far = (graph.distance(said.schema, tables[0], c.table) for c in (other, best))
        return best if far - near < 3 else other
    return best or options[0]


def _beside(said: Said, named: ColumnLink) -> set[str]:
    """Tables named right before a column (`invoice total`) or after it (`total of an invoice`)."""
    found: set[str] = set()
    for one in said.links.tables:
        gap = said.tokens[min(one.last, named.last) + 1 : max(one.first, named.first)]
        small = all(
            t.low in {"of", "the", "a", "an", "our", "'s", "s", "all", "for", "each", "in", "any"}
            for t in gap
        )
        if small and len(gap) <= 3:
            found |= {table.name for table in one.tables}
    return found


def date_column(said: Said, table: PromptTable, *, verbs: bool = True) -> Column | None:
    """The date of a table's rows that the question means, by its verb; else the first."""
    dates = [c for c in table.columns if c.is_date]
    if verbs:
        said_words = {t.word for t in said.tokens} | {t.stem for t in said.tokens}
        for column in dates:
            meant = set(column.words) - {"date", "on", "at", "time"}
            meant |= {word for one in meant for word in vocabulary.same(one)}
            if _meets(meant, said_words):
                return column
    return dates[0] if dates else None


def _meets(meant: set[str], said_words: set[str]) -> bool:
    return bool(meant & said_words) or bool({stem(m) for m in meant} & said_words)
