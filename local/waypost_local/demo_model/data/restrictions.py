"""The noun that a question is about, and all that restricts it: values, times, numbers, absence."""

from collections.abc import Sequence
from dataclasses import replace

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Node, Nodes, event_date, money
from waypost_local.demo_model.data.query import (
    Condition,
    Operator,
    Scope,
    Unclear,
)
from waypost_local.demo_model.data.question import COMPARISONS, QuestionReader
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular

_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_BYTES = {"kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000}


class RestrictionReader(QuestionReader):
    """Reads what restricts a noun."""

    def _head(self, phrase: Sequence[Item]) -> Node:
        """The node of a noun phrase, by its last noun; a value alone stands for its rows."""
        last = phrase[-1]
        if last.tables or last.row:
            last.used = True
            node = Node(self._table(last), last.at)
            node.scope = last.row if isinstance(last.row, Scope) else None
            return node
        tables = {column.table for column, _ in last.values}
        if len(tables) == 1:
            return Node(self.schema.table(tables.pop()), last.at)
        near = [t for t in self._mentioned() if t.name in tables]
        if near:
            return Node(near[0], last.at)
        raise Unclear(f"\u201c{last.text}\u201d may be of {' or of '.join(sorted(tables))}.")

    def _who(self, item: Item | None) -> Node | None:
        """Whom `who` means: the people that the rest of the question fits, if that is one table."""
        people = [t for t in self.schema.tables if t.is_person]
        words = {i.text.lower() for i in self.items}
        own = {c.table for i in self.items for c in (*i.columns, *(c for c, _ in i.values))}
        named = {t.name for i in self.items for t in i.tables}
        labelled = {c.table for i in self.items if self._names_row(i) for c, _ in i.values}
        if self._next_is_copula_of(item):
            labelled = set()
        asked = {
            i.tables[0].name for i in self.items if len(i.tables) == 1 and i.tables[0].is_person
        }

        def fits(table: PromptTable) -> int:
            value = 0
            if words & lexicon.BUYING:
                value += 4 if lexicon.BUYERS & set(table.words) else -4
            elif words & {
                "work",
                "works",
                "worked",
                "handled",
                "completed",
                "earns",
                "paid",
                "did",
            }:
                value += 2 if lexicon.WORKERS & set(table.words) else 0
            value += 2 if table.name in own else 0
            value -= 5 if table.name in labelled else 0
            value += 1 if any(_is_linked(self.schema, table, name) for name in named) else 0
            return value

        if len(asked) == 1 and not any(i.values for i in self.items if i.tables):
            noun = next(i for i in self.items if i.tables and i.tables[0].is_person)
            if self._next_is_copula(item, noun):
                noun.used = True
                return Node(noun.tables[0], noun.at)
        ranked = sorted(people, key=lambda table: -fits(table))
        if not ranked or (len(ranked) > 1 and fits(ranked[0]) == fits(ranked[1])):
            return None
        return Node(ranked[0], item.at if item else 0)

    def _entity(self, item: Item) -> Node:
        if isinstance(item.row, Scope):
            item.used = True
            return Node(item.row.table, item.at, scope=item.row)
        if item.tables:
            return Node(self._table(item), item.at)
        tables = list(dict.fromkeys(column.table for column, _ in item.values))
        near = [t for i in self.items for t in i.tables if t.name in tables]
        if len(tables) > 1 and not near:
            labels = [c.table for c, _ in item.values if c in self.schema.table(c.table).label]
            if len(set(labels)) == 1:
                tables = labels
            else:
                raise Unclear(f"\u201c{item.text}\u201d may be of {' or of '.join(tables)}.")
        return Node(near[0] if near else self.schema.table(tables[0]), item.at)

    def _gather(self, head: Node, stop: Item | None = None) -> Scope:
        """Everything of the question that is not used yet restricts the head, up to `stop`."""
        via = [
            t.name
            for i in self.items
            for t in i.tables
            if len(i.tables) == 1 and not i.values and i is not stop
        ]
        self.nodes = nodes = Nodes(self.schema, head, via)
        self._places(nodes)
        self._in_stock(nodes)
        if marker := self._take("unassigned"):
            people = [
                c
                for c in head.table.columns
                if c.references
                and self.schema.table(c.references[0]).is_person
                and lexicon.WORKERS & set(self.schema.table(c.references[0]).words)
            ]
            if len(people) != 1:
                raise Unclear(f"Nothing says what \u201c{marker.text}\u201d means.")
            self._empty(head, people[0])
        self._absences(nodes)
        self._comparisons(nodes)
        for item in self._free():
            if item.row and isinstance(item.row, Scope):
                item.used = True
                node = nodes.add(Node(item.row.table, item.at, scope=item.row))
                node.scope = item.row
            elif item.tables and not item.values and not self._modifies(item):
                item.used = True
                nodes.add(Node(self._table(item), item.at))
        self._debts(nodes)
        self._presences(nodes)
        self._values(nodes)
        self._times(nodes)
        return head.built()

    def _debts(self, nodes: Nodes) -> None:
        """`customers who owe money`: who have what is not paid; `who paid`: what is."""
        verb = next(
            (i for i in self._free() if i.text.lower() in {"owe", "owes", "owing", "owed"}), None
        )
        if verb is None:
            return
        table = self.schema.table(money(self.schema, [n.table for n in nodes.head.all()])[0].table)
        self._settled(table, verb, paid=False)
        node = nodes.head if nodes.head.table == table else nodes.add(Node(table, verb.at))
        node.conditions += self.settled
        verb.used = True
        for item in self.items:
            if item.text.lower() in {"money", "anything", "something", "us", "still"}:
                item.used = True

    def _presences(self, nodes: Nodes) -> None:
        """`on a plan`, `with a company`, `have an email`: a column that is not empty."""
        for item in self._free():
            own = [c for c in item.columns if c.table == nodes.head.table.name]
            place = self.items.index(item)
            before = [i.text.lower() for i in self.items[max(0, place - 2) : place]]
            following = self.items[place + 1] if place + 1 < len(self.items) else None
            if len(own) != 1 or item.tables or item.values or (following and following.values):
                continue
            if before[-1:] in (["a"], ["an"], ["any"]) and before[0] in {
                "on",
                "with",
                "have",
                "has",
            }:
                item.used = True
                self._empty(nodes.head, own[0])
                nodes.head.conditions[-1] = replace(nodes.head.conditions[-1], negated=True)

    def _modifies(self, item: Item) -> bool:
        """`customer Bayside Hotel`, `the Coast region`: a noun beside its value says only whose."""
        for other in self.items:
            beside = abs(self.items.index(other) - self.items.index(item)) <= 1
            if beside and any(c in t.label for c, _ in other.values for t in item.tables):
                item.used = True
                return True
        return False

    def _places(self, nodes: Nodes) -> None:
        """`job 12`, `invoice number 7`: a noun and a number name a row."""
        for item in self.items:
            following = self._next(item)
            if not (item.tables and following and following.number is not None):
                continue
            table = self._table(item)
            key = next((c for c in table.columns if c.primary and c.name == table.key), None)
            if key and self.items.index(following) == self.items.index(item) + 1:
                item.used = following.used = True
                node = nodes.head if nodes.head.table == table else nodes.add(Node(table, item.at))
                node.conditions.append(Condition((key,), "=", (following.number,)))

    def _in_stock(self, nodes: Nodes) -> None:
        """`in stock`, `out of stock`: there is some of it, or none."""
        mention = next(
            (i for i in self.items if i.text.lower() in lexicon.STOCK and not i.used), None
        )
        own = [
            c
            for c in (mention.columns if mention else ())
            if c.is_number and c.table == nodes.head.table.name
        ]
        if not own or not mention:
            return
        out = self._take("out of")
        marker = next((i for i in self.items if i.at == mention.at - 1), None)
        if out or (marker and marker.text.lower() == "in"):
            mention.used = True
            nodes.head.conditions.append(Condition((own[0],), "=" if out else ">", (0,)))

    def _absences(self, nodes: Nodes) -> None:
        """`without jobs`, `no technician`, `have never had a visit`."""
        while marker := self._take("without"):
            noun = self._next(marker, past=frozenset(("any", "all")))
            if noun is None or not noun.is_nominal:
                raise Unclear(
                    f"\u201c{marker.text}\u201d says that something is missing, not what."
                )
            phrase = self._nouns(noun)
            last = phrase[-1]
            if last.tables:
                last.used = True
                self._absent(nodes, self._table(last), marker)
            elif own := [c for c in last.columns if c.table == nodes.head.table.name]:
                last.used = True
                self._empty(nodes.head, own[0])
            else:
                raise Unclear(f"Nothing says whether there is no \u201c{last.text}\u201d.")
        self._never(nodes)

    def _never(self, nodes: Nodes) -> None:
        """`… that were never used`, `nobody has visited`: no row of what the verb speaks of."""
        marker = next((i for i in self.items if "never" in i.text.lower() and not i.used), None)
        if marker is None:
            return
        verb = self._next(marker)
        if verb and verb.tables and verb.tables[0] != nodes.head.table:
            marker.used = verb.used = True
            self._absent(nodes, self._table(verb), marker)

    def _absent(self, nodes: Nodes, table: PromptTable, marker: Item) -> None:
        path = nodes.way(nodes.head.table, table)
        if paths.is_up(path):
            if len(path) != 1:
                raise Unclear(f"\u201c{marker.text}\u201d could not be placed.")
            self._empty(nodes.head, path[0].column)
            return
        node = Node(table, marker.at, negated=True)
        node.path = path
        nodes.head.children.append(node)

    def _empty(self, node: Node, column: Column) -> None:
        none = [v for v in column.values if v.lower() in {"none", "no"}] if column.complete else []
        condition = Condition((column,), "=", tuple(none)) if none else Condition((column,), "null")
        node.conditions.append(condition)

    def _comparisons(self, nodes: Nodes) -> None:
        """`more than 10 hours`, `above 500`, `cost less than 50`, `at least 3 jobs`."""
        while marker := self._take(*COMPARISONS):
            number = self._next(marker)
            if number is None or number.number is None:
                raise Unclear(f"\u201c{marker.text}\u201d is not followed by a number.")
            number.used = True
            operator: Operator = marker.operation  # type: ignore[assignment]
            noun = self._next(number)
            if noun and (noun.tables or noun.values) and not noun.columns:
                self._so_many(nodes, noun, operator, number.number)
                continue
            column, factor = self._compared(nodes, marker, noun)
            node = next((n for n in nodes.head.all() if n.table.name == column.table), None)
            node = node or nodes.add(Node(self.schema.table(column.table), marker.at))
            node.conditions.append(Condition((column,), operator, (number.number * factor,)))

    def _so_many(self, nodes: Nodes, noun: Item, operator: Operator, number: float) -> None:
        phrase = self._nouns(noun)
        if not phrase or not phrase[-1].tables:
            raise Unclear(f"\u201c{noun.text}\u201d is nothing that could be counted.")
        phrase[-1].used = True
        table = self._table(phrase[-1])
        path = nodes.way(nodes.head.table, table)
        if table == nodes.head.table or paths.is_up(path):
            raise Unclear(f"\u201c{noun.text}\u201d cannot be counted for each of them.")
        node = Node(table, phrase[-1].at, having=(operator, number))
        node.path = path
        nodes.head.children.append(node)

    def _compared(self, nodes: Nodes, marker: Item, noun: Item | None) -> tuple[Column, float]:
        """The number that is compared, and what one of the question's units is of its own."""
        near = [nodes.head.table, *(n.table for n in nodes.head.all())]
        unit = singular(noun.text) if noun else ""
        verb = self._before(marker)
        if verb and not verb.used and (words := lexicon.about(verb.text.lower())):
            for table in near:
                if column := self._about(table, sorted(words)):
                    verb.used = True
                    return column, 1
        if noun and noun.columns and any(c.is_number for c in noun.columns):
            noun.used = True
            column = self._column(noun, near, number=True)
            return column, _factor(column, unit)
        if noun and (unit in _UNITS or unit in _BYTES):
            for table in near:
                wanted = (
                    {"millisecond", "duration", "length"} if unit in _UNITS else {"byte", "size"}
                )
                if column := self._about(table, sorted(wanted)):
                    noun.used = True
                    return column, _factor(column, unit)
        before = [i for i in self.items if i.at < marker.at]
        for item in reversed(before[-4:]):
            words = lexicon.about(item.text.lower()) | lexicon.about(singular(item.text))
            for table in near:
                if column := self._about(table, sorted(words)):
                    item.used = True
                    return column, 1
            if item.columns and any(c.is_number for c in item.columns):
                item.used = True
                return self._column(item, near, number=True), 1
        word = marker.text.split()[0].lower()
        found = lexicon.adjective(word)
        if found and (column := self._about(near[0], found[1])):
            return column, 1
        amounts = [c for c in near[0].columns if c.is_money]
        if len(amounts) == 1 and word in {
            "above",
            "over",
            "below",
            "under",
            "more",
            "less",
            "exceeding",
            "at",
            "up",
            "greater",
            "higher",
            "lower",
        }:
            return amounts[0], 1
        raise Unclear(f"It is not said what should be \u201c{marker.text}\u201d.")

    def _times(self, nodes: Nodes) -> None:
        for item in [i for i in self.items if i.when and not i.used]:
            assert item.when  # noqa: S101 - it was asked for
            item.used = True
            verb, column = self._dated_verb(nodes, item)
            if verb:
                self._is_dated_by(verb)
            nodes.time(item, item.when, column)

    def _dated_verb(self, nodes: Nodes, item: Item) -> tuple[Item | None, Column | None]:
        """The date that the verb or noun before a time tells: `hired in`, `completed last year`."""
        before = [i for i in self.items if i.at < item.at and not (i.filler and not i.columns)]
        near = [n.table for n in nodes.head.all()]
        for other in reversed(before[-4:]):
            word = other.text.lower()
            wanted = lexicon.dated(word) | {singular(word)}
            for table in near:
                found = [c for c in table.columns if c.is_date and wanted & set(c.words)]
                if len(found) == 1 and (other.columns or self._is_verb(other) or not other.tables):
                    return other, found[0]
            if other.values and any(event_date(t) for t in near):
                continue
            if other.tables:
                return None, None
        return None, None

    def _is_dated_by(self, verb: Item) -> None:
        """The time says that it happened; that it did need not be said again."""
        verb.used = True
        before = self._before(verb)
        if before and before.operation == "not":
            raise Unclear(f"\u201c{before.text} {verb.text}\u201d at a time could not be placed.")

    def _values(self, nodes: Nodes) -> None:
        """Every value that is left restricts a noun; two of one column are alternatives."""
        last: tuple[Item, Node, int] | None = None
        dated = [self._dated_verb(nodes, i) for i in self.items if i.when and not i.used]
        for item in [i for i in self.items if i.values and not i.used]:
            if any(item is verb for verb, _ in dated):
                continue
            item.used = True
            marker = self._before(item)
            negated = bool(marker and marker.operation == "not" and not marker.used)
            if negated and marker:
                marker.used = True
            negated = negated != item.denied
            before = {id(n): len(n.conditions) for n in nodes.head.all()}
            preposition = next((i for i in self.items if i.at == item.at - 1), None)
            prepositional = bool(
                preposition and preposition.text.lower() in {"by", "of", "for", "from"}
            )
            behind = self._noun_behind(item)
            nodes.value(item, behind, negated=negated, prepositional=prepositional)
            node = next(n for n in nodes.head.all() if len(n.conditions) > before.get(id(n), 0))
            down = node.path and not paths.is_up(node.path)
            if negated and marker and down and marker.operation == "not" and marker.at < node.at:
                raise Unclear(f"It is not clear what \u201c{marker.text}\u201d denies.")
            joined = self._joined(last[0], item) if last else None
            if joined and last and last[1] is node:
                self._alternative(node, joined)
            elif joined and last:
                joined.used = not negated and last[1] in nodes.head.all()
            last = (item, node, len(node.conditions))
        self._left_not(nodes)

    def _left_not(self, nodes: Nodes) -> None:
        """`not been paid`: where no value says so, an empty date does."""
        while marker := self._op("not"):
            verb = self._next(marker)
            columns = [c for c in (verb.columns if verb else ()) if c.is_date]
            wanted = lexicon.dated(verb.text.lower()) if verb else frozenset()
            columns = columns or [
                c
                for n in nodes.head.all()
                for c in n.table.columns
                if c.is_date and wanted & set(c.words)
            ]
            own = [c for c in columns if c.table == nodes.head.table.name]
            if not verb or not own:
                raise Unclear(f"\u201c{marker.text}\u201d denies something that is not understood.")
            marker.used = verb.used = True
            self._empty(nodes.head, own[0])

    def _noun_behind(self, item: Item) -> PromptTable | None:
        """The noun that an adjective stands before, with at most other adjectives between."""
        for other in self._after(item):
            if other.tables and not other.values:
                return self._table(other) if len(other.tables) == 1 else None
            if not (other.values or other.operation == "and"):
                return None
        return None

    def _joined(self, one: Item, other: Item) -> Item | None:
        between = [i for i in self.items if one.at < i.at < other.at and not i.filler]
        nouns = [i for i in between if i.operation != "and"]
        markers = [i for i in between if i.operation == "and" and not i.used]
        allowed = all(i.tables or lexicon.same(i.text) for i in nouns) and len(nouns) <= 1
        return markers[0] if markers and allowed else None

    def _alternative(self, node: Node, marker: Item) -> None:
        *_, one, other = node.conditions
        if one.columns != other.columns or one.negated or other.negated:
            marker.used = one.columns != other.columns
            return
        many = node.path and not paths.is_up(node.path)
        if many and marker.text != "or":
            raise Unclear(f"\u201c{marker.text}\u201d could be both, or one of them.")
        marker.used = True
        node.conditions[-2:] = [replace(one, values=(*one.values, *other.values))]

    def _settled(self, table: PromptTable, verb: Item, *, paid: bool) -> None:
        """Only what is paid, or is not: by the status that says so, else by the date of payment."""
        for column in table.columns:
            if column.complete and "paid" in [v.lower() for v in column.values]:
                value = next(v for v in column.values if v.lower() == "paid")
                self.settled.append(Condition((column,), "=", (value,), not paid))
                return
        dates = [c for c in table.columns if c.is_date and "paid" in c.words]
        if not dates:
            if paid:
                return
            raise Unclear(f"Nothing says what \u201c{verb.text}\u201d means.")
        self.settled.append(Condition((dates[0],), "null", (), paid))


def _is_linked(schema: Schema, table: PromptTable, name: str) -> bool:
    other = schema.table(name)
    ways = paths.shortest(schema, table, other)
    return bool(ways) and len(ways[0]) == 1


def _factor(column: Column, unit: str) -> float:
    if "millisecond" in column.words:
        return _UNITS.get(unit, 1)
    return _BYTES.get(unit, 1) if "byte" in column.words else 1
