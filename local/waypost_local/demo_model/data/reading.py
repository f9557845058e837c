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


def read(schema: Schema, items: list[Item]) -> Query:
    """Raises Unclear: a word has no part in what could be read, or it means several things."""
    return _Reader(schema, items).read()


class _Reader(LookupReader):
    """Tries one kind of question after the other."""

    def read(self) -> Query:
        query = (
            self._share()
            or self._ranking()
            or self._grouped()
            or self._figure()
            or self._lookup()
            or self._count()
            or self._exists()
            or self._listing()
        )
        query = replace(query, notes=tuple(item.note for item in self.items if item.note))
        self._account(query)
        return query

    def _account(self, query: Query) -> None:
        """Raises Unclear at the first word that has no part in the query."""
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
            if low in lexicon.BUYING and several:
                continue
            raise Unclear(f"I do not understand \u201c{item.text}\u201d here.", item.text)


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
