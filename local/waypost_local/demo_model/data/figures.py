"""Questions for a figure: of all rows or of each group, and which of them is highest."""

from dataclasses import dataclass, replace
from typing import Any

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.kinds import names_of
from waypost_local.demo_model.data.nodes import Node, Nodes, event_date
from waypost_local.demo_model.data.query import Group, Measure, Query, Unclear
from waypost_local.demo_model.data.restrictions import restrict, settle
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.sentence import Noun, Sentence, is_money
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular

Target = Noun | str
"""What is told apart: rows, the values of a column, or a part of a date."""
_PARTS = {"trend": "month", "yearly": "year", "quarterly": "quarter", "weekday": "weekday"}
_PART_WORDS = frozenset(("year", "month", "quarter", "weekday", "day"))


@dataclass(frozen=True)
class _Figure:
    """What is reckoned, and the rows that it is reckoned over."""

    measure: Measure
    node: Node


@dataclass(frozen=True)
class _Superlative:
    """What marks a ranking, the columns that it speaks of, and whether much is meant."""

    item: Item
    base: str
    about: tuple[str, ...]
    descending: bool


def figure(sentence: Sentence) -> Query | None:
    """`How many …`, `average …`, `revenue by …`, `jobs per …`."""
    money = sentence.money_word()
    apart = grouping(sentence)
    marker = sentence.op("how many", "average", "max", "min", "how much", "total")
    if (sentence.begins_with_verb() or _asks_for_rows(sentence)) and not (
        marker and marker.operation == "how many"
    ):
        return None
    if marker is None and not (money and money.low not in lexicon.BUYING) and not apart:
        return None
    if marker and marker.operation == "how much" and (cost := _cost(sentence, marker)):
        return cost
    reduced = sentence.take("average", "max", "min")
    many = sentence.take("how many")
    amount = sentence.take("how much")
    total = sentence.take("total")
    while sentence.take("total", "list"):
        pass
    distinct = sentence.take("distinct") is not None
    if many and amount:
        raise Unclear(f"I can answer one question at a time, and not \u201c{amount.text}\u201d.")
    if stock := _stock(sentence, many):
        return stock
    start = None if many else sentence.money_word()
    if start is None and marker and not (amount and sentence.word(lexicon.SETTLING)):
        start = sentence.next(marker, "how many", "total", "distinct", "all")
        if not many and not (start and start.is_nominal):
            numbers = (i for i in sentence.free() if any(c.is_number for c in i.columns))
            start = next(numbers, start)
    elif start is None and not marker:
        start = next((i for i in sentence.free() if i.is_nominal), None)
    found = _measured(sentence, start, distinct=distinct)
    group = _group(sentence, found.node.table)
    measure = found.measure
    is_count = measure.function == "count"
    if is_count and total and not many and not measure.columns:
        amounts = [c for c in found.node.table.columns if c.is_money]
        if len(amounts) != 1:
            raise Unclear("It is not said of what the total is meant.")
        measure, is_count = Measure("sum", (amounts[0],), amounts[0].spoken), False
    if is_count and (reduced or not (many or group)):
        if not (reduced and reduced.operation == "average" and group):
            raise Unclear("It is not said of which numbers the figure is meant.")
        return _grouped(sentence, replace(found, measure=measure), group, average=True)
    if reduced and not is_count:
        return _reduced(sentence, replace(found, measure=measure), reduced, group)
    return _grouped(sentence, replace(found, measure=measure), group)


def _asks_for_rows(sentence: Sentence) -> bool:
    """`Which customers …`, `who …`: rows are asked for, and no figure."""
    first = sentence.items[0].low if sentence.items else ""
    return first == "who" or (first == "which" and any(i.tables for i in sentence.items[1:3]))


