"""The most, the cheapest, the top five: rows and groups by a figure or a column."""

from dataclasses import dataclass, replace

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.figures import (
    PART_WORDS,
    Figure,
    Target,
    grouped,
    measured,
    quantity_of,
)
from waypost_local.demo_model.data.kinds import names_of
from waypost_local.demo_model.data.nodes import Node, event_date
from waypost_local.demo_model.data.query import Measure, Query, Unclear
from waypost_local.demo_model.data.restrictions import restrict
from waypost_local.demo_model.data.schema import Column
from waypost_local.demo_model.data.sentence import Noun, Sentence, is_money
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular


@dataclass(frozen=True)
class Superlative:
    """What marks a ranking, the columns that it speaks of, and whether much is meant."""

    item: Item
    base: str
    about: tuple[str, ...]
    descending: bool


def ranking(sentence: Sentence) -> Query | None:
    """Rows or groups, those with the highest or the lowest figure first."""
    found = _superlative(sentence)
    if found is None:
        return None
    marker, limit = found.item, _limit(sentence, found.item)
    sentence.take("list")
    if marker.operation in {"mode", "-mode"}:
        return _most_common(sentence, found)
    if marker.operation in {"top", "bottom"}:
        by = sentence.word({"by", "in terms of"}) or sentence.op("order")
        if by is None:
            raise Unclear("It is not said by what they are ranked.")
        by.used = True
        target = sentence.who() or _target(sentence, by, marker)
        start = sentence.next(by, "how many", "total", "most")
        while sentence.take("how many", "total", "most"):
            pass
        return _ranked(sentence, target, start, found, limit or 10)
    behind = sentence.next(marker)
    phrase = sentence.phrase(behind) if behind and behind.is_nominal else []
    reckons = bool(phrase) and any(c.is_number or c.is_date for c in phrase[-1].columns)
    reckons = reckons and not (phrase[-1].tables or phrase[-1].values)
    reckons = reckons or bool(behind and is_money(behind))
    if found.about and not reckons:
        return _extreme(sentence, found, limit, behind if phrase else None)
    target_ = sentence.who() or _target(sentence, marker)
    return _ranked(sentence, target_, behind if phrase or reckons else None, found, limit)


def _superlative(sentence: Sentence) -> Superlative | None:
    """`top`, `most`, `fewest`, `cheapest`, `most expensive`, `hired last`."""
    if item := sentence.take("top", "bottom", "mode", "-mode"):
        return Superlative(item, "", (), item.operation in {"top", "mode"})
    for item in sentence.items:
        marker = sentence.before(item)
        base = item.low.removesuffix("ly")
        if item.when or item.values:
            continue
        if marker and marker.operation in {"most", "fewest"} and base in lexicon.ADJECTIVES:
            sentence.use(marker, item)
            about, much = lexicon.ADJECTIVES[base]
            return Superlative(item, base, about, much != (marker.operation == "fewest"))
        found = lexicon.adjective(item.low) if item.low.endswith("est") else None
        if item.low in {"last", "first"} and not item.columns:
            found = (item.low, *lexicon.ADJECTIVES[item.low])
        if found:
            item.used = True
            return Superlative(item, *found)
    if item := sentence.take("most", "fewest"):
        return Superlative(item, "", (), item.operation == "most")
    return None


def _limit(sentence: Sentence, item: Item) -> int | None:
    """A number beside a superlative: `the three cheapest`, `top 5`."""
    before = sentence.before(item)
    if before and before.used and before.number is None:
        before = sentence.before(before)
    for other in (sentence.next(item), before):
        if other and other.number is not None and not other.used and other.number.is_integer():
            other.used = True
            return max(1, min(int(other.number), 1000))
    return None


def _target(sentence: Sentence, before: Item, after: Item | None = None) -> Item | None:
    """The word that says what is asked for, before the figure."""
    items = [i for i in sentence.free() if i.at < before.at and (not after or i.at > after.at)]
    return next((i for i in items if i.is_nominal or singular(i.low) in PART_WORDS), None)


