"""All that restricts a noun: values, times, numbers, what there is none of."""

from dataclasses import replace

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Node, Nodes, event_date, money
from waypost_local.demo_model.data.query import Condition, Operator, Unclear
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.sentence import COMPARISONS, Sentence, is_verb
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular

_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_OWE = frozenset(("owe", "owes", "owing", "owed"))
_PAY = frozenset(("pay", "pays", "paid"))


def restrict(sentence: Sentence, head: Node) -> Nodes:
    """Everything of the question that is not used yet restricts the head or hangs on it."""
    via = [i.tables[0].name for i in sentence.items if len(i.tables) == 1 and not i.values]
    nodes = Nodes(sentence.schema, head, via)
    _numbered(sentence, nodes)
    _stock(sentence, nodes)
    _absences(sentence, nodes)
    _comparisons(sentence, nodes)
    _tables(sentence, nodes)
    _debts(sentence, nodes)
    _values(sentence, nodes)
    _denials(sentence, nodes)
    _times(sentence, nodes)
    return nodes


def settle(sentence: Sentence, table: PromptTable) -> list[Condition]:
    """Only what is paid, or is not, where a verb says so. Raises Unclear: nothing tells that."""
    found: list[Condition] = []
    while verb := sentence.word(_OWE | _PAY):
        verb.used = True
        paid = verb.low in _PAY
        states = [(c, v) for c in table.columns if c.complete for v in c.values]
        said = [Condition((c,), "=", (v,), not paid) for c, v in states if v.lower() == "paid"]
        dates = [c for c in table.columns if c.is_date and "paid" in c.words]
        said += [Condition((c,), "null", (), paid) for c in dates]
        if not said and not paid:
            raise Unclear(f"Nothing says what \u201c{verb.text}\u201d means.")
        found += said[:1]
    return found


def _numbered(sentence: Sentence, nodes: Nodes) -> None:
    """`job 12`: a noun and a number name a row."""
    for item, number in zip(sentence.items, sentence.items[1:], strict=False):
        if not item.tables or number.number is None:
            continue
        table = sentence.table(item)
        if key := table.column(table.key or ""):
            sentence.use(item, number)
            node = nodes.of(table, item.at)
            node.conditions.append(Condition((key,), "=", (number.number,)))


def _stock(sentence: Sentence, nodes: Nodes) -> None:
    """`in stock`, `out of stock`: there is some of it, or none."""
    mention = sentence.word(lexicon.STOCK)
    own = [c for c in (mention.columns if mention else ()) if c.table == nodes.head.table.name]
    if not mention or not own or not own[0].is_number:
        return
    out = sentence.take("out of")
    if out or any(i.low == "in" and i.at == mention.at - 1 for i in sentence.items):
        mention.used = True
        nodes.head.conditions.append(Condition((own[0],), "=" if out else ">", (0,)))


def _absences(sentence: Sentence, nodes: Nodes) -> None:
    """`without jobs`, `no technician`, `have never had a visit`."""
    while marker := sentence.take("without"):
        noun = sentence.noun(sentence.next(marker, "any", "all"))
        if noun.implied:
            raise Unclear(f"Nothing says whether there is no \u201c{noun.name}\u201d.")
        if not noun.columns:
            nodes.absent(noun.table, marker.at)
        elif noun.table == nodes.head.table:
            nodes.head.empty(noun.columns[0])
        else:
            raise Unclear(f"Nothing says whether there is no \u201c{noun.name}\u201d.")