def _reduced(sentence: Sentence, found: _Figure, marker: Item, group: Target | None) -> Query:
    """The average, the highest or the lowest of a column, or the average of what each has."""
    measure = found.measure
    name = marker.operation
    own = isinstance(group, Noun) and group.table == found.node.table and not group.columns
    money = measure.name in lexicon.MONEY
    if name == "average" and isinstance(group, Noun) and money and not own:
        if group.table != found.node.table:
            return _grouped(sentence, found, group, average=True)
    elif name == "average" and money and group is None:
        others = {t.name for t in sentence.mentioned()} - {found.node.table.name}
        if others:
            raise Unclear("It is not said per what the average is taken.")
    functions: dict[str, Any] = {"average": "avg", "max": "max", "min": "min"}
    measure = replace(measure, function=functions[name])
    return _grouped(sentence, replace(found, measure=measure), None if own else group)


def _cost(sentence: Sentence, marker: Item) -> Query | None:
    """`How much does a thermostat cost`: the price of a row that is named."""
    verb = sentence.word(lexicon.COSTING)
    item = next((i for i in sentence.free() if i.row or (i.values and i.named)), None)
    if not verb or not item:
        return None
    noun = sentence.entity(item)
    column = sentence.about(noun.table, sorted(lexicon.about(verb.low)))
    if column is None:
        raise Unclear(f"{noun.table.name} say nothing of what one costs.")
    item.used = bool(item.row)
    sentence.use(marker, verb)
    return Query("facts", restrict(sentence, noun.node()).head.built(), (column,))


def _stock(sentence: Sentence, many: Item | None) -> Query | None:
    """`How many thermostats are in stock`, `… do we have`: the number that a column holds."""
    start = sentence.next(many, "all") if many else None
    if not start or not (start.row or start.values) or start.tables:
        return None
    noun = sentence.entity(start)
    if not start.row and not any(c in noun.table.label for c, _ in start.values):
        return None
    held = [c for c in noun.table.columns if c.is_number and lexicon.STOCK & set(c.words)]
    mention = sentence.word(lexicon.STOCK)
    known = [start, mention, sentence.op("any")]
    others = [i for i in sentence.free() if not i.filler and i not in known]
    if not held or (not mention and (others or start.row)):
        return None
    if others:
        raise Unclear(f"I do not understand \u201c{others[0].text}\u201d here.")
    sentence.use(*(i for i in (mention, start if start.row else None) if i))
    return Query("facts", restrict(sentence, noun.node()).head.built(), (held[0],))


def _measured(sentence: Sentence, start: Item | None, *, distinct: bool = False) -> _Figure:
    """The figure that a noun phrase names, and the rows that it is taken over."""
    words = {i.low for i in sentence.items}
    if start is None or is_money(start) or start.low in {"spending", "spend"}:
        start = start or sentence.money_word()
        if start is None and not words & lexicon.SETTLING:
            raise Unclear("It is not said what is to be reckoned.")
        return _revenue(sentence, start)
    noun = sentence.noun(start, number=not distinct)
    if noun.columns:
        (column,) = noun.columns
        if column.is_number and not distinct:
            return _Figure(Measure("sum", (column,), column.spoken), noun.node())
        return _Figure(Measure("count", (column,), noun.name, distinct=True), noun.node())
    used = None if distinct else _quantity(sentence, noun)
    return used or _Figure(Measure("count", (), noun.name, distinct=distinct), noun.node())


def _revenue(sentence: Sentence, start: Item | None) -> _Figure:
    """Revenue, sales, turnover, or what somebody spent, paid or owes."""
    text = " ".join(i.low for i in sentence.items)
    if any(
        f"{who} {verb}" in text for who in ("we", "us") for verb in lexicon.SETTLING | {"still owe"}
    ):
        raise Unclear("The tables do not say what we pay.")
    start = start or next(i for i in sentence.items if i.low in lexicon.SETTLING)
    noun = sentence.noun(replace(start, text="money"))
    node = noun.node()
    start.used = is_money(start)
    node.conditions += settle(sentence, noun.table)
    sentence.use(
        *(i for i in sentence.items if i.low in lexicon.EARNING or i.columns == noun.columns)
    )
    name = start.low if is_money(start) else noun.columns[0].name
    return _Figure(Measure("sum", noun.columns, name), node)


