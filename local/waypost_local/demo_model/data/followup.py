"""Questions that lean on the one before: pronouns, `the first one`, `and in Saltby?`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from waypost_local.demo_model.data import dates, lexicon
from waypost_local.demo_model.data.query import Query, Scope, Unclear
from waypost_local.demo_model.data.schema import PromptTable
from waypost_local.demo_model.data.tagging import Item, Tagger

_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_ONE = re.compile(
    r"\b(?:the )?(first|second|third|fourth|fifth|last)(?: one\b| of (?:them|these|those)\b|"
    r"(?=$|[?.!,]|'s?\b| (?:have|has|had|do|does|did|is|was|work|earn|"
    r"complete|cost|live|spend|pay|get)\b))",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"\b(?:of )?(them|they|those|these|their)\b", re.IGNORECASE)
_SINGULAR = re.compile(r"\b(he|she|it|him|her|his|hers|its|that (?:one|person))\b", re.IGNORECASE)
_AND = re.compile(r"^\W*(and|what about|how about|or|but|also|now|then)\b[ ,]*", re.IGNORECASE)
_MONTH = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_POSSESSIVE = frozenset(("their", "his", "her", "its"))
_ASKING = frozenset(
    ("how many", "how much", "average", "who", "when", "where", "share", "list", "total")
)
_APART = frozenset(("each", "trend", "yearly", "quarterly"))
_LEADING = frozenset(("in", "by", "for", "on", "from", "only", "during"))

Reader = Callable[[Tagger, list[Item]], Query]


@dataclass(frozen=True)
class Earlier:
    """The question before: how it was read, and its items; None where it was not."""

    query: Query | None = None
    items: tuple[Item, ...] = ()
    listed: Query | None = None
    """The last one that gave several rows: what `the second one` counts in."""
    listing: tuple[Item, ...] = ()
    """Its items."""


def after(tagger: Tagger, question: str, earlier: Earlier, reader: Reader) -> Earlier:
    """The conversation as it is after one more question."""
    try:
        query, items = read(tagger, question, earlier, reader)
    except Unclear:
        return Earlier(None, (), earlier.listed)
    of_one = query.scope.row_of or any(related.scope.row_of for related in query.scope.related)
    if of_one or query.kind not in {"rows", "count", "groups", "distinct"}:
        return Earlier(query, tuple(items), earlier.listed, earlier.listing or earlier.items)
    return Earlier(query, tuple(items), query, tuple(items))


def read(
    tagger: Tagger, question: str, earlier: Earlier, reader: Reader
) -> tuple[Query, list[Item]]:
    """A question and its items, read with the one before it. Raises Unclear."""
    text = question.replace("\u2019", "'").strip()
    if re.match(r"any\b", text, re.IGNORECASE) and earlier.query and earlier.query.kind == "facts":
        text = f"{text.rstrip('?. ')} of it"
    if items := _with_rows(tagger, _AND.sub("", text), earlier):
        bare = [i for i in items if not (i.filler or i.operation in {"list", "who", "all"})]
        if len(bare) == 1 and bare[0].row and earlier.listed:
            return _rows(bare[0].row), items
        return reader(tagger, items), items
    leaning = _AND.match(text)
    items = tagger.tag(text[leaning.end() :] if leaning else text)
    if leaning and not earlier.query:
        raise Unclear("I do not know what it goes on from.")
    if leaning or (earlier.query and _is_fragment(items)):
        try:
            whole = _merged(earlier.items, items)
            return reader(tagger, whole), whole
        except Unclear:
            whole = _merged(earlier.listing, items)
            return reader(tagger, whole), whole
    pronoun = _SINGULAR.search(text) or _PLURAL.search(text)
    if pronoun and not (earlier.query or earlier.listed):
        raise Unclear(f"I do not know what \u201c{pronoun[0].strip()}\u201d means here.")
    return reader(tagger, items), items


def _rows(scope: Scope) -> Query:
    """`List them`, `who are they`, `the second one`: the rows themselves."""
    table = scope.table
    told = tuple(c for c in table.columns if not c.is_key)
    if scope.row_of:
        linked = tuple(c for c in table.columns if c.references)
        return Query("facts", scope, tuple(dict.fromkeys((*table.label, *told, *linked))))
    keys = tuple(c for c in table.columns if c.primary)
    return Query("rows", scope, table.label or (*keys, *told)[:6], descending=False)


def _with_rows(tagger: Tagger, text: str, earlier: Earlier) -> list[Item] | None:
    """The items of a question in which a pronoun or an ordinal stands for rows."""
    query = earlier.query
    if (found := _ONE.search(text)) and earlier.listed:
        place = _ORDINALS[found[1].lower()]
        scope = Scope(_table(earlier.listed), row_of=(earlier.listed, place))
    elif query and (found := _SINGULAR.search(text)):
        scope = _single(query)
    elif query and (found := _PLURAL.search(text)):
        scope = _several(query)
    else:
        return None
    before, behind = tagger.tag(text[: found.start()]), tagger.tag(text[found.end() :])
    row = Item(found[0].strip(), 0, row=scope)
    if row.low in _POSSESSIVE:
        # `her jobs` are jobs of hers: the noun stands before whose it is.
        nouns = [n for n, item in enumerate(behind, 1) if item.tables and not item.columns][:1]
        before, behind = [*before, *behind[: sum(nouns)]], behind[sum(nouns) :]
    return _renumbered([*before, row, *behind])


def _renumbered(items: list[Item]) -> list[Item]:
    return [replace(item, at=n, used=False) for n, item in enumerate(items)]


def _table(query: Query) -> PromptTable:
    return query.group.scope.table if query.group and query.group.scope else query.scope.table


def _single(query: Query) -> Scope:
    """The one row that was spoken of; whatever is counted is not one."""
    scope = query.scope
    if query.kind == "facts" or scope.row_of:
        return scope
    if query.best or query.limit == 1:
        return Scope(_table(query), row_of=(query, 0))
    for one in (*(related.scope for related in scope.related), scope):
        if one.row_of or any(c.columns[0] in one.table.label for c in one.conditions):
            return one
    raise Unclear("It is not clear which one is meant.")


def _several(query: Query) -> Scope:
    if query.best:
        return _single(query)
    return Scope(_table(query), rows_of=query) if query.limit or query.group else query.scope


def _is_fragment(items: list[Item]) -> bool:
    """`In Saltby?`, `by technician`, `last year`: nothing is asked, something is changed."""
    first, *rest = items or [Item("", 0)]
    if first.operation in _APART or first.when:
        return all(i.filler or i.is_nominal or i.when for i in rest)
    asks = any(i.operation in _ASKING for i in rest)
    return first.low in _LEADING and len(rest) < 6 and not asks


def _merged(before: tuple[Item, ...], new: list[Item]) -> list[Item]:
    """The question before, with what the new one names in the place of its like."""
    fresh = [item for item in new if not item.filler or item.low == "by"]
    old = list(before)
    if not fresh or not old:
        raise Unclear("I do not know what it goes on about.")
    if _is_apart(fresh[0]):
        apart = [n for n, item in enumerate(old) if _is_apart(item)]
        return _renumbered([*(old[: apart[0]] if apart else old), *fresh])
    if any(item.operation in _ASKING for item in fresh):
        return _renumbered(fresh)
    for item in fresh:
        alike = [other for other in old if _are_alike(item, other)]
        if kind := _kind_of(item, fresh):
            # `In the Coast region`: the noun says what its neighbour is, and replaces nothing.
            if _other_places([i for i in old if i is not kind], kind):
                raise Unclear(f"I do not know what \u201c{kind.text}\u201d takes the place of.")
            old.append(item)
            continue
        if item.tables and (len(alike) != 1 or _restricts_another(old, item)):
            raise Unclear(f"I do not know what \u201c{item.text}\u201d takes the place of.")
        tables = {c.table for o in alike for c, _ in o.values}
        tables |= {o.row.table.name for o in alike if o.row}
        same = tuple(one for one in item.values if one[0].table in tables)
        fitted = replace(_in_its_year(item, alike), values=same or item.values)
        place = old.index(alike[0]) if alike else len(old)
        old = [other for other in old if other not in alike]
        old.insert(place, fitted)
    return _renumbered(old)


def _kind_of(noun: Item, items: list[Item]) -> Item | None:
    """The value beside a noun that is one of its rows: `the Coast region`."""
    names = {table.name for table in noun.tables}
    beside = (i for i in items if i is not noun and abs(i.at - noun.at) == 1)
    return next((i for i in beside if {c.table for c, _ in i.values} & names), None)


def _other_places(old: list[Item], value: Item) -> bool:
    """Whether another place was named, which this one may replace or narrow."""
    columns = {column for column, _ in value.values}
    return any(
        column.words[-1] in lexicon.PLACES and column not in columns
        for item in old
        for column, _ in item.values
    )


def _restricts_another(old: list[Item], noun: Item) -> bool:
    """Whether a value stands there that is of no row of the noun's table."""
    tables = {table.name for table in noun.tables}
    return any(i.values and not {c.table for c, _ in i.values} & tables for i in old)


