"""Words that name tables and columns."""

from collections.abc import Iterator

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.mentions import GRAMMAR, ColumnLink, Link, TableLink
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.words import stem

_TRADES = frozenset({"orders", "purchases", "bills", "transactions", "receipts", "invoices"})


def transactions(schema: Schema, place: int, word: str) -> Iterator[tuple[float, Link]]:
    """`orders` where what customers get is called an invoice."""
    if any(word in table.words for table in schema.tables):
        return
    found = [t for t in schema.tables if set(t.words) & vocabulary.TRANSACTIONS]
    dated = [t for t in found if any(c.is_date for c in t.columns)]
    if dated:
        yield 2.4, TableLink(place, place, (dated[0],), exact=False)


def is_name(schema: Schema, word: str) -> bool:
    """A word of grammar counts as a name only where a table or column is called just that."""
    if word not in {"total", "sum", "order", "group", "count", "number", "share"}:
        return False
    return any(t.words == (word,) for t in schema.tables) or any(
        c.words == (word,) for c in schema.columns
    )


def named_tables(
    schema: Schema, first: int, last: int, said: tuple[str, ...]
) -> Iterator[tuple[float, Link]]:
    exact = tuple(t for t in schema.tables if t.words == said or "".join(t.words) == "".join(said))
    if exact:
        yield 5, TableLink(first, last, exact)
        return
    keys = [
        c
        for c in schema.columns
        if c.references and c.words[:-1] == said and c.words[-1] == "id" and len(c.words) > 1
    ]
    for column in keys[:1]:
        assert column.references  # noqa: S101
        target = schema.table(column.references[0])
        if not (set(said) & set(target.words)):
            yield 4, TableLink(first, last, (target,), column)
            return
    near = tuple(
        t
        for t in schema.tables
        if same_name(t.words, said) or "".join(t.words) in vocabulary.same("".join(said))
    )
    if near:
        yield 3, TableLink(first, last, near, exact=False)
        return
    if len(said) == 1 and (role := _by_role(schema, said[0])):
        yield 2.2, TableLink(first, last, role, exact=False)
        return
    if len(said) == 1 and said[0] not in {"name", "date", "id"}:
        heads = tuple(t for t in schema.tables if len(t.words) > 1 and t.words[-1] == said[0])
        if heads:
            yield 2, TableLink(first, last, heads, exact=False)


def _by_role(schema: Schema, word: str) -> tuple[PromptTable, ...]:
    """`employees` where the only people who work there are called technicians."""
    for role in (vocabulary.WORKERS, vocabulary.BUYERS):
        if word in role:
            found = tuple(t for t in schema.tables if role & set(t.words))
            return found if len(found) == 1 else ()
    return ()


def same_name(words_of: tuple[str, ...], said: tuple[str, ...]) -> bool:
    if len(words_of) != len(said):
        return False
    return all(a == b or b in vocabulary.same(a) for a, b in zip(words_of, said, strict=True))


def named_columns(
    schema: Schema, first: int, last: int, said: tuple[str, ...]
) -> Iterator[tuple[float, Link]]:
    plain = [c for c in schema.columns if not c.is_key]
    exact = tuple(c for c in plain if c.words == said or "".join(c.words) == "".join(said))
    if exact:
        # `city` is also what `BillingCity` holds.
        wider = tuple(c for c in plain if c not in exact and c.words[-len(said) :] == said)
        yield 4.5, ColumnLink(first, last, exact + wider)
        return
    whole = tuple(
        c
        for c in plain
        if len(c.words) > 1 and (c.words[0] in _table_words(schema, c) and c.words[1:] == said)
    )
    if whole:
        yield 4.2, ColumnLink(first, last, whole)
        return
    tail = tuple(c for c in plain if len(c.words) > len(said) and c.words[-len(said) :] == said)
    if tail and said != ("name",):
        yield 2.6, ColumnLink(first, last, tail, exact=False)
        return
    near = tuple(c for c in plain if same_name(c.words, said))
    if near and not (len(said) == 1 and said[0] in vocabulary.MONEY):
        yield 2.8, ColumnLink(first, last, near, exact=False)
        return
    if len(said) == 1 and len(said[0]) > 3 and said[0] not in GRAMMAR | {"name", "date"}:
        inside = tuple(c for c in plain if any(_alike(word, said[0]) for word in c.words))
        if inside:
            yield 1.5, ColumnLink(first, last, inside, exact=False)


def _alike(word: str, said: str) -> bool:
    if word in {"name", "date", "id", "on", "at"}:
        return False
    return (
        word == said
        or (len(word) > 3 and stem(word) == stem(said))
        or said in vocabulary.same(word)
    )


def _table_words(schema: Schema, column: Column) -> tuple[str, ...]:
    return schema.table(column.table).words
