"""Questions for a figure: of all rows or of each group, and which of them is highest."""

from dataclasses import dataclass, replace
from typing import Any

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Node, Nodes, event_date
from waypost_local.demo_model.data.query import Group, Measure, Query, Unclear
from waypost_local.demo_model.data.restrictions import restrict, settle
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.sentence import Noun, Sentence, is_money
from waypost_local.demo_model.data.tagging import Item

Target = Noun | str
"""What is told apart: rows, the values of a column, or a part of a date."""
_PARTS = {"trend": "month", "yearly": "year", "quarterly": "quarter", "weekday": "weekday"}
PART_WORDS = frozenset(("year", "month", "quarter", "weekday", "day"))


@dataclass(frozen=True)
class Figure:
    """What is reckoned, and the rows that it is reckoned over."""

    measure: Measure
    node: Node


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
    reduced = sentence.take("average", "max", "min")
    many = sentence.take("how many")
    amount = sentence.take("how much")
    total = sentence.take("total")
    while sentence.take("total", "list"):
        pass
    distinct = sentence.take("distinct") is not None
    if many and amount:
        raise Unclear(f"I can answer one question at a time, and not \u201c{amount.text}\u201d.")
    if not (reduced or total or distinct) and (stock := _stock(sentence, many)):
        return stock
    start = None if many else sentence.money_word()
    if start is None and marker and not (amount and sentence.word(lexicon.SETTLING)):
        start = sentence.next(marker, "how many", "total", "distinct", "all")
        if not many and not (start and start.is_nominal):
            numbers = (i for i in sentence.free() if any(c.is_number for c in i.columns))
            start = next(numbers, start)
    elif start is None and not marker:
        start = next((i for i in sentence.free() if i.is_nominal), None)
    found = measured(sentence, start, distinct=distinct)
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
        return grouped(sentence, replace(found, measure=measure), group, average=True)
    if reduced and not is_count:
        return _reduced(sentence, replace(found, measure=measure), reduced, group)
    return grouped(sentence, replace(found, measure=measure), group)


def _asks_for_rows(sentence: Sentence) -> bool:
    """`Which customers …`, `who …`: rows are asked for, and no figure."""
    first = sentence.items[0].low if sentence.items else ""
    return first == "who" or (first == "which" and any(i.tables for i in sentence.items[1:3]))


def _reduced(sentence: Sentence, found: Figure, marker: Item, group: Target | None) -> Query:
    """The average, the highest or the lowest of a column, or the average of what each has."""
    measure = found.measure
    name = marker.operation
    own = isinstance(group, Noun) and group.table == found.node.table and not group.columns
    money = measure.name in lexicon.MONEY
    if name == "average" and isinstance(group, Noun) and money and not own:
        if group.table != found.node.table:
            return grouped(sentence, found, group, average=True)
    elif name == "average" and money and group is None:
        others = {t.name for t in sentence.mentioned()} - {found.node.table.name}
        if others:
            raise Unclear("It is not said per what the average is taken.")
    functions: dict[str, Any] = {"average": "avg", "max": "max", "min": "min"}
    measure = replace(measure, function=functions[name])
    return grouped(sentence, replace(found, measure=measure), None if own else group)


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


def measured(sentence: Sentence, start: Item | None, *, distinct: bool = False) -> Figure:
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
            return Figure(Measure("sum", (column,), column.spoken), noun.node())
        return Figure(Measure("count", (column,), noun.name, distinct=True), noun.node())
    used = None if distinct else quantity_of(sentence, noun)
    return used or Figure(Measure("count", (), noun.name, distinct=distinct), noun.node())


def _revenue(sentence: Sentence, start: Item | None) -> Figure:
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
    return Figure(Measure("sum", noun.columns, name), node)


def quantity_of(sentence: Sentence, noun: Noun) -> Figure | None:
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
    return Figure(measure, Node(through, node.at, children=[node]))


def grouping(sentence: Sentence) -> Item | None:
    """What says that figures are told apart: `per`, `each`, `monthly`; `by` before a noun."""
    if marker := sentence.op("each", *_PARTS):
        return marker
    by = sentence.word({"by"})
    noun = sentence.next(by, "each", "all") if by else None
    apart = noun and (noun.tables or any(c.is_text for c in noun.columns))
    named = noun and (noun.row or (noun.values and not noun.columns and not noun.tables))
    part = noun and noun.low in PART_WORDS
    return by if (apart or part) and not named else None


def _group(sentence: Sentence, table: PromptTable) -> Target | None:
    marker = grouping(sentence)
    if marker is None:
        return None
    marker.used = True
    if part := _PARTS.get(marker.operation):
        return part
    noun = sentence.next(marker, "each", "all")
    if noun and noun.low in PART_WORDS and not noun.row:
        noun.used = True
        return noun.low
    target = sentence.noun(noun, apart=[table])
    if target.columns and target.columns[0].is_number and not target.columns[0].complete:
        raise Unclear(f"A figure \u201cper {target.name}\u201d is a ratio.")
    return target


def grouped(sentence: Sentence, found: Figure, group: Target | None, **how: Any) -> Query:
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
