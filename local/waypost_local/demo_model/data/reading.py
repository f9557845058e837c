"""A question read as a query, of which every word must have had a part, or it is refused.

An item of the question is `used` once the query rests on it. What is left at the end, and is none
of the few words that carry nothing, is a word that the reader did not understand.
"""

import re
from dataclasses import replace

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.lookups import LookupReader
from waypost_local.demo_model.data.query import (
    Query,
    Scope,
    Unclear,
)
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import stem

_PAYING = frozenset(("spent", "spend", "spends", "pay", "pays", "paid", "owe", "owes"))


def read(schema: Schema, items: list[Item]) -> Query:
    """Raises Unclear: a word has no part in what could be read, or it means several things."""
    return _Reader(schema, items).read()


class _Reader(LookupReader):
    """Tries one kind of question after the other."""

    def read(self) -> Query:
        self._asks_who = self._op("who") is not None
        query = self._first_that_fits()
        query = replace(query, notes=tuple(item.note for item in self.items if item.note))
        self._account(query)
        return query

    def _is_of_money(self, query: Query) -> bool:
        return bool(self.settled or (query.measure and query.measure.is_money))

    def _first_that_fits(self) -> Query:
        """A kind that gives up gives back the words that it took."""
        used = [item.used for item in self.items]
        for kind in (
            self._share,
            self._ranking,
            self._grouped,
            self._figure,
            self._lookup,
            self._count,
            self._exists,
        ):
            if query := kind():
                return query
            for item, was_used in zip(self.items, used, strict=True):
                item.used = was_used
            self.settled = []
        return self._listing()

    def _account(self, query: Query) -> None:
        """Raises Unclear at the first word that has no part in the query."""
        _is_possible(query.scope)
        if self._asks_who and not _result_table(query).is_person:
            raise Unclear("It is not clear whom \u201cwho\u201d means.")
        named = _words_of(query)
        several = len({column.table for column in _columns_of(query)}) > 1 or query.scope.related
        restricted = bool(
            query.scope.conditions
            or query.scope.related
            or query.group
            or query.order
            or query.scope.row_of
            or query.scope.rows_of
        )
        for item in self.items:
            low = item.text.lower()
            if item.used or item.filler or item.operation in {"list", "all"}:
                continue
            if item.operation == "any" or (item.operation == "yet" and restricted):
                continue
            if (
                item.operation == "each"
                and (unit := self._next(item))
                and (_is_named(unit.text.lower(), named) and not unit.values)
            ):
                continue
            if item.operation == "about" and query.kind in {"facts", "rows"}:
                continue
            if _is_named(low, named) and not item.values:
                continue
            if low in lexicon.LINKING and (several or restricted or query.scope.table.is_person):
                continue
            if (
                low in lexicon.BUYING
                and several
                and (low not in _PAYING or self._is_of_money(query))
            ):
                continue
            raise Unclear(f"I do not understand \u201c{item.text}\u201d here.", item.text)


def _is_possible(scope: Scope) -> None:
    """Raises Unclear where no row could ever meet all the conditions: they were not meant so."""
    equal = [c for c in scope.conditions if c.operator == "=" and not c.negated]
    for one in equal:
        for other in equal:
            if one.columns == other.columns and not set(one.values) & set(other.values):
                both = " and ".join(f"\u201c{c.values[0]}\u201d" for c in (one, other))
                raise Unclear(f"No {scope.table.name} can be {both} at once.")
    absent = [r for r in scope.related if r.negated and r.scope == Scope(r.scope.table)]
    for related in scope.related:
        if not related.negated and any(r.path[0] == related.path[0] for r in absent):
            raise Unclear(f"It is not clear which {related.scope.table.name} are missing.")
        _is_possible(related.scope)


def _result_table(query: Query) -> PromptTable:
    return query.group.scope.table if query.group and query.group.scope else query.scope.table


def _words_of(query: Query) -> set[str]:
    """Stems of the names of the tables and columns that a query rests on."""
    columns = _columns_of(query)
    words = {w for c in columns for w in (*c.words, *re.findall(r"\w+", c.table))}
    words |= {w for table in _tables_of(query.scope) for w in table.words}
    if query.group and query.group.part:
        words.add(query.group.part)
    return {*words, *(stem(word) for word in words if len(word) > 2)}


def _is_named(word: str, named: set[str]) -> bool:
    """A form of a word of the names, or what an adjective of them is made of: hour, hourly."""
    return stem(word) in named or (
        len(word) > 3
        and any(other.startswith(word) and len(other) <= len(word) + 2 for other in named)
    )


def _columns_of(query: Query) -> list[Column]:
    found = [c for c in query.columns if query.kind in {"facts", "distinct"} or c is query.order]
    found += list(query.measure.columns) if query.measure else []
    found += [query.order] if query.order else []
    if query.group:
        found += [query.group.column] if query.group.column else []
        found += _columns_in(query.group.scope) if query.group.scope else []
    return found + _columns_in(query.scope)


def _columns_in(scope: Scope) -> list[Column]:
    own = [column for condition in scope.conditions for column in condition.columns]
    return own + [c for related in scope.related for c in _columns_in(related.scope)]


def _tables_of(scope: Scope) -> list[PromptTable]:
    return [scope.table, *(t for r in scope.related for t in _tables_of(r.scope))]
