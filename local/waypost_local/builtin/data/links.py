"""Which words of a question name what: tables, columns, values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from waypost_local.builtin.data import vocabulary
from waypost_local.builtin.data.schema import Column, Schema, Table
from waypost_local.builtin.data.text import Token
from waypost_local.builtin.words import singular, stem, words

_OPERATORS = frozenset(
    re.findall(
        r"\S+",
        "how many much what which who whom whose when where why is are was were be been do "
        "does did "
        "has have had the a an of in on at by for from to with without and or not no never than "
        "more less most least fewest few fewer top bottom best worst highest lowest largest "
        "smallest longest shortest oldest newest latest earliest cheapest average mean maximum "
        "minimum max min list show all any each every per number count distinct different unique "
        "our we us you they their them there it its this that these those between over under above "
        "below since before after during last first next year month week day quarter today only "
        "please give tell me i can could would should other than except excluding "
        "group grouped order ordered sort sorted into so as up out off own new old big high low "
        "long short many lot lots total sum overall altogether percent percentage share s",
    )
)
_PLACE_BEFORE = {"in", "from", "at", "near", "outside", "within", "to"}


@dataclass(frozen=True)
class TableLink:
    first: int
    last: int
    """Token numbers, `last` included."""
    tables: tuple[Table, ...]
    via: Column | None = None
    """The key column whose name was said, such as a support rep among employees."""
    exact: bool = True


@dataclass(frozen=True)
class ColumnLink:
    first: int
    last: int
    columns: tuple[Column, ...]
    exact: bool = True


@dataclass(frozen=True)
class ValueLink:
    first: int
    last: int
    options: tuple[tuple[tuple[Column, ...], str], ...]
    """Columns (two for a person's whole name) with the value as it is stored."""
    negated: bool = False
    guessed: bool = False
    """No value of the database that was shown: a name that the question says, in part perhaps."""


Link = TableLink | ColumnLink | ValueLink


@dataclass
class Links:
    tables: list[TableLink] = field(default_factory=list)
    columns: list[ColumnLink] = field(default_factory=list)
    values: list[ValueLink] = field(default_factory=list)

    def at(self, place: int) -> Link | None:
        every: list[Link] = [*self.tables, *self.columns, *self.values]
        return next((link for link in every if link.first <= place <= link.last), None)

    def drop(self, link: Link) -> None:
        for held in (self.tables, self.columns, self.values):
            if link in held:
                held.remove(link)  # type: ignore[arg-type]


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
    plain = token.low in _OPERATORS or token.low in {"sql", "id", "ok", "i'm", "i'd"}
    return token.capital and not used and not plain and token.text[-1:].isalnum()


def _candidates(schema: Schema, tokens: list[Token]) -> Iterator[tuple[float, Link]]:
    yield from _values(schema, tokens)
    for first in range(len(tokens)):
        for last in range(first, min(first + 3, len(tokens))):
            said = tuple(token.word for token in tokens[first : last + 1])
            if first == last and tokens[first].low in _TRADES:
                yield from _transactions(schema, first, said[0])
            if len(said) == 1 and said[0] in _OPERATORS and not _is_name(schema, said[0]):
                continue
            yield from _tables(schema, first, last, said)
            yield from _columns(schema, first, last, said)


_TRADES = frozenset({"orders", "purchases", "bills", "transactions", "receipts", "invoices"})


def _transactions(schema: Schema, place: int, word: str) -> Iterator[tuple[float, Link]]:
    """`orders` where what customers get is called an invoice."""
    if any(word in table.words for table in schema.tables):
        return
    found = [t for t in schema.tables if set(t.words) & vocabulary.TRANSACTIONS]
    dated = [t for t in found if any(c.is_date for c in t.columns)]
    if dated:
        yield 2.4, TableLink(place, place, (dated[0],), exact=False)


def _is_name(schema: Schema, word: str) -> bool:
    """A word of grammar counts as a name only where a table or column is called just that."""
    if word not in {"total", "sum", "order", "group", "count", "number", "share"}:
        return False
    return any(t.words == (word,) for t in schema.tables) or any(
        c.words == (word,) for c in schema.columns
    )


def _tables(
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
        if _same_name(t.words, said) or "".join(t.words) in vocabulary.same("".join(said))
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


def _by_role(schema: Schema, word: str) -> tuple[Table, ...]:
    """`employees` where the only people who work there are called technicians."""
    for role in (vocabulary.WORKERS, vocabulary.BUYERS):
        if word in role:
            found = tuple(t for t in schema.tables if role & set(t.words))
            return found if len(found) == 1 else ()
    return ()


def _same_name(words_of: tuple[str, ...], said: tuple[str, ...]) -> bool:
    if len(words_of) != len(said):
        return False
    return all(a == b or b in vocabulary.same(a) for a, b in zip(words_of, said, strict=True))


def _columns(
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
    near = tuple(c for c in plain if _same_name(c.words, said))
    if near and not (len(said) == 1 and said[0] in vocabulary.MONEY):
        yield 2.8, ColumnLink(first, last, near, exact=False)
        return
    if len(said) == 1 and len(said[0]) > 3 and said[0] not in _OPERATORS | {"name", "date"}:
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


def _values(schema: Schema, tokens: list[Token]) -> Iterator[tuple[float, Link]]:
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
        if column.complete or any(t.capital and t.low not in _OPERATORS for t in span):
            return all(t.low in _OPERATORS for t in span)
        return span[0].low in _OPERATORS or any(t.capital for t in tokens[1:])
    token = tokens[first]
    if token.word in _OPERATORS or token.low in _OPERATORS:
        # `US` is a country where it is written so.
        return not (
            token.text.isupper() and len(token.text) > 1 and column.words[-1] in vocabulary.PLACES
        )
    if token.number is not None:
        return not re.search(r"zip|postal|phone|code|number", column.name.lower())
    named = any(
        t.words == (token.word,) or _same_name(t.words, (token.word,)) for t in schema.tables
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
        if token.word in _OPERATORS or token.number is not None or len(token.low) < 4:
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


def preposition(tokens: list[Token], first: int) -> str:
    """The word before a link, articles left out."""
    place = first - 1
    while place >= 0 and tokens[place].low in {"the", "a", "an", "our", '"', "'", "all"}:
        place -= 1
    return tokens[place].low if place >= 0 else ""


def in_a_place(tokens: list[Token], first: int) -> bool:
    return preposition(tokens, first) in _PLACE_BEFORE