def _quantity(sentence: Sentence, noun: Noun) -> _Figure | None:
    """Where things are used or sold, their number is the sum of the quantities."""
    words = {i.low for i in sentence.items}
    if event_date(noun.table) or not words & lexicon.USING:
        return None
    found = [
        c
        for t in sentence.schema.tables
        for c in t.columns
        if c.is_number and lexicon.QUANTITIES & set(c.words)
        if any(k.references and k.references[0] == noun.table.name for k in t.columns)
    ]
    if len(found) != 1:
        return None
    through = sentence.schema.table(found[0].table)
    node = noun.node()
    node.path = paths.shortest(sentence.schema, through, node.table)[0]
    measure = Measure("sum", (found[0],), noun.name)
    return _Figure(measure, Node(through, node.at, children=[node]))


def grouping(sentence: Sentence) -> Item | None:
    """What says that figures are told apart: `per`, `each`, `monthly`; `by` before a noun."""
    if marker := sentence.op("each", *_PARTS):
        return marker
    by = sentence.word({"by"})
    noun = sentence.next(by, "each", "all") if by else None
    apart = noun and (noun.tables or any(c.is_text for c in noun.columns))
    named = noun and (noun.row or (noun.values and not noun.columns and not noun.tables))
    part = noun and noun.low in _PART_WORDS
    return by if (apart or part) and not named else None


def _group(sentence: Sentence, table: PromptTable) -> Target | None:
    marker = grouping(sentence)
    if marker is None:
        return None
    marker.used = True
    if part := _PARTS.get(marker.operation):
        return part
    noun = sentence.next(marker, "each", "all")
    if noun and noun.low in _PART_WORDS and not noun.row:
        noun.used = True
        return noun.low
    target = sentence.noun(noun, apart=[table])
    if target.columns and target.columns[0].is_number and not target.columns[0].complete:
        raise Unclear(f"A figure \u201cper {target.name}\u201d is a ratio.")
    return target


def _grouped(sentence: Sentence, found: _Figure, group: Target | None, **how: Any) -> Query:
    """The query of a figure, over all of its rows or for each group."""
    head, measure = found.node, found.measure
    if group and measure.distinct:
        raise Unclear("I can count different ones of all, and not of each.")
    nodes = restrict(sentence, head)
    scope = head.built()
    if group is None:
        for related in scope.related:
            if measure.columns and not paths.is_up(related.path) and not related.negated:
                raise Unclear(f"{scope.table.name} do not belong to one of them each.")
        plain = measure.function == "count" and not measure.columns
        return Query("count" if plain else "figure", scope, measure=measure)
    if isinstance(group, str):
        path, column = _date_of(sentence, nodes)
        made = Group(path, column=column, part=group)
    elif group.columns:
        made = Group(nodes.up(head.table, group.table), column=group.columns[0])
    else:
        if group.table == head.table:
            raise Unclear(f"{group.table.name} cannot be told apart by themselves.")
        path = nodes.way(group.table, head.table)
        own = [r for r in scope.related if r.path and r.path[-1].target == group.table.name]
        own = [r for r in own if paths.is_up(r.path) and not r.negated][:1]
        nodes.up(head.table, group.table)
        scope = replace(scope, related=tuple(r for r in scope.related if r not in own))
        outer = own[0].scope if own else Node(group.table, scope=group.scope).built()
        made = Group(path, scope=outer)
    return Query("groups", scope, measure=measure, group=made, **how)