def _comparisons(sentence: Sentence, nodes: Nodes) -> None:
    """`more than 10 hours`, `above 500`, `cost less than 50`, `at least 3 jobs`."""
    while marker := sentence.take(*COMPARISONS):
        number = sentence.next(marker)
        if number is None or number.number is None:
            raise Unclear(f"\u201c{marker.text}\u201d is not followed by a number.")
        number.used = True
        operator: Operator = marker.operation  # type: ignore[assignment]
        behind = sentence.next(number)
        if behind and (behind.tables or behind.values) and not behind.columns:
            noun = sentence.noun(behind)
            if noun.implied:
                raise Unclear(f"\u201c{behind.text}\u201d is nothing that could be counted.")
            nodes.counted(noun.table, noun.at, (operator, number.number))
            continue
        column, factor = _compared(sentence, nodes, marker, behind)
        node = nodes.of(sentence.schema.table(column.table), marker.at)
        node.conditions.append(Condition((column,), operator, (number.number * factor,)))


def _compared(
    sentence: Sentence, nodes: Nodes, marker: Item, behind: Item | None
) -> tuple[Column, float]:
    """The number that is compared, and how much of it the question's unit is."""
    near = [node.table for node in nodes.head.all()]
    verb = sentence.before(marker)
    about = lexicon.about(verb.low) if verb and not verb.used else frozenset()
    unit = singular(behind.low) if behind else ""
    for table in near:
        if verb and about and (column := sentence.about(table, sorted(about))):
            verb.used = True
            return column, 1
    if behind and (numbers := tuple(c for c in behind.columns if c.is_number)):
        behind.used = True
        column = sentence.column(replace(behind, columns=numbers), near)
        return column, _UNITS.get(unit, 1) if "millisecond" in column.words else 1
    if behind and unit in _UNITS:
        column_ = sentence.about(near[0], ("millisecond",))
        if column_:
            behind.used = True
            return column_, _UNITS[unit]
    if verb and not verb.used and (numbers := tuple(c for c in verb.columns if c.is_number)):
        verb.used = True
        return sentence.column(replace(verb, columns=numbers), near), 1
    word = marker.low.split()[0]
    found = lexicon.adjective(word)
    if found and (column := sentence.about(near[0], found[1])):
        return column, 1
    amounts = [c for c in near[0].columns if c.is_money and lexicon.MONEY_COLUMNS & set(c.words)]
    if len(amounts) != 1 or word not in lexicon.OF_AMOUNTS:
        raise Unclear(f"It is not said what should be \u201c{marker.text}\u201d.")
    return amounts[0], 1


def _tables(sentence: Sentence, nodes: Nodes) -> None:
    for item in sentence.free():
        if item.row:
            item.used = True
            nodes.add(Node(item.row.table, item.at, scope=item.row)).scope = item.row
        elif item.tables and not item.values:
            item.used = True
            if not _names_kind(sentence, item):
                nodes.add(Node(sentence.table(item), item.at))


def _names_kind(sentence: Sentence, item: Item) -> bool:
    """`customer Bayside Hotel`, `the Coast region`: a noun beside its value says only whose."""
    labels = [c for table in item.tables for c in table.label]
    return any(
        abs(sentence.items.index(other) - sentence.items.index(item)) <= 1
        and any(c in labels for c, _ in other.values)
        for other in sentence.items
    )


def _debts(sentence: Sentence, nodes: Nodes) -> None:
    """`customers who owe money`: who have what is not paid."""
    if not (verb := sentence.word(_OWE)):
        return
    if not lexicon.BUYERS & set(nodes.head.table.words):
        raise Unclear(f"Nothing says what {nodes.head.table.name} owe.")
    mentioned = [node.table for node in nodes.head.all()]
    table = sentence.schema.table(money(sentence.schema, mentioned)[0].table)
    conditions = settle(sentence, table)
    nodes.of(table, verb.at).conditions += conditions
    while item := sentence.word({"money", "anything", "us", "still"}):
        item.used = True


