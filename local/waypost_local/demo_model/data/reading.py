"""A question read as a query, of which every word must have had a part, or it is refused.

An item of the question is `used` once the query rests on it. What is left at the end, and is none
of the few words that carry nothing, is a word that the reader did not understand.
"""

import re
from dataclasses import replace

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.figures import figure, grouping
from waypost_local.demo_model.data.kinds import facts, rows, share, whether
from waypost_local.demo_model.data.query import (
    Query,
    Scope,
    Unclear,
)
from waypost_local.demo_model.data.rankings import ranking
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.sentence import Sentence
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import stem

_PAYING = frozenset(("spent", "spend", "spends", "pay", "pays", "paid", "owe", "owes"))
_KINDS = (share, ranking, figure, facts, whether)


def read(schema: Schema, items: list[Item]) -> Query:
    """Raises Unclear: a word has no part in what could be read, or it means several things."""
    sentence = Sentence(schema, items)
    asks_who = sentence.op("who") is not None
    query = next((found for kind in _KINDS if (found := kind(sentence))), None) or rows(sentence)
    if asks_who and not _result_table(query).is_person:
        raise Unclear("It is not clear whom \u201cwho\u201d means.")
    _is_possible(query.scope)
    _account(sentence, query)
    return replace(query, notes=tuple(item.note for item in items if item.note))


def _account(sentence: Sentence, query: Query) -> None:
    """Raises Unclear at the first word that has no part in the query."""
    named = _words_of(query)
    scope = query.scope
    several = len({column.table for column in _columns_of(query)}) > 1 or bool(scope.related)
    restricted = scope != Scope(scope.table) or bool(query.group or query.order)
    of_money = bool(query.measure and query.measure.is_money)
    apart = grouping(sentence)
    if apart and apart.filler:
        raise Unclear(f"I do not understand \u201c{apart.text}\u201d here.")
    for item in sentence.free():
        low = item.low
        unit = sentence.next(item) if item.operation == "each" else item
        if not (
            item.filler
            or item.operation in {"list", "all", "any"}
            or (item.operation == "yet" and restricted)
            or (unit and not unit.values and _is_named(unit.low, named))
            or (low in lexicon.LINKING and (several or restricted or scope.table.is_person))
            or (low in lexicon.BUYING and several and (low not in _PAYING or of_money))
        ):
            raise Unclear(f"I do not understand \u201c{item.text}\u201d here.")


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
