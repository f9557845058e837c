"""Questions that lean on the one before: pronouns, `the first one`, `and in Saltby?`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from waypost_local.demo_model.data import dates, lexicon
from waypost_local.demo_model.data.query import Query, Scope, Unclear
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item, Tagger

_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_ONE = re.compile(
    r"\b(?:the )?(first|second|third|fourth|fifth|last)(?: one\b| of (?:them|these|those)\b|"
    r"(?=$|[?.!,]|'s?\b| (?:have|has|had|do|does|did|is|was|work|earn|"
    r"complete|cost|live|spend|pay|get)\b))",
    re.IGNORECASE,
)
_PLURAL = re.compile(
    r"\b((?:which|how many|who|what|all|any|most|some) )?(?:of )?(them|they|those|these|their)\b",
    re.IGNORECASE,
)
_SINGULAR = re.compile(
    r"\b(he|she|it|him|her|his|hers|its|that (?:one|person))\b",
    re.IGNORECASE,
)
_AND = re.compile(r"^\W*(and|what about|how about|or|but|also|now|then)\b[ ,]*", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_POSSESSIVE = frozenset(("their", "his", "her", "its"))

Reader = Callable[[Schema, Tagger, list[Item]], Query]


@dataclass(frozen=True)
class Earlier:
    """The question before: how it was read, and its items; None where it was not."""

    query: Query | None = None
    items: tuple[Item, ...] = ()
    listed: Query | None = None
    """The last one that gave several rows: what `the second one` counts in."""
    listing: tuple[Item, ...] = ()
    """Its items."""


def after(
    schema: Schema, tagger: Tagger, question: str, earlier: Earlier, reader: Reader
) -> Earlier:
    """The conversation as it is after one more question."""
    try:
        query, items = _read(schema, tagger, question, earlier, reader)
    except Unclear:
        return Earlier(None, (), earlier.listed)
    lists = query.kind in {"rows", "count", "groups", "distinct"} and not _is_of_one(query.scope)
    if not lists:
        return Earlier(query, tuple(items), earlier.listed, earlier.listing or earlier.items)
    return Earlier(query, tuple(items), query, tuple(items))


def _is_of_one(scope: Scope) -> bool:
    """Whether it speaks of one row that the conversation named before."""
    return bool(scope.row_of) or any(_is_of_one(related.scope) for related in scope.related)


def read(schema: Schema, tagger: Tagger, question: str, earlier: Earlier, reader: Reader) -> Query:
    return _read(schema, tagger, question, earlier, reader)[0]


def _read(
    schema: Schema, tagger: Tagger, question: str, earlier: Earlier, reader: Reader
) -> tuple[Query, list[Item]]:
    text = question.replace("\u2019", "'").strip()
    if re.match(r"any\b", text, re.IGNORECASE) and earlier.query and earlier.query.kind == "facts":
        text = f"{text.rstrip('?. ')} of it"
    if items := _with_rows(tagger, _AND.sub("", text), earlier):
        bare = [i for i in items if not (i.filler or i.operation in {"list", "who", "all"})]
        if len(bare) == 1 and bare[0].row and earlier.listed:
            return _listed(bare[0]), items
        return reader(schema, tagger, items), items
    leaning = _AND.match(text)
    items = tagger.tag(text[leaning.end() :] if leaning else text)
    if earlier.query and (leaning or _is_fragment(items)):
        for before in (earlier.items, earlier.listing):
            try:
                whole = _merged(list(before), items)
                return reader(schema, tagger, whole), whole
            except Unclear:
                if before is earlier.listing or not earlier.listing:
                    raise
    if leaning and not earlier.query:
        raise Unclear("I do not know what it goes on from.")
    pronoun = _SINGULAR.search(text) or _PLURAL.search(text)
    if pronoun and not (earlier.query or earlier.listed):
        raise Unclear(f"I do not know what \u201c{pronoun[0].strip()}\u201d means here.")
    return reader(schema, tagger, items), items


def _listed(item: Item) -> Query:
    """`List them`, `who are they`, `the second one`: the rows themselves."""
    assert isinstance(item.row, Scope)  # noqa: S101 - the caller looked
    table = item.row.table
    told = tuple(c for c in table.columns if not c.is_key)
    if item.row.row_of:
        rest = (*told, *(c for c in table.columns if c.references))
        return Query("facts", item.row, tuple(dict.fromkeys((*table.label, *rest))))
    labels = table.label or tuple(c for c in table.columns if not c.references)[:6]
    return Query("rows", item.row, labels, descending=False)


def _with_rows(tagger: Tagger, text: str, earlier: Earlier) -> list[Item] | None:
    """The items of a question in which a pronoun or an ordinal stands for rows."""
    query = earlier.query
    if (found := _ONE.search(text)) and earlier.listed:
        place = _ORDINALS[found[1].lower()]
        scope = Scope(_table(earlier.listed), row_of=(earlier.listed, place))
        return _placed(tagger, text, found.start(), found.end(), scope)
    if query is None:
        return None
    if found := _SINGULAR.search(text):
        if found[0].lower() in {"it", "its"} and re.match(
            r"^\W*(is|was) it\b.*\b(true|ok)\b", text
        ):
            return None
        return _placed(tagger, text, found.start(), found.end(), _single(query))
    if found := _PLURAL.search(text):
        start, end = found.span(2)
        if found[1] and found[1].lower().strip() in {"which", "how many", "who", "what"}:
            start = found.start() + len(found[1])
        return _placed(tagger, text, start, end, _several(query))
    return None


def _placed(tagger: Tagger, text: str, start: int, end: int, scope: Scope) -> list[Item]:
    before, after_ = tagger.tag(text[:start]), tagger.tag(text[end:])
    if text[start:end].strip().lower() in _POSSESSIVE:
        # `her jobs` are jobs of hers: the noun stands before whose it is.
        noun = next((n for n, item in enumerate(after_, 1) if item.tables), 0)
        if noun and not after_[noun - 1].columns:
            for item in after_[:noun]:
                item.at += before[-1].at + 1 if before else 0
            before, after_ = [*before, *after_[:noun]], after_[noun:]
    at = (before[-1].at if before else 0) + 2
    for item in after_:
        item.at += at + 1
    return [*before, Item(text[start:end].strip(), at, row=scope), *after_]


def _table(query: Query) -> PromptTable:
    return query.group.scope.table if query.group and query.group.scope else query.scope.table


def _single(query: Query) -> Scope:
    """The one row that was spoken of; whatever is counted is not one."""
    scope = query.scope
    if query.kind == "facts" or scope.row_of:
        return scope
    if query.best or query.limit == 1:
        return Scope(_table(query), row_of=(query, 0))
    for related in scope.related:
        inner = related.scope
        if inner.row_of or any(c.columns[0] in inner.table.label for c in inner.conditions):
            return inner
    if any(c.columns[0] in scope.table.label for c in scope.conditions):
        return scope
    raise Unclear("It is not clear which one is meant.")


def _several(query: Query) -> Scope:
    if query.kind in {"count", "rows", "exists"} and not query.limit and not query.best:
        return query.scope
    if query.kind in {"figure", "share"}:
        return query.scope
    if query.best or query.limit or query.group:
        one = _single(query) if query.best else None
        return one or Scope(_table(query), rows_of=query)
    return query.scope


def _is_fragment(items: list[Item]) -> bool:
    """`In Saltby?`, `by technician`, `last year`: nothing is asked, something is changed."""
    if not items or len(items) > 6:
        return False
    first = items[0]
    if first.operation in {"each", *("trend", "yearly", "quarterly")} or first.when:
        return all(i.filler or i.is_nominal or i.when or i is first for i in items)
    return first.text.lower() in {"in", "by", "for", "on", "from", "only", "during"} and not any(
        i.operation in {"how many", "who", "list"} for i in items
    )


def _merged(before: list[Item], new: list[Item]) -> list[Item]:
    """The question before, with what the new one names in the place of its like."""
    fresh = [replace(i, used=False) for i in new if not i.filler or i.text.lower() == "by"]
    if not fresh:
        raise Unclear("I do not know what it goes on about.")
    old = [replace(item, used=False) for item in before]
    if fresh[0].text.lower() == "by" or fresh[0].operation == "each":
        apart = [n for n, o in enumerate(old) if o.text.lower() == "by" or o.operation == "each"]
        old = old[: apart[0]] if apart else old
        end = max((o.at for o in old), default=0)
        return [*old, *(replace(f, at=end + 1 + n) for n, f in enumerate(fresh))]
    if any(
        i.operation
        in {"how many", "how much", "average", "who", "when", "where", "share", "list", "total"}
        for i in fresh
    ):
        return _asked_anew(old, fresh)
    for item in fresh:
        if item.when:
            fresh = [_in_its_year(f, old) if f is item else f for f in fresh]
            old = [o for o in old if not o.when]
        elif _is_superlative(item):
            adjectives = [o for o in old if _is_superlative(o) or o.operation in {"most", "fewest"}]
            if adjectives:
                old = [
                    replace(item, at=o.at) if o is adjectives[0] else o
                    for o in old
                    if o is adjectives[0]
                    or not (_is_superlative(o) or o.operation.endswith(" adj"))
                ]
                old = [o for o in old if not o.operation.endswith(" adj")]
                fresh = [f for f in fresh if f is not item]
        elif item.operation in {"most", "fewest", "mode", "-mode"}:
            old = [replace(item, at=o.at) if o.operation in {"most", "fewest"} else o for o in old]
            if any(o.operation == item.operation for o in old):
                fresh = [f for f in fresh if f is not item]
        elif item.values:
            kept = _without_like(old, item)
            taken = [o for o in old if o not in kept]
            tables = {c.table for o in taken for c, _ in o.values}
            tables |= {o.row.table.name for o in taken if isinstance(o.row, Scope)}
            like = tuple((c, v) for c, v in item.values if c.table in tables)
            fresh = [replace(f, values=like or f.values) if f is item else f for f in fresh]
            old = kept
        elif item.tables and not _follows_group(fresh, item):
            return _with_noun(old, fresh, item)
    end = max((o.at for o in old), default=0)
    return [*old, *(replace(f, at=end + 1 + n) for n, f in enumerate(fresh))]


def _in_its_year(item: Item, old: list[Item]) -> Item:
    """`And in May?`: the May of the year that was spoken of."""
    years = {o.when.first.year for o in old if o.when and o.when.first}
    if len(years) != 1 or _YEAR.search(item.text) or not _MONTH.search(item.text):
        return item
    year = years.pop()
    when = dates.whens(item.text, date(year, 12, 31))[0]
    return replace(item, text=f"{item.text} {year}", when=when)


def _is_superlative(item: Item) -> bool:
    word = item.text.lower()
    return (word.endswith("est") and lexicon.adjective(word) is not None) or (
        word in lexicon.ADJECTIVES and not item.is_nominal and not item.operation
    )


def _follows_group(fresh: list[Item], item: Item) -> bool:
    place = fresh.index(item)
    return place > 0 and (
        fresh[place - 1].operation == "each" or fresh[place - 1].text.lower() == "by"
    )


def _without_like(old: list[Item], item: Item) -> list[Item]:
    """Without the values of the same column, or of the same table's name."""
    columns: set[Column] = {column for column, _ in item.values}
    kept = [o for o in old if not ({c for c, _ in o.values} & columns)]
    if len(kept) == len(old):
        labels = {c.table for c in columns}
        kept = [o for o in old if not (isinstance(o.row, Scope) and o.row.table.name in labels)]
    return kept


def _with_noun(old: list[Item], fresh: list[Item], item: Item) -> list[Item]:
    """`And customers?`: the noun that was counted is another now, with its own restrictions."""
    place = next((n for n, o in enumerate(old) if o.tables), None)
    if place is None or len(fresh) != 1:
        raise Unclear(f"I do not know what \u201c{item.text}\u201d takes the place of.")
    if any(o.values or o.when for o in old):
        tables = {t.name for t in item.tables}
        if not any(c.table in tables for o in old for c, _ in o.values):
            old = [o for o in old if not o.values]
    return [*old[:place], replace(item, at=old[place].at), *old[place + 1 :]]


def _asked_anew(old: list[Item], fresh: list[Item]) -> list[Item]:
    """A whole question behind `and`: read for itself, with its fillers."""
    if any(i.is_nominal or i.text.lower() in lexicon.MONEY for i in fresh):
        return fresh
    raise Unclear("I do not know what it goes on about.")