def _ranked(
    sentence: Sentence,
    asked: Noun | Item | None,
    start: Item | None,
    found: Superlative,
    limit: int | None,
) -> Query:
    """Rows by a column of their own, or groups by a figure of each."""
    noun = asked if isinstance(asked, Noun) else None
    if start is None and not sentence.money_word():
        noun = noun or sentence.noun(asked if isinstance(asked, Item) else None)
        if own := _verb_column(sentence, noun):
            return _ordered(sentence, noun, own, found.descending, limit)
        reckoned = quantity_of(sentence, noun)
        if reckoned is None:
            raise Unclear("It is not said most of what.")
        reckoned = replace(reckoned, node=Node(reckoned.node.table, noun.at))
        sentence.use(*(i for i in sentence.items if i.low in lexicon.USING))
    else:
        reckoned = measured(sentence, start)
    measure, node = reckoned.measure, reckoned.node
    target: Target | None = noun
    if isinstance(asked, Item):
        part = singular(asked.low)
        if part in PART_WORDS:
            asked.used = True
            target = part
        target = target or sentence.noun(asked, apart=[node.table])
    column = measure.columns[0] if measure.columns else None
    if column and (column.is_date or not measure.distinct) and not isinstance(target, str):
        own_rows = target is None or (target.table == node.table and not target.columns)
        if own_rows and (target or (found.about and measure.name not in lexicon.MONEY)):
            rows = target or Noun(node.table, node.at, "")
            return _ordered(sentence, rows, column, found.descending, limit)
    if target is None:
        raise Unclear("It is not said what is ranked.")
    return grouped(
        sentence, reckoned, target, best=limit is None, limit=limit, descending=found.descending
    )


def _verb_column(sentence: Sentence, target: Noun) -> Column | None:
    """`earns the most`: the column of each that a verb speaks of."""
    for item in sentence.free():
        column = sentence.about(target.table, sorted(lexicon.about(item.low)))
        if column and not item.is_nominal:
            item.used = True
            return column
    return None


def _ordered(
    sentence: Sentence, noun: Noun, column: Column, descending: bool, limit: int | None
) -> Query:
    while sentence.take("list", "all"):
        pass
    scope = restrict(sentence, noun.node()).head.built()
    columns = tuple(dict.fromkeys((*names_of(noun.table), column)))
    best = limit is None
    return Query(
        "rows", scope, columns, order=column, descending=descending, best=best, limit=limit
    )


def _extreme(
    sentence: Sentence, found: Superlative, limit: int | None, behind: Item | None
) -> Query:
    """`The cheapest part`, `who was hired first`, `when was the last job`."""
    when = sentence.take("when")
    start = behind or next((i for i in sentence.free() if i.tables or i.row), None)
    who = sentence.who()
    noun = sentence.noun(behind) if behind else who or sentence.noun(start)
    if noun.columns:
        raise Unclear(f"\u201c{noun.name}\u201d is nothing that could be highest or lowest.")
    column = _extreme_column(sentence, noun, found)
    descending = found.descending
    if column.is_date and found.base in {"old", "long", "young"}:
        descending = found.base == "young"
    if when:
        scope = restrict(sentence, noun.node()).head.built()
        measure = Measure("max" if descending else "min", (column,), column.spoken)
        return Query("figure", scope, measure=measure)
    return _ordered(sentence, noun, column, descending, limit)


def _extreme_column(sentence: Sentence, noun: Noun, found: Superlative) -> Column:
    """The column of rows that an adjective speaks of. Raises Unclear."""
    table, words = noun.table, found.about
    timely = "since" in words
    for verb in sentence.items:
        own = [c for c in verb.columns if c.is_date and c.table == table.name]
        if timely and own:
            verb.used = True
            return own[0]
    if found.base == "long" and table.is_person:
        if not lexicon.STAYING & {i.low for i in sentence.items}:
            raise Unclear("It is not said what \u201clongest\u201d means for people.")
        words = ("since", "hired", "hire", "joined", "signup", "start")
    if found.base == "old" and table.is_person:
        words = ("birth",)
    dates = [c for c in table.columns if c.is_date]
    numbers = [c for c in table.columns if c.is_number]
    column = sentence.about(table, words) or (event_date(table) if timely else None)
    if column is None and found.base in {"new", "late", "recent"} and len(dates) == 1:
        column = dates[0]
    if column is None and {"amount", "total"} & set(words) and len(numbers) == 1:
        column = numbers[0]
    if column is None:
        raise Unclear(f"Nothing in {table.name} says what \u201c{found.item.text}\u201d means.")
    return column


def _most_common(sentence: Sentence, found: Superlative) -> Query:
    """The value that most rows have: `the most common job category`."""
    start = sentence.next(found.item) or next((i for i in sentence.free() if i.is_nominal), None)
    noun = sentence.noun(start)
    if not noun.columns:
        raise Unclear(f"It is not said how \u201c{found.item.text}\u201d is counted.")
    counted = Figure(Measure("count", (), noun.table.name.lower()), Node(noun.table))
    return grouped(sentence, counted, noun, best=True, descending=found.descending)