def _is_apart(item: Item) -> bool:
    return item.low == "by" or item.operation in _APART


def _are_alike(new: Item, old: Item) -> bool:
    """Two times, two superlatives, two values of a column, or two nouns that are counted."""
    if new.when or _is_superlative(new):
        return bool(new.when and old.when) or (_is_superlative(new) and _is_superlative(old))
    if new.values:
        columns = {column for column, _ in new.values}
        of_row = old.row is not None and old.row.table.name in {c.table for c in columns}
        return of_row or bool(columns & {column for column, _ in old.values})
    return bool(new.tables and old.tables)


def _is_superlative(item: Item) -> bool:
    adjective = item.low in lexicon.ADJECTIVES or lexicon.adjective(item.low)
    return item.operation in {"most", "fewest"} or bool(
        adjective and not (item.is_nominal or item.operation)
    )


def _in_its_year(item: Item, alike: list[Item]) -> Item:
    """`And in May?`: the May of the year that was spoken of."""
    years = {other.when.first.year for other in alike if other.when and other.when.first}
    if len(years) != 1 or re.search(r"\d{4}", item.text) or not _MONTH.search(item.text):
        return item
    (year,) = years
    when = dates.whens(item.text, date(year, 12, 31))[0]
    return replace(item, text=f"{item.text} {year}", when=when)