def _date_of(sentence: Sentence, nodes: Nodes) -> tuple[paths.Path, Column]:
    """The date by whose parts rows are told apart: one that is restricted, else their event's."""
    head = nodes.head
    for node in head.all():
        for condition in node.conditions:
            column = condition.columns[0]
            if condition.operator == "between" and column.is_date and paths.is_up(node.path):
                return node.path, column
    for item in sentence.items:
        if own := [c for c in item.columns if c.is_date and c.table == head.table.name]:
            item.used = True
            return (), own[0]
    if event := event_date(head.table):
        return (), event
    for foreign in head.table.columns:
        if foreign.references:
            parent = sentence.schema.table(foreign.references[0])
            if found := event_date(parent):
                return nodes.way(head.table, parent), found
    raise Unclear(f"No date of {head.table.name} says when that was.")


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
        target = sentence.who() or _target(sentence, by)
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


def _superlative(sentence: Sentence) -> _Superlative | None:
    """`top`, `most`, `fewest`, `cheapest`, `most expensive`, `hired last`."""
    if item := sentence.take("top", "bottom", "mode", "-mode"):
        return _Superlative(item, "", (), item.operation in {"top", "mode"})
    for item in sentence.items:
        marker = sentence.before(item)
        base = item.low.removesuffix("ly")
        if item.when or item.values:
            continue
        if marker and marker.operation in {"most", "fewest"} and base in lexicon.ADJECTIVES:
            sentence.use(marker, item)
            about, much = lexicon.ADJECTIVES[base]
            return _Superlative(item, base, about, much != (marker.operation == "fewest"))
        found = lexicon.adjective(item.low) if item.low.endswith("est") else None
        if item.low in {"last", "first"} and not item.columns:
            found = (item.low, *lexicon.ADJECTIVES[item.low])
        if found:
            item.used = True
            return _Superlative(item, *found)
    if item := sentence.take("most", "fewest"):
        return _Superlative(item, "", (), item.operation == "most")
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


def _target(sentence: Sentence, before: Item) -> Item | None:
    """The word that says what is asked for, before the figure."""
    items = [i for i in sentence.free() if i.at < before.at]
    return next((i for i in items if i.is_nominal or singular(i.low) in _PART_WORDS), None)


def _ranked(
    sentence: Sentence,
    asked: Noun | Item | None,
    start: Item | None,
    found: _Superlative,
    limit: int | None,
) -> Query:
    """Rows by a column of their own, or groups by a figure of each."""
    noun = asked if isinstance(asked, Noun) else None
    if start is None and not sentence.money_word():
        noun = noun or sentence.noun(asked if isinstance(asked, Item) else None)
        if own := _verb_column(sentence, noun):
            return _ordered(sentence, noun, own, found.descending, limit)
        reckoned = _quantity(sentence, noun)
        if reckoned is None:
            raise Unclear("It is not said most of what.")
        reckoned = replace(reckoned, node=Node(reckoned.node.table, noun.at))
        sentence.use(*(i for i in sentence.items if i.low in lexicon.USING))
    else:
        reckoned = _measured(sentence, start)
    measure, node = reckoned.measure, reckoned.node
    target: Target | None = noun
    if isinstance(asked, Item):
        part = singular(asked.low)
        if part in _PART_WORDS:
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
    return _grouped(
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
    sentence: Sentence, found: _Superlative, limit: int | None, behind: Item | None
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


def _extreme_column(sentence: Sentence, noun: Noun, found: _Superlative) -> Column:
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


def _most_common(sentence: Sentence, found: _Superlative) -> Query:
    """The value that most rows have: `the most common job category`."""
    start = sentence.next(found.item) or next((i for i in sentence.free() if i.is_nominal), None)
    noun = sentence.noun(start)
    if not noun.columns:
        raise Unclear(f"It is not said how \u201c{found.item.text}\u201d is counted.")
    counted = _Figure(Measure("count", (), noun.table.name.lower()), Node(noun.table))
    return _grouped(sentence, counted, noun, best=True, descending=found.descending)