def _values(sentence: Sentence, nodes: Nodes) -> None:
    """Every value that is left restricts a noun; two of one column are alternatives."""
    last: tuple[Item, Node] | None = None
    dated = [_dated_verb(sentence, nodes, i)[0] for i in sentence.items if i.when and not i.used]
    for item in [i for i in sentence.items if i.values and not i.used]:
        if any(item is verb for verb in dated):
            continue
        item.used = True
        marker = sentence.before(item)
        marker = marker if marker and marker.operation == "not" and not marker.used else None
        if marker:
            marker.used = True
        node = nodes.value(
            item, _noun_behind(sentence, item), _whose(sentence, item), bool(marker) != item.denied
        )
        if marker and node.path and not paths.is_up(node.path) and marker.at < node.at:
            raise Unclear(f"It is not clear what \u201c{marker.text}\u201d denies.")
        if last and (joint := _joined(sentence, last[0], item)):
            _join(node, last[1], joint)
        last = (item, node)


def _whose(sentence: Sentence, item: Item) -> bool:
    """Whether a name stands behind `by`, `of`, `for` or `from`."""
    words = {"by", "of", "for", "from"}
    return item.named and any(i.at == item.at - 1 and i.low in words for i in sentence.items)


def _noun_behind(sentence: Sentence, item: Item) -> PromptTable | None:
    """The noun that an adjective stands before, with at most other adjectives between."""
    for other in sentence.after(item):
        if other.tables and not other.values:
            return sentence.table(other)
        if not (other.values or other.operation == "and"):
            return None
    return None


def _joined(sentence: Sentence, one: Item, other: Item) -> Item | None:
    between = [i for i in sentence.items if one.at < i.at < other.at and not i.filler]
    markers = [i for i in between if i.operation == "and" and not i.used]
    nouns = [i for i in between if i.operation != "and"]
    return markers[0] if markers and len(nouns) <= 1 and all(i.is_nominal for i in nouns) else None


def _join(node: Node, before: Node, marker: Item) -> None:
    """`and` joins two columns as two conditions, and two values of one column as alternatives."""
    one, other = before.conditions[-1], node.conditions[-1]
    if node is before:
        one = node.conditions[-2]
    either = marker.low == "or"
    marker.used = True
    if node is not before or one.columns != other.columns:
        if either or one.negated or other.negated:
            raise Unclear(f"I do not understand \u201c{marker.text}\u201d here.")
        return
    many = bool(node.path) and not paths.is_up(node.path)
    if one.negated or other.negated or (many and not either):
        raise Unclear(f"\u201c{marker.text}\u201d could be both, or one of them.")
    node.conditions[-2:] = [replace(one, values=(*one.values, *other.values))]


def _denials(sentence: Sentence, nodes: Nodes) -> None:
    """`not been paid`: where no value says so, an empty date does."""
    while marker := sentence.take("not"):
        verb = sentence.next(marker)
        wanted = lexicon.dated(verb.low) if verb else frozenset()
        own = [c for c in nodes.head.table.columns if c.is_date and wanted & set(c.words)]
        if not verb or not own:
            raise Unclear(f"\u201c{marker.text}\u201d denies something that is not understood.")
        verb.used = True
        nodes.head.empty(own[0])


def _times(sentence: Sentence, nodes: Nodes) -> None:
    for item in [i for i in sentence.items if i.when and not i.used]:
        item.used = True
        verb, column = _dated_verb(sentence, nodes, item)
        if verb:
            verb.used = True
            before = sentence.before(verb)
            if before and before.operation == "not":
                raise Unclear(f"\u201c{before.text} {verb.text}\u201d could not be placed in time.")
        nodes.time(item, column)


def _dated_verb(sentence: Sentence, nodes: Nodes, item: Item) -> tuple[Item | None, Column | None]:
    """The date that the verb or noun before a time tells: `hired in`, `completed last year`."""
    before = [i for i in sentence.items if i.at < item.at and not (i.filler and not i.columns)]
    near = [node.table for node in nodes.head.all()]
    for other in reversed(before[-4:]):
        wanted = lexicon.dated(other.low) | {singular(other.low)}
        for table in near:
            found = [c for c in table.columns if c.is_date and wanted & set(c.words)]
            if len(found) == 1 and (other.columns or is_verb(other) or not other.tables):
                return other, found[0]
        if other.tables and not (other.values and any(event_date(t) for t in near)):
            break
    return None, None
