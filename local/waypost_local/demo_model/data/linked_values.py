"""Words that are values of the database."""

import re
from collections.abc import Iterator

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.linked_names import same_name
from waypost_local.demo_model.data.mentions import GRAMMAR, Link, ValueLink
from waypost_local.demo_model.data.schema import Column, Schema
from waypost_local.demo_model.data.text import Token
from waypost_local.demo_model.words import singular, stem, words


def values(schema: Schema, tokens: list[Token]) -> Iterator[tuple[float, Link]]:
    spans: dict[tuple[int, int], list[tuple[Column, str]]] = {}
    index = _by_words(schema)
    longest = max((len(key) for key in index), default=0)
    flat = [_flat(token) for token in tokens]
    for first in range(len(tokens)):
        if not flat[first]:
            continue
        for last in range(first, min(first + longest + 3, len(tokens))):
            if not flat[last]:
                continue
            said = tuple(part for parts in flat[first : last + 1] for part in parts)
            for column, value in index.get(said, ()):
                if not _spurious(schema, tokens, first, last, column):
                    spans.setdefault((first, last), []).append((column, value))
    yield from _whole_names(schema, spans)
    for (first, last), options in spans.items():
        weight = 6.0 if _sure(tokens, first, last) else 2.7
        yield weight, ValueLink(first, last, tuple(((c,), v) for c, v in dict.fromkeys(options)))
    yield from _states(schema, tokens)
    yield from _countries(schema, tokens)


def _by_words(schema: Schema) -> dict[tuple[str, ...], list[tuple[Column, str]]]:
    index: dict[tuple[str, ...], list[tuple[Column, str]]] = {}
    listed = [(c, v) for c in schema.columns if c.complete and not c.is_date for v in c.values]
    for column, value in dict.fromkeys([*schema.mentioned, *listed]):
        key = tuple(singular(part) for word in words(value) for part in _parts(word))
        if key:
            index.setdefault(key, []).append((column, value))
    return index


def _parts(word: str) -> list[str]:
    return [part for part in re.split(r"[._/&+'\u2019-]+", word) if part]


def _flat(token: Token) -> list[str]:
    text = re.sub(r"['\u2019]s?$", "", token.text)
    return [singular(part) for part in _parts(text) if part[0].isalnum()]


def _spurious(schema: Schema, tokens: list[Token], first: int, last: int, column: Column) -> bool:
    """A common word that happens to be some row's name."""
    if first != last:
        span = tokens[first : last + 1]
        if column.complete or any(t.capital and t.low not in GRAMMAR for t in span):
            return all(t.low in GRAMMAR for t in span)
        return span[0].low in GRAMMAR or any(t.capital for t in tokens[1:])
    token = tokens[first]
    if token.word in GRAMMAR or token.low in GRAMMAR:
        # `US` is a country where it is written so.
        return not (
            token.text.isupper() and len(token.text) > 1 and column.words[-1] in vocabulary.PLACES
        )
    if token.number is not None:
        return not re.search(r"zip|postal|phone|code|number", column.name.lower())
    named = any(
        t.words == (token.word,) or same_name(t.words, (token.word,)) for t in schema.tables
    )
    if named and not (token.capital and first > 0):
        return True
    called = any(c.words == (token.word,) for c in schema.columns)
    if called and not token.capital:
        return True
    return not column.complete and not token.capital and _lower_is_plain(tokens, first)


def _lower_is_plain(tokens: list[Token], place: int) -> bool:
    """In a question with capitals, a word without one names nothing; quotes always do."""
    if place and tokens[place - 1].text in "\"'\u201c\u2018":
        return False
    return any(t.capital for t in tokens[1:]) or tokens[place].word in _COMMON_VERBS


_COMMON_VERBS = frozenset(
    [
        "work",
        "live",
        "play",
        "make",
        "sell",
        "sold",
        "buy",
        "bought",
        "spend",
        "earn",
        "place",
        "hire",
        "bear",
        "born",
        "report",
        "manage",
        "use",
        "look",
        "help",
        "support",
        "belong",
        "start",
        "end",
        "come",
        "go",
        "get",
        "find",
        "love",
        "time",
        "home",
        "people",
        "money",
        "music",
        "name",
        "done",
        "take",
        "want",
        "need",
        "like",
        "call",
        "contain",
        "begin",
        "happen",
        "happened",
        "generate",
        "bring",
        "brought",
    ]
)


def _sure(tokens: list[Token], first: int, last: int) -> bool:
    if last > first:
        return True
    if first and tokens[first - 1].text in "\"'\u201c\u2018":
        return True
    return tokens[first].capital and first > 0


def _whole_names(
    schema: Schema, spans: dict[tuple[int, int], list[tuple[Column, str]]]
) -> Iterator[tuple[float, Link]]:
    """A first name before a last name is one person."""
    for (first, middle), options in spans.items():
        for (start, last), others in spans.items():
            if start != middle + 1:
                continue
            pairs = tuple(
                ((a, b), f"{x} {y}")
                for a, x in options
                for b, y in others
                if a.table == b.table and schema.table(a.table).label == (a, b)
            )
            if pairs:
                yield 8, ValueLink(first, last, pairs)


def _states(schema: Schema, tokens: list[Token]) -> Iterator[tuple[float, Link]]:
    """`unpaid` where one is `paid`, `complete` where one is `completed`."""
    for place, token in enumerate(tokens):
        if token.word in GRAMMAR or token.number is not None or len(token.low) < 4:
            continue
        if token.capital and place:
            continue
        for prefix in ("un", "in", "non", ""):
            if not token.low.startswith(prefix):
                continue
            rest = stem(token.low.removeprefix(prefix).lstrip("-"))
            options = tuple(
                ((column,), value)
                for column in schema.columns
                if column.complete and column.is_text
                for value in column.values
                if len(words(value)) == 1 and len(rest) > 2 and _same_state(value, rest, token.low)
            )
            named = any(token.word in t.words for t in schema.tables)
            if options and not named:
                yield (2.5 if prefix else 2.3), ValueLink(place, place, options, bool(prefix))
                break


def _same_state(value: str, rest: str, said: str) -> bool:
    """`plumbers` are in plumbing, `electricians` in what is electrical."""
    if stem(value) == rest:
        return True
    trade = re.search(r"(ian|er|ist)s?$", said)
    return bool(trade) and len(value) > 6 and value.lower()[:7] == said[:7]


def _countries(schema: Schema, tokens: list[Token]) -> Iterator[tuple[float, Link]]:
    for first in range(len(tokens)):
        for last in range(first, min(first + 3, len(tokens))):
            said = " ".join(t.text for t in tokens[first : last + 1])
            said = re.sub(r"['\u2019]s$", "", said)
            if said.lower() == "us" and not said.isupper():
                continue
            names = vocabulary.country(said)
            options = tuple(
                ((column,), value)
                for column in schema.columns
                if column.is_text and column.values
                for value in column.values
                if value.lower() in names
            )
            if options:
                yield 5.5, ValueLink(first, last, options)
