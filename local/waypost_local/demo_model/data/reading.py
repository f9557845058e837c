"""A question read as a query, of which every word must have had a part, or it is refused.

An item of the question is `used` once the query rests on it. What is left at the end, and is none
of the few words that carry nothing, is a word that the reader did not understand.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Node, Nodes, event_date, iso, money
from waypost_local.demo_model.data.query import (
    Condition,
    Group,
    Measure,
    Operator,
    Query,
    Scope,
    Unclear,
)
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular, stem

_COMPARISONS = (">", "<", ">=", "<=", "=")
_PARTS = {"trend": "month", "yearly": "year", "quarterly": "quarter", "weekday": "weekday"}
_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_BYTES = {"kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000}
_COPULA = frozenset(("is", "are", "was", "were", "be", "been"))
_SHOWN = 6


def read(schema: Schema, items: list[Item]) -> Query:
    """Raises Unclear: a word has no part in what could be read, or it means several things."""
    return _Reader(schema, items).read()


class _Reader:
    def __init__(self, schema: Schema, items: list[Item]) -> None:
        self.schema = schema
        self.items = items
        self.nodes: Nodes | None = None
        self.measure: Measure | None = None
        self.having: tuple[Operator, float] | None = None

    @property
    def _text(self) -> str:
        return " ".join(item.text.lower() for item in self.items)

    def read(self) -> Query:
        query = (
            self._share()
            or self._ranking()
            or self._grouped()
            or self._figure()
            or self._lookup()
            or self._count()
            or self._exists()
            or self._listing()
        )
        query = replace(query, notes=tuple(item.note for item in self.items if item.note))
        self._account(query)
        return query

    # What is where in the question.

    def _op(self, *names: str) -> Item | None:
        return next((i for i in self.items if i.operation in names and not i.used), None)

    def _take(self, *names: str) -> Item | None:
        item = self._op(*names)
        if item:
            item.used = True
        return item

    def _after(self, item: Item) -> list[Item]:
        return [other for other in self.items if other.at > item.at]

    def _next(self, item: Item, *, past: frozenset[str] = frozenset()) -> Item | None:
        """The next item that is no filler, and none of the operations `past`."""
        for other in self._after(item):
            if not (other.filler or other.operation in past) or other.is_nominal:
                return other
        return None

    def _before(self, item: Item) -> Item | None:
        before = [i for i in self.items if i.at < item.at and (not i.filler or i.is_nominal)]
        return before[-1] if before else None

    def _phrase(self, start: Item) -> list[Item]:
        """The adjectives and the noun from an item on: `urgent repair jobs`, `invoice amount`."""
        run: list[Item] = []
        for item in [start, *self._after(start)]:
            if item.used:
                break
            if item.is_nominal and not (item.row and run):
                run.append(item)
                if item.row or (item.tables and not self._goes_on(item)):
                    break
            elif (not run and (item.filler or item.operation in {"distinct", "all", "any"})) or (
                item.operation == "and"
                and run[-1].values
                and not run[-1].tables
                and (
                    (behind := self._next(item)) and behind.values and behind.named == run[-1].named
                )
            ):
                continue
            else:
                break
        while len(run) > 1 and not (run[-1].tables or run[-1].columns) and run[-1].values:
            if any(i.tables or i.columns for i in run[:-1]):
                run.pop()
            else:
                break
        return run

    def _goes_on(self, item: Item) -> bool:
        """`invoice amount`, `job category`: the noun behind a table is one of its columns."""
        following = next((i for i in self._after(item)), None)
        return bool(
            following
            and following.columns
            and not following.tables
            and any(c.table == t.name for c in following.columns for t in item.tables)
            and not self._is_verb(following)
            and not self._compares(following)
        )

    def _compares(self, item: Item) -> bool:
        """`parts cost more than 100`: a verb, and no noun."""
        behind = self._next(item)
        return bool(
            lexicon.about(item.text.lower()) and behind and behind.operation in _COMPARISONS
        )

    def _is_verb(self, item: Item) -> bool:
        word = item.text.lower()
        return word.endswith("ed") or word in lexicon.BUYING or word in lexicon.LINKING

    # Tables and columns of a noun.

    def _table(self, item: Item) -> PromptTable:
        if isinstance(item.row, Scope):
            return item.row.table
        if not item.tables:
            raise Unclear(f"\u201c{item.text}\u201d is none of the tables.")
        if len(item.tables) > 1:
            names = " or ".join(t.name for t in item.tables)
            raise Unclear(f"\u201c{item.text}\u201d may be {names}.")
        return item.tables[0]

    def _mentioned(self) -> list[PromptTable]:
        """Tables that the question names, and those of its values, in its order."""
        found: list[PromptTable] = []
        for item in self.items:
            if isinstance(item.row, Scope):
                found.append(item.row.table)
            if item.tables and len(item.tables) == 1:
                found.append(item.tables[0])
        for item in self.items:
            tables = {column.table for column, _ in item.values}
            if len(tables) == 1 and not item.tables:
                found.append(self.schema.table(tables.pop()))
        return list(dict.fromkeys(found))

    def _column(self, item: Item, near: Sequence[PromptTable], *, number: bool = False) -> Column:
        """The column that a noun means: of the nearest table that has it."""
        columns = [c for c in item.columns if not number or c.is_number]
        if not columns:
            raise Unclear(f"\u201c{item.text}\u201d is no number that could be reckoned with.")
        for table in near:
            if own := [c for c in columns if c.table == table.name]:
                if len(own) > 1:
                    exact = [c for c in own if c.words[-1] == singular(item.text.split()[-1])]
                    own = exact or own
                if len(own) == 1:
                    return own[0]
        linked: list[tuple[int, Column]] = []
        for column in columns:
            for table in near[:1]:
                ways = paths.shortest(self.schema, table, self.schema.table(column.table))
                linked += [(len(way), column) for way in ways[:1]]
        nearest = min((size for size, _ in linked), default=0)
        found = [c for size, c in linked if size == nearest] if near else columns
        found = found or columns
        if len(found) > 1:
            names = " or ".join(f"{c.table}.{c.name}" for c in found)
            raise Unclear(f"\u201c{item.text}\u201d may be {names}.")
        return found[0]

    def _about(self, table: PromptTable, words: Sequence[str]) -> Column | None:
        """The one number or date of a table that words such as `price`, `cost` are about."""
        for word in words:
            found = [
                c
                for c in table.columns
                if (c.is_number or c.is_date) and word in c.words and not c.is_key
            ]
            if found:
                return found[0]
        return None

    # The head noun and everything that restricts it.

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

    def _next_is_copula_of(self, item: Item | None) -> bool:
        following = next((i for i in self._after(item)), None) if item else None
        return bool(following and following.text.lower() in _COPULA)

    def _next_is_copula(self, item: Item | None, noun: Item) -> bool:
        """`Who are our customers …`: the noun says who is asked for."""
        if item is None:
            return False
        between = [i for i in self.items if item.at < i.at < noun.at]
        return (
            bool(between)
            and between[0].text.lower() in _COPULA
            and not any((i.operation and not i.used) or i.values for i in between)
        )

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
        node.conditions += self._extra
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

    def _free(self) -> list[Item]:
        return [item for item in self.items if not item.used]

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
            phrase = self._phrase(noun)
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
            if len(path) > 1:
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
        while marker := self._take(*_COMPARISONS):
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
        phrase = self._phrase(noun)
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

    # Frames.

    def _share(self) -> Query | None:
        if not (marker := self._op("share")):
            return None
        start = self._next(marker)
        if not start:
            return None
        marker.used = True
        copula = next(
            (
                i
                for i in self._after(marker)
                if i.text.lower()
                in _COPULA | {"have", "has", "had", "from", "come", "comes", "came"}
                and i.filler
            ),
            None,
        )
        if self._is_money(start):
            raise Unclear("I can tell a share of rows, not of revenue.")
        phrase = self._phrase(start)
        if not phrase or not phrase[-1].tables:
            raise Unclear("It is not clear what the share is taken of.")
        head = self._head(phrase)
        late = [i for i in self.items if copula and i.at > copula.at]
        whole = Node(head.table, head.at)
        held = [(i, i.used) for i in late]
        if copula and any(i.is_nominal or i.when for i in late):
            for item in late:
                item.used = True
            scope = self._gather(whole)
            for item, used in held:
                item.used = used
        else:
            scope = whole.built()
        part = Node(head.table, head.at, scope=scope)
        scope_of_part = self._gather(part)
        if scope_of_part == scope:
            raise Unclear("It is not said which of them the share is.")
        return Query("share", scope_of_part, part_of=scope)

    def _is_money(self, item: Item | None) -> bool:
        return bool(item and item.text.lower() in lexicon.MONEY and not item.tables)

    def _money_item(self) -> Item | None:
        return next((i for i in self.items if self._is_money(i) and not i.used), None)

    def _revenue(self) -> Measure | None:
        """Revenue, sales, turnover, or what somebody spent, paid or owes."""
        item = self._money_item()
        words = {i.text.lower() for i in self.items}
        ours = re.search(r"\b(we|us) (still )?(pay|paid|spend|spent|owe)\b", self._text)
        if ours:
            raise Unclear(f"The tables do not say what \u201c{ours[0]}\u201d.")
        if item is None and not (
            words & {"paid", "pay", "pays", "owe", "owes", "spend", "owed", "owing"}
        ):
            return None
        columns = money(self.schema, self._mentioned())
        table = self.schema.table(columns[0].table)
        if item:
            item.used = True
        for other in self.items:
            low = other.text.lower()
            if low in {"pay", "pays", "paid", "owe", "owes", "owed", "owing"} and not other.used:
                other.used = True
                self._settled(table, other, paid=low.startswith("pa"))
            elif low in {"earn", "make", "made", "spend", "spends", "spent", "bring", "brings"}:
                other.used = True
        amount = next((i for i in self.items if i.columns == columns[:1]), None)
        if amount:
            amount.used = True
        return Measure("sum", columns, item.text.lower() if item else columns[0].name)

    def _settled(self, table: PromptTable, verb: Item, *, paid: bool) -> None:
        """Only what is paid, or is not: by the status that says so, else by the date of payment."""
        for column in table.columns:
            if column.complete and "paid" in [v.lower() for v in column.values]:
                value = next(v for v in column.values if v.lower() == "paid")
                self._extra.append(Condition((column,), "=", (value,), not paid))
                return
        dates = [c for c in table.columns if c.is_date and "paid" in c.words]
        if not dates:
            if paid:
                return
            raise Unclear(f"Nothing says what \u201c{verb.text}\u201d means.")
        self._extra.append(Condition((dates[0],), "null", (), paid))

    @property
    def _extra(self) -> list[Condition]:
        if not hasattr(self, "_extra_conditions"):
            self._extra_conditions: list[Condition] = []
        return self._extra_conditions

    def _measured(self, start: Item | None) -> tuple[Measure, Node] | None:
        """The figure that a noun phrase names, and the rows that it is taken over."""
        if start is None or self._is_money(start) or (start.text.lower() in {"spending", "spend"}):
            if measure := self._revenue():
                return measure, self._with_extra(Node(self.schema.table(measure.columns[0].table)))
            return None
        phrase = self._phrase(start)
        if not phrase:
            return None
        last = phrase[-1]
        if last.columns and not last.tables and not last.values:
            near = self._near(phrase)
            column = self._column(last, near, number=True)
            for item in phrase[:-1]:
                if item.tables and item.tables[0].name == column.table:
                    item.used = True
            last.used = True
            node = Node(self.schema.table(column.table), last.at)
            return Measure("sum", (column,), _spoken(column)), node
        node = self._head(phrase)
        if (quantity := self._quantity(node.table)) and not any(
            i.operation == "distinct" for i in self.items
        ):
            through = self.schema.table(quantity.table)
            node.path = paths.shortest(self.schema, through, node.table)[0]
            outer = Node(through, node.at, children=[node])
            return Measure("sum", (quantity,), last.text.lower()), outer
        return Measure("count", (), last.text.lower()), node

    def _quantity(self, table: PromptTable) -> Column | None:
        """Where things are used or sold, their number is the sum of the quantities."""
        words = {i.text.lower() for i in self.items}
        if not words & {"used", "use", "sold", "sell", "needed", "bought", "ordered", "installed"}:
            return None
        found = [
            c
            for t in self.schema.tables
            for c in t.columns
            if c.is_number
            and lexicon.QUANTITIES & set(c.words)
            and any(k.references and k.references[0] == table.name for k in t.columns)
        ]
        return found[0] if len(found) == 1 else None

    def _with_extra(self, node: Node) -> Node:
        node.conditions += [c for c in self._extra if c.columns[0].table == node.table.name]
        return node

    def _near(self, phrase: Sequence[Item]) -> list[PromptTable]:
        inside = [t for i in phrase for t in i.tables]
        return [*inside, *self._mentioned()]

    def _figure(self) -> Query | None:
        """Averages, totals, extremes and amounts, of all or of each."""
        marker = self._op("average", "total", "max", "min", "how much", "howmany")
        function = {"average": "avg", "max": "max", "min": "min"}.get(
            marker.operation if marker else "", "sum"
        )
        money_item = self._money_item()
        if marker is None and (money_item is None or money_item.text.lower() in lexicon.BUYING):
            return None
        if marker is None and self._asks_which():
            return None
        if marker and marker.operation == "how much" and (cost := self._cost(marker)):
            return cost
        for name in ("average", "total", "max", "min", "how much"):
            while self._take(name):
                pass
        number_of = self._op("how many")
        start = self._next(marker, past=frozenset(("how many", "total"))) if marker else None
        if self._money_item():
            start = self._money_item()
        elif marker and marker.operation == "how much" and self._owes():
            start = None
        elif start is None or not start.is_nominal:
            start = next(
                (i for i in self._free() if i.columns and any(c.is_number for c in i.columns)),
                start,
            )
        found = self._measured(start)
        if not found:
            return None
        measure, head = found
        if number_of:
            number_of.used = True
        group = self._group(head)
        if measure.function == "count" and function == "avg" and (number_of or group):
            return self._average_count(measure, head, group)
        if measure.function == "count" and not number_of:
            amounts = [c for c in head.table.columns if c.is_money]
            if len(amounts) != 1 or not marker or marker.operation != "total":
                raise Unclear("It is not said of what the figure is meant.")
            measure = Measure("sum", (amounts[0],), _spoken(amounts[0]))
        elif measure.function == "count":
            return self._finish(head, measure, group)
        if function == "avg" and measure.name in lexicon.MONEY and not group:
            others = {t.name for t in self._mentioned()} - {head.table.name}
            if others:
                raise Unclear("It is not said per what the average is taken.")
        measure = replace(measure, function=function)  # type: ignore[arg-type]
        if (
            group
            and group[0].operation == "each"
            and function == "avg"
            and self._is_own(group, head)
        ):
            return self._finish(head, measure, None)
        apart = group and head.table.name != self._group_table(group)
        if group and function == "avg" and apart and self._is_money_total(measure, group):
            return self._finish(head, replace(measure, function="sum"), group, average=True)
        return self._finish(head, measure, group)

    def _asks_which(self) -> bool:
        """`Which customers …`, `who …`: rows are asked for, and no figure."""
        first = self.items[0].text.lower() if self.items else ""
        return (first in {"which", "who", "whose"} and any(i.tables for i in self.items[1:3])) or (
            first == "who"
        )

    def _is_money_total(self, measure: Measure, group: tuple[Item, object]) -> bool:
        return measure.name in lexicon.MONEY and isinstance(group[1], (PromptTable, Column))

    def _is_own(self, group: tuple[Item, object], head: Node) -> bool:
        """`the average hours per job`: of each row, which is the plain average."""
        return group[1] == head.table

    def _group_table(self, group: tuple[Item, object]) -> str:
        target = group[1]
        return target.name if isinstance(target, PromptTable) else getattr(target, "table", "")

    def _owes(self) -> bool:
        words = {i.text.lower() for i in self.items}
        return bool(words & {"pay", "paid", "pays", "owe", "owes", "spend", "spent", "owed"})

    def _cost(self, marker: Item) -> Query | None:
        """`How much does a thermostat cost`: the price of a row that is named."""
        verb = next(
            (
                i
                for i in self.items
                if i.text.lower() in {"cost", "costs", "earn", "earns", "charge", "charges"}
                and not i.used
            ),
            None,
        )
        item = next((i for i in self._free() if i.row or (i.values and i.named)), None)
        if not verb or not item:
            return None
        head = self._entity(item)
        column = self._about(head.table, sorted(lexicon.about(verb.text.lower())))
        if column is None:
            raise Unclear(f"{head.table.name} say nothing of what one costs.")
        marker.used = verb.used = True
        return Query("facts", self._gather(head), (column,))

    def _entity(self, item: Item) -> Node:
        if isinstance(item.row, Scope):
            item.used = True
            return Node(item.row.table, item.at, scope=item.row)
        tables = list(dict.fromkeys(column.table for column, _ in item.values))
        near = [t for i in self.items for t in i.tables if t.name in tables]
        if len(tables) > 1 and not near:
            labels = [c.table for c, _ in item.values if c in self.schema.table(c.table).label]
            if len(set(labels)) == 1:
                tables = labels
            else:
                raise Unclear(f"\u201c{item.text}\u201d may be of {' or of '.join(tables)}.")
        return Node(near[0] if near else self.schema.table(tables[0]), item.at)

    def _average_count(
        self, measure: Measure, head: Node, group: tuple[Item, object] | None
    ) -> Query:
        if group is None:
            raise Unclear("It is not said per what the average is taken.")
        return self._finish(head, measure, group, average=True)

    def _group(self, head: Node) -> tuple[Item, object] | None:
        """What is told apart: a table's rows, a column's values, or a part of a date."""
        if marker := self._op(*_PARTS):
            marker.used = True
            return marker, _PARTS[marker.operation]
        for marker in self.items:
            if marker.used or not (marker.operation == "each" or marker.text.lower() == "by"):
                continue
            noun = self._next(marker, past=frozenset(("each", "all")))
            if noun is None or noun.used:
                continue
            if noun.text.lower() in {"year", "month", "quarter", "weekday", "day"} and not noun.row:
                marker.used = noun.used = True
                return marker, noun.text.lower()
            if noun.row or (noun.values and not (noun.tables or noun.columns)):
                continue
            phrase = self._phrase(noun)
            last = phrase[-1] if phrase else noun
            if last.values and not last.tables and not last.columns:
                continue
            marker.used = last.used = True
            near = [*(t for i in phrase for t in i.tables), head.table]
            if last.tables:
                return marker, self._table(last)
            if last.columns:
                for item in phrase[:-1]:
                    if item.tables:
                        item.used = True
                return marker, self._column(last, near)
        return None

    def _finish(
        self,
        head: Node,
        measure: Measure,
        group: tuple[Item, object] | None,
        *,
        average: bool = False,
        **ranking: object,
    ) -> Query:
        """The query of a figure, over all of the head's rows or for each group."""
        if group is None:
            scope = self._gather(head)
            self._is_of_each(scope, measure)
            kind = "count" if measure.function == "count" else "figure"
            return Query(kind, scope, measure=measure)  # type: ignore[arg-type]
        _, target = group
        if isinstance(target, str):
            scope = self._gather(head)
            node, column = self._date_of(head)
            made = Group(node, column=column, part=target)
        elif isinstance(target, Column):
            scope = self._gather(head)
            path = self._up(head.table, self.schema.table(target.table))
            made = Group(path, column=target)
        else:
            assert isinstance(target, PromptTable)  # noqa: S101 - nothing else is left
            return self._for_each(head, measure, target, average=average, **ranking)
        return Query("groups", scope, measure=measure, group=made, average=average, **ranking)  # type: ignore[arg-type]

    def _is_of_each(self, scope: Scope, measure: Measure) -> None:
        """An invoice's amount is no artist's: it is of all that the invoice lists together."""
        for related in scope.related:
            if measure.columns and not paths.is_up(related.path) and not related.negated:
                raise Unclear(
                    f"{scope.table.name} are not of one of {related.scope.table.name} each."
                )

    def _up(self, source: PromptTable, target: PromptTable) -> paths.Path:
        if source == target:
            return ()
        assert self.nodes  # noqa: S101 - the question is gathered by now
        path = self.nodes.way(source, target)
        if not paths.is_up(path):
            raise Unclear(f"{source.name} cannot be told apart by {target.name}.")
        return path

    def _for_each(
        self, head: Node, measure: Measure, table: PromptTable, *, average: bool, **ranking: object
    ) -> Query:
        """A figure for each row of another table; what restricts those rows is set apart."""
        if table == head.table:
            raise Unclear(f"{table.name} cannot be counted for each of themselves.")
        scope = self._gather(head)
        assert self.nodes  # noqa: S101 - gathering made them
        path = self.nodes.way(table, head.table)
        own = next((r for r in scope.related if _leads_to(r.path, table) and not r.negated), None)
        rest = tuple(r for r in scope.related if r is not own)
        outer = own.scope if own else Scope(table)
        if any(not step.up for step in path) and any(step.up for step in path):
            raise Unclear(f"{head.table.name} do not belong to one of {table.name} each.")
        group = Group(path, scope=outer)
        inner = replace(scope, related=rest)
        return Query("groups", inner, measure=measure, group=group, average=average, **ranking)  # type: ignore[arg-type]

    def _date_of(self, head: Node) -> tuple[paths.Path, Column]:
        used = [
            (node, c.columns[0])
            for node in head.all()
            for c in node.conditions
            if c.operator == "between" and c.columns[0].is_date and paths.is_up(node.path)
        ]
        if used:
            node, column = used[0]
            return node.path, column
        verbs = [i for i in self.items if i.columns and any(c.is_date for c in i.columns)]
        for item in verbs:
            if own := [c for c in item.columns if c.is_date and c.table == head.table.name]:
                item.used = True
                return (), own[0]
        if event := event_date(head.table):
            return (), event
        for foreign in head.table.columns:
            if foreign.references and (
                found := event_date(self.schema.table(foreign.references[0]))
            ):
                return paths.shortest(self.schema, head.table, self.schema.table(found.table))[
                    0
                ], found
        raise Unclear(f"No date of {head.table.name} says when that was.")

    def _ranking(self) -> Query | None:
        top = self._op("top", "bottom")
        mode = self._op("mode", "-mode")
        most = self._op("most", "fewest")
        if mode:
            return self._mode(mode)
        if top:
            return self._top(top)
        adjective = self._adjective()
        if adjective and not (
            most and most.at < adjective[0].at and self._next(most) is not adjective[0]
        ):
            return self._extreme(*adjective)
        if most:
            return self._most(most)
        return None

    def _adjective(self) -> tuple[Item, tuple[str, ...], bool] | None:
        """A superlative: `cheapest`, `most expensive`, `latest`, `hired last`."""
        for item in self.items:
            word = item.text.lower()
            marker = self._before(item)
            if item.used or item.when or item.values:
                continue
            if marker and marker.operation in {"most adj", "least adj", "most"}:
                base = word.removesuffix("ly")
                if base in lexicon.ADJECTIVES:
                    marker.used = True
                    words, much = lexicon.ADJECTIVES[base]
                    return item, words, much != (marker.operation == "least adj")
            if word in {"last", "first"} and not item.columns:
                return item, *lexicon.ADJECTIVES[word]
            if word.endswith("est") and (found := lexicon.adjective(word)):
                return item, found[1], found[2]
        return None

    def _limit(self, item: Item) -> int | None:
        """A number beside a superlative: `the three cheapest`, `top 5`."""
        before = self._before(item)
        if before and before.used and before.number is None:
            before = self._before(before)
        for other in (self._next(item), before):
            if other and other.number is not None and not other.used and other.number.is_integer():
                other.used = True
                return max(1, min(int(other.number), 1000))
        return None

    def _extreme(self, item: Item, words: tuple[str, ...], much: bool) -> Query:
        """The rows with the highest or lowest of a column: `the cheapest part`, `highest rate`."""
        item.used = True
        limit = self._limit(item)
        behind = self._next(item)
        if behind and self._is_money(behind):
            return self._by_figure(behind, descending=much, limit=limit)
        phrase = self._phrase(behind) if behind else []
        if (
            phrase
            and phrase[-1].columns
            and not phrase[-1].tables
            and not phrase[-1].values
            and any(c.is_number or c.is_date for c in phrase[-1].columns)
        ):
            head, column = self._column_and_rows(phrase)
            return self._rows(head, column, descending=much, limit=limit)
        who = self._op("who")
        asked = next((i for i in self.items if (i.tables or i.row) and not i.used), None)
        if phrase and (phrase[-1].tables or phrase[-1].values):
            head = self._head(phrase)
        elif who and not (asked and self._next_is_copula(who, asked)):
            who.used = True
            found = self._who(who)
            if not found:
                raise Unclear("It is not clear whom \u201cwho\u201d means.")
            head = found
        elif asked:
            head = self._head([asked])
        else:
            raise Unclear(f"It is not said of what \u201c{item.text}\u201d is meant.")
        if when := self._take("when"):
            return self._when_extreme(head, words, much, when)
        own = self._extreme_column(head, item, words)
        much = self._direction(item, own, much)
        return self._rows(head, own, descending=much, limit=limit)

    def _column_and_rows(self, phrase: Sequence[Item]) -> tuple[Node, Column]:
        who = self._take("who")
        near = self._near(phrase)
        last = phrase[-1]
        last.used = True
        if who:
            people = [
                t
                for t in self.schema.tables
                if t.is_person and any(c.table == t.name for c in last.columns)
            ]
            near = [*people, *near]
        column = self._column(last, near)
        if not (column.is_number or column.is_date):
            raise Unclear(f"\u201c{last.text}\u201d is nothing that could be highest or lowest.")
        for other in self.items:
            if other.tables and other.tables[0].name == column.table and not other.used:
                other.used = True
                break
        return Node(self.schema.table(column.table), last.at), column

    def _extreme_column(self, head: Node, item: Item, words: tuple[str, ...]) -> Column:
        verbs = [i for i in self.items if i.columns and any(c.is_date for c in i.columns)]
        base = lexicon.adjective(item.text.lower())
        timely = "since" in words
        if timely:
            for verb in verbs:
                if own := [c for c in verb.columns if c.is_date and c.table == head.table.name]:
                    verb.used = True
                    return own[0]
        if base and base[0] == "long" and head.table.is_person:
            if not {"work", "worked", "with", "serving", "employed", "customer"} & {
                i.text.lower() for i in self.items
            }:
                raise Unclear("It is not said what \u201clongest\u201d means for people.")
            words = ("since", "hired", "hire", "joined", "signup", "start")
        if base and base[0] == "old" and head.table.is_person:
            words = ("birth", "birthdate")
        if column := self._about(head.table, words):
            return column
        if timely and (date := event_date(head.table)):
            return date
        if timely and head.table.is_person:
            dates = [c for c in head.table.columns if c.is_date]
            if len(dates) == 1 and item.text.lower() in {"newest", "latest", "recent"}:
                return dates[0]
        numbers = [c for c in head.table.columns if c.is_number]
        if len(numbers) == 1 and {"amount", "total"} & set(words):
            return numbers[0]
        raise Unclear(f"Nothing in {head.table.name} says what \u201c{item.text}\u201d means.")

    def _direction(self, item: Item, column: Column, much: bool) -> bool:
        """The oldest, the longest with us, have the earliest date; the longest job most hours."""
        base = lexicon.adjective(item.text.lower())
        if column.is_date and base and base[0] in {"old", "long"}:
            return False
        if column.is_date and base and base[0] == "young":
            return True
        return much

    def _when_extreme(self, head: Node, words: tuple[str, ...], much: bool, when: Item) -> Query:
        column = self._extreme_column(head, when, words)
        scope = self._gather(head)
        measure = Measure("max" if much else "min", (column,), _spoken(column))
        return Query("figure", scope, measure=measure)

    def _rows(self, head: Node, column: Column, *, descending: bool, limit: int | None) -> Query:
        for name in ("list", "who", "all"):
            self._take(name)
        scope = self._gather(head)
        columns = (*_names(head.table), column)
        return Query(
            "rows",
            scope,
            tuple(dict.fromkeys(columns)),
            order=column,
            descending=descending,
            best=limit is None,
            limit=limit,
        )

    def _most(self, marker: Item) -> Query:
        """`Which technician completed the most jobs`, `earns the most`, `has the fewest`."""
        marker.used = True
        descending = marker.operation == "most"
        behind = self._next(marker)
        verbs = [i for i in self.items if i.at < marker.at and lexicon.about(i.text.lower())]
        nominal = bool(behind and (behind.is_nominal or self._is_money(behind)))
        owed = self._owes() and not nominal
        if verbs and not nominal and not owed:
            head = self._asked()
            column = self._about(head.table, sorted(lexicon.about(verbs[-1].text.lower())))
            if column is None:
                raise Unclear(
                    f"Nothing in {head.table.name} says what \u201c{verbs[-1].text}\u201d means."
                )
            verbs[-1].used = True
            return self._rows(head, column, descending=descending, limit=None)
        if not nominal and not owed and self._money_item() is None:
            return self._most_of_verb(descending=descending)
        return self._by_figure(
            None if owed or not nominal else behind, descending=descending, limit=None
        )

    def _most_of_verb(self, *, descending: bool) -> Query:
        """`Which part was used most`: by quantity where things are used or sold."""
        head = self._asked()
        quantity = self._quantity(head.table)
        if quantity is None:
            raise Unclear("It is not said most of what.")
        for item in self.items:
            if item.text.lower() in {"used", "sold", "bought", "ordered"}:
                item.used = True
        through = Node(self.schema.table(quantity.table), head.at)
        measure = Measure("sum", (quantity,), _spoken(quantity))
        return self._for_each(
            through, measure, head.table, average=False, best=True, descending=descending
        )

    def _asked(self) -> Node:
        """What `which` or `who` asks for: the first noun, or the people who fit."""
        if who := self._take("who"):
            found = self._who(who)
            if not found:
                raise Unclear("It is not clear whom \u201cwho\u201d means.")
            return found
        self._take("list")
        noun = next((i for i in self._free() if i.is_nominal), None)
        if noun is None:
            raise Unclear("It is not said what is asked for.")
        phrase = self._phrase(noun)
        if not phrase or not (phrase[-1].tables or phrase[-1].row):
            raise Unclear(f"\u201c{phrase[-1].text}\u201d is not what could be ranked.")
        return self._head(phrase)

    def _by_figure(self, behind: Item | None, *, descending: bool, limit: int | None) -> Query:
        """Rows or values by a figure of each: of revenue, of a column, of how many there are."""
        who = self._take("who")
        target: object
        self._take("list")
        noun = next((i for i in self._free() if i.tables), None)
        if who and noun and self._next_is_copula(who, noun):
            who = None
        if who:
            found = self._who(who)
            if not found:
                raise Unclear("It is not clear whom \u201cwho\u201d means.")
            target = found.table
        else:
            target = self._target(behind)
        measured = self._measured(behind)
        if not measured:
            raise Unclear("It is not said by what they are ranked.")
        measure, head = measured
        best = limit is None
        if isinstance(target, PromptTable) and target == head.table and measure.columns:
            return self._rows(head, measure.columns[0], descending=descending, limit=limit)
        if isinstance(target, tuple):
            near = [head.table, *self._mentioned()]
            target = self._column(target[0], near)
        marker = next(iter(self.items))
        return self._finish(
            head, measure, (marker, target), best=best, descending=descending, limit=limit
        )

    def _target(self, behind: Item | None) -> object:
        """The noun that is asked for, before the figure: a table, a part of a date or a column."""
        for item in self._free():
            if behind is not None and item.at >= behind.at:
                break
            low = singular(item.text.lower())
            if low in {"year", "month", "quarter", "weekday"}:
                item.used = True
                return low
            if item.tables or item.columns:
                phrase = self._phrase(item)
                last = phrase[-1] if phrase else item
                last.used = True
                for other in phrase[:-1]:
                    if other.tables:
                        other.used = True
                if last.tables:
                    return self._table(last)
                if last.columns:
                    return (last,)
        raise Unclear("It is not said what is ranked.")

    def _top(self, marker: Item) -> Query:
        """`Top 5 customers by revenue`, `top three genres by number of tracks`."""
        marker.used = True
        descending = marker.operation == "top"
        self._take("list")
        limit = self._limit(marker) or 10
        by = next(
            (
                i
                for i in self.items
                if i.text.lower() in {"by", "in terms of", "with"} and i.at > marker.at
            ),
            None,
        )
        order = self._op("order")
        by = by or order
        selling = self._take("selling")
        noun = self._next(marker, past=frozenset(("selling",)))
        if noun and noun.number is not None:
            noun = self._next(noun, past=frozenset(("selling",)))
        if noun is None:
            raise Unclear("It is not said what is ranked.")
        if selling:
            return self._sold(noun, limit)
        if by is None:
            raise Unclear("It is not said by what they are ranked.")
        by.used = True
        behind = self._next(by, past=frozenset(("how many", "total", "most")))
        for name in ("how many", "total", "most"):
            self._take(name)
        if behind is None:
            raise Unclear("It is not said by what they are ranked.")
        return self._by_figure(behind, descending=descending, limit=limit)

    def _sold(self, noun: Item, limit: int | None) -> Query:
        table = self._table(noun)
        noun.used = True
        found = [
            c
            for t in self.schema.tables
            for c in t.columns
            if c.is_number and lexicon.QUANTITIES & set(c.words)
        ]
        if len(found) != 1:
            raise Unclear("No one column says how much was sold.")
        head = Node(self.schema.table(found[0].table), noun.at)
        measure = Measure("sum", (found[0],), "sold")
        return self._for_each(
            head, measure, table, average=False, best=limit is None, limit=limit, descending=True
        )

    def _mode(self, marker: Item) -> Query:
        """The value that most rows have: `the most common job category`."""
        marker.used = True
        noun = self._next(marker) if "often" not in marker.text else None
        noun = noun or next((i for i in self._free() if i.columns and i.at < marker.at), None)
        if noun is None:
            raise Unclear(f"It is not said what is \u201c{marker.text}\u201d.")
        phrase = self._phrase(noun)
        last = phrase[-1]
        near = self._near(phrase)
        if not last.columns or last.tables:
            raise Unclear(f"It is not said how \u201c{marker.text}\u201d is counted.")
        column = self._column(last, near)
        last.used = True
        for item in [*phrase[:-1], *self.items]:
            if item.tables and item.tables[0].name == column.table:
                item.used = True
        table = self.schema.table(column.table)
        measure = Measure("count", (), table.name.lower())
        return self._finish(
            Node(table), measure, (marker, column), best=True, descending=marker.operation == "mode"
        )

    def _grouped(self) -> Query | None:
        """`How many jobs per category`, `revenue by region`, `compare 2024 and 2025`."""
        compare = self._op("compare")
        if compare:
            return self._compared_values(compare)
        grouping = self._op("each", *_PARTS) or next(
            (i for i in self.items if i.text.lower() == "by" and self._groups(i)), None
        )
        if not grouping or self._op("average", "max", "min") or self._op("order"):
            return None
        if self._first_is_verb() or self.items[0].operation == "any":
            return None
        marker = self._op("how many")
        if not marker and not self._money_item() and not self._op("total", "how much"):
            return self._counted_apart(grouping)
        if not marker:
            return self._figure()
        marker.used = True
        self._take("list")
        self._take("total")
        start = self._next(marker)
        if start is None:
            return None
        measured = self._measured(start)
        if not measured:
            return None
        measure, head = measured
        group = self._group(head)
        return self._finish(head, measure, group)

    def _counted_apart(self, by: Item) -> Query | None:
        """`Jobs by status`, `customers per city`: how many of each; by a number it is an order."""
        noun = self._next(by)
        first = next((i for i in self.items if i.is_nominal), None)
        apart = noun and (noun.tables or any(c.is_text for c in noun.columns))
        if not (apart and first and first.at < by.at) or by.operation in _PARTS:
            return None
        phrase = self._phrase(first)
        if not phrase or not phrase[-1].tables:
            return None
        self._take("list")
        head = self._head(phrase)
        return self._finish(head, Measure("count", (), phrase[-1].text.lower()), self._group(head))

    def _groups(self, by: Item) -> bool:
        noun = self._next(by, past=frozenset(("each", "all")))
        return bool(noun and (noun.tables or noun.columns) and not noun.row and not noun.named)

    def _compared_values(self, marker: Item) -> Query | None:
        """Two times or two values of a column, one beside the other."""
        marker.used = True
        for item in self.items:
            if item.operation in {"and", "list", "compare"}:
                item.used = True
        whens = [i for i in self.items if i.when]
        count = self._take("how many")
        start = self._money_item() or next(
            (i for i in self._free() if i.tables and not i.values), None
        )
        if len(whens) != 2 or start is None:
            raise Unclear("I can compare two years, and nothing else yet.")
        measured = self._measured(start)
        if not measured or (not count and measured[0].function == "count"):
            raise Unclear("It is not said what is compared.")
        measure, head = measured
        for item in whens:
            item.used = True
        first, last = whens[0].when, whens[1].when
        if not (first and last and first.first and last.first and first.end and last.end):
            raise Unclear("The times to compare have no beginning or no end.")
        if first.first > last.first:
            first, last = last, first
        if first.end != last.first or not iso(first.first).endswith("-01-01"):
            raise Unclear("I can compare two years that follow each other.")
        scope_head = head
        self._gather(scope_head)
        path, column = self._date_of(head)
        bounds = (iso(first.first), iso(last.end))
        head.conditions.append(Condition((column,), "between", bounds))
        return Query(
            "groups", head.built(), measure=measure, group=Group(path, column=column, part="year")
        )

    def _count(self) -> Query | None:
        marker = self._op("how many")
        if not marker:
            return None
        marker.used = True
        self._take("list")
        self._take("total")
        distinct = self._take("distinct")
        start = self._next(marker, past=frozenset(("distinct", "all", "total")))
        self._take("all")
        if start is None or not start.is_nominal:
            raise Unclear(self._strange(start))
        phrase = self._phrase(start)
        last = phrase[-1]
        near = self._near(phrase)
        if last.columns and not last.tables and not last.values:
            column = self._counted_column(last, near, distinct=bool(distinct))
            last.used = True
            for item in phrase[:-1]:
                if item.tables:
                    item.used = True
            table = self.schema.table(column.table)
            head = Node(table, last.at)
            for item in self.items:
                if item.tables and item.tables[0] == table:
                    item.used = True
            if column.is_number and not distinct:
                return self._finish(head, Measure("sum", (column,), last.text.lower()), None)
            measure = Measure("count", (column,), last.text.lower(), distinct=True)
            return Query("figure", self._gather(head), measure=measure)
        if stock := self._stock(phrase):
            return stock
        measured = self._measured(start)
        if not measured:
            raise Unclear(self._strange(start))
        measure, head = measured
        if distinct:
            measure = replace(measure, distinct=True)
        return self._finish(head, measure, None)

    def _counted_column(self, item: Item, near: Sequence[PromptTable], *, distinct: bool) -> Column:
        numbers = [c for c in item.columns if c.is_number]
        if numbers and not distinct:
            return self._column(replace(item, columns=tuple(numbers)), near)
        return self._column(
            replace(item, columns=tuple(c for c in item.columns if not c.is_key)), near
        )

    def _strange(self, item: Item | None) -> str:
        if item is None:
            return "It is not said what is to be counted."
        return f"I do not understand \u201c{item.text}\u201d here."

    def _stock(self, phrase: Sequence[Item]) -> Query | None:
        """`How many thermostats are in stock`: the number beside a thing, which is in a column."""
        mention = next((i for i in self.items if i.text.lower() in lexicon.STOCK), None)
        column = next((c for c in (mention.columns if mention else ()) if c.is_number), None)
        if column is None or mention is None:
            return None
        table = self.schema.table(column.table)
        last = phrase[-1]
        if isinstance(last.row, Scope) and last.row.table == table:
            mention.used = True
            return Query("facts", self._gather(self._head(phrase)), (column,))
        named = last.values and any(c.table == table.name for c, _ in last.values)
        if not named:
            return None
        mention.used = True
        return Query("facts", self._gather(Node(table, phrase[-1].at)), (column,))

    def _exists(self) -> Query | None:
        """`Is Nora Byrne active`, `are there jobs without a technician`, `do we have …`."""
        first = self.items[0] if self.items else None
        if first is None:
            return None
        low = first.text.lower()
        if first.operation != "any" and low not in {
            "is",
            "are",
            "was",
            "were",
            "do",
            "does",
            "did",
            "has",
            "have",
        }:
            return None
        for item in self.items:
            if item.operation in {"all", "each"}:
                raise Unclear(f"I cannot tell whether something is so of \u201c{item.text}\u201d.")
            if item.operation in {"any", "yet"}:
                item.used = True
        noun = next((i for i in self._free() if i.is_nominal), None)
        if noun is None:
            return None
        entity = noun.row or (noun.values and noun.named)
        if entity:
            head = self._entity(noun)
            scope = self._gather(head)
            own = [
                c
                for c in scope.conditions
                if c.operator == "="
                and c.columns[0].is_text
                and c.columns[0] not in head.table.label
            ]
            if len(own) == 1 and not scope.related:
                rest = tuple(c for c in scope.conditions if c is not own[0])
                bare = replace(scope, conditions=rest)
                return Query("facts", bare, own[0].columns, claim=own[0])
            return Query("exists", scope, _names(head.table))
        head = self._head(self._phrase(noun))
        scope = self._gather(head)
        return Query("exists", scope, _names(head.table))

    def _lookup(self) -> Query | None:
        """A column of a row that is named: `the email of Priya Raman`, `when was he hired`."""
        if self._op("how many", "how much") or self._first_is_verb():
            return None
        row = (
            next((i for i in self.items if (i.row or self._names_row(i)) and not i.used), None)
            or self._numbered()
        )
        if row is None:
            return None
        where, when = self._op("where"), self._op("when")
        about = self._op("about")
        if where:
            return self._where(row, where)
        if about and not (when or where):
            return self._facts(row, about)
        nouns = [
            i
            for i in self.items
            if i.columns and not i.values and not i.row and not (i.tables and not self._own(i, row))
        ]
        table = self._entity(row).table if not row.tables else self._table(row)
        row.used = False
        asked = [i for i in nouns if any(c.table == table.name for c in i.columns)]
        asked = [i for i in asked if not self._after_each(i)]
        if when:
            asked = [
                i for i in asked if any(c.is_date and c.table == table.name for c in i.columns)
            ]
        elif asked and not self._of(asked[0], row):
            return None
        if not asked:
            return None
        if self._op("who") or (self._op("list") and self._plural_before(row)):
            return None
        columns: list[Column] = []
        for item in asked:
            item.used = True
            own = [c for c in item.columns if c.table == table.name and (not when or c.is_date)]
            columns.append(self._column(replace(item, columns=tuple(own)), [table]))
        for name in ("when", "list"):
            self._take(name)
        for item in self.items:
            if item.operation == "and" and len(columns) > 1:
                item.used = True
            if item.tables and item.tables[0] == table:
                item.used = True
        head = self._entity(row) if not row.tables else Node(table, row.at)
        if row.tables:
            row.used = True
        scope = self._gather(head)
        label = table.label if scope.row_of else ()
        return Query("facts", scope, tuple(dict.fromkeys((*label, *columns))))

    def _names_row(self, item: Item) -> bool:
        return item.named and any(c in self.schema.table(c.table).label for c, _ in item.values)

    def _first_is_verb(self) -> bool:
        first = self.items[0].text.lower() if self.items else ""
        return first in {"is", "are", "was", "were", "do", "does", "did", "has", "have"}

    def _numbered(self) -> Item | None:
        """`job 12`: a noun that a number follows."""
        for item, following in zip(self.items, self.items[1:], strict=False):
            if item.tables and following.number is not None:
                return item
        return None

    def _own(self, item: Item, row: Item) -> bool:
        return any(c.table == column.table for c in item.columns for column, _ in row.values)

    def _of(self, column: Item, row: Item) -> bool:
        """The column and the row stand together: `X of Y`, `Y's X`, `what X does Y have`."""
        between = [i for i in self.items if min(column.at, row.at) < i.at < max(column.at, row.at)]
        return all(
            i.filler or i.tables or i.columns or i.operation in {"all", "and"} for i in between
        )

    def _after_each(self, item: Item) -> bool:
        marker = self._before(item)
        return bool(marker and marker.operation == "each")

    def _plural_before(self, row: Item) -> bool:
        return any(i.tables and i.at < row.at and i.text.lower().endswith("s") for i in self.items)

    def _where(self, row: Item, where: Item) -> Query:
        head = self._entity(row)
        columns = [c for c in head.table.columns if c.is_text and lexicon.PLACES & set(c.words)]
        if not columns:
            raise Unclear(f"Nothing in {head.table.name} says where one is.")
        where.used = True
        for item in self.items:
            if any(c in columns for c in item.columns) or item.text.lower() == "office":
                item.used = True
        scope = self._gather(head)
        label = head.table.label if scope.row_of else ()
        return Query("facts", scope, tuple(dict.fromkeys((*label, *columns))))

    def _facts(self, row: Item, about: Item) -> Query:
        about.used = True
        head = self._entity(row)
        columns = tuple(c for c in head.table.columns if not c.is_key)
        return Query("facts", self._gather(head), (*columns, *_foreign(head.table)))

    def _listing(self) -> Query:
        """`List the active plumbers`, `who works in the Coast region`, `which parts …`."""
        for name in ("list", "all", "distinct", "any", "total"):
            self._take(name)
        who, where = self._take("who"), self._op("where")
        order = self._take("order")
        ordered = self._next(order) if order else None
        by = next((i for i in self.items if i.text.lower() == "by" and self._groups(i)), None)
        if by and not order:
            by.used = True
            ordered = self._next(by)
        if ordered is not None:
            ordered.used = True
        if where:
            raise Unclear("I do not understand \u201cwhere\u201d here.")
        if who and (found := self._who(who)):
            head = found
        elif who:
            raise Unclear("It is not clear whom \u201cwho\u201d means.")
        else:
            noun = next((i for i in self._free() if i.is_nominal or i.operation), None)
            if noun is None or not noun.is_nominal:
                raise Unclear(self._strange(noun or self._unknown()))
            phrase = self._phrase(noun)
            last = phrase[-1]
            if last.columns and not last.tables and not last.values:
                return self._values_of(phrase)
            if noun.named and not noun.tables and len(phrase) == 1:
                raise Unclear(f"It is not said what is asked about \u201c{noun.text}\u201d.")
            head = self._head(phrase)
        limit = self._leading_number(head)
        scope = self._gather(head)
        column = self._column(ordered, [head.table]) if ordered else None
        columns = tuple(dict.fromkeys((*_names(head.table), *((column,) if column else ()))))
        return Query("rows", scope, columns, order=column, descending=False, limit=limit)

    def _unknown(self) -> Item | None:
        return next((i for i in self.items if not i.filler and not i.used), None)

    def _leading_number(self, head: Node) -> int | None:
        """`List five customers`."""
        for item in self.items:
            behind = self._next(item)
            if (
                item.number
                and not item.used
                and behind
                and behind.tables
                and (behind.tables[0] == head.table)
            ):
                item.used = True
                return int(item.number)
        return None

    def _values_of(self, phrase: Sequence[Item]) -> Query:
        """`What trades do our technicians have`: the different values of a column."""
        last = phrase[-1]
        column = self._column(last, self._near(phrase))
        last.used = True
        for item in self.items:
            if item.tables and item.tables[0].name == column.table:
                item.used = True
        head = Node(self.schema.table(column.table), last.at)
        if column.is_date or (column.is_number and not phrase[:-1]):
            raise Unclear(f"It is not said of which row \u201c{last.text}\u201d is asked.")
        return Query("distinct", self._gather(head), (column,), order=column, descending=False)

    # The account.

    def _account(self, query: Query) -> None:
        """Raises Unclear at the first word that has no part in the query."""
        named = _words_of(query)
        several = len({column.table for column in _columns_of(query)}) > 1 or query.scope.related
        restricted = bool(
            query.scope.conditions
            or query.scope.related
            or query.group
            or query.order
            or query.scope.row_of
            or query.scope.rows_of
        )
        for item in self.items:
            low = item.text.lower()
            if item.used or item.filler or item.operation in {"list", "all"}:
                continue
            if item.operation == "any" or (item.operation == "yet" and restricted):
                continue
            if (
                item.operation == "each"
                and (unit := self._next(item))
                and (_is_named(unit.text.lower(), named) and not unit.values)
            ):
                continue
            if item.operation == "about" and query.kind in {"facts", "rows"}:
                continue
            if _is_named(low, named) and not item.values:
                continue
            if low in lexicon.LINKING and (several or restricted or query.scope.table.is_person):
                continue
            if low in lexicon.BUYING and several:
                continue
            raise Unclear(f"I do not understand \u201c{item.text}\u201d here.", item.text)


def _words_of(query: Query) -> set[str]:
    """Stems of the names of the tables and columns that a query rests on."""
    columns = _columns_of(query)
    words = {w for c in columns for w in (*c.words, *re.findall(r"\w+", c.table))}
    words |= {w for table in _tables_of(query.scope) for w in table.words}
    if query.group and query.group.part:
        words.add(query.group.part)
    return {*words, *(stem(word) for word in words if len(word) > 2)}


def _is_named(word: str, named: set[str]) -> bool:
    """A form of a word of the names, or what an adjective of them is made of: hour, hourly."""
    return stem(word) in named or (
        len(word) > 3
        and any(other.startswith(word) and len(other) <= len(word) + 2 for other in named)
    )


def _columns_of(query: Query) -> list[Column]:
    found = [c for c in query.columns if query.kind in {"facts", "distinct"} or c is query.order]
    found += list(query.measure.columns) if query.measure else []
    found += [query.order] if query.order else []
    if query.group:
        found += [query.group.column] if query.group.column else []
        found += _columns_in(query.group.scope) if query.group.scope else []
    return found + _columns_in(query.scope)


def _columns_in(scope: Scope) -> list[Column]:
    own = [column for condition in scope.conditions for column in condition.columns]
    return own + [c for related in scope.related for c in _columns_in(related.scope)]


def _tables_of(scope: Scope) -> list[PromptTable]:
    return [scope.table, *(t for r in scope.related for t in _tables_of(r.scope))]


def _leads_to(path: paths.Path, table: PromptTable) -> bool:
    return paths.is_up(path) and bool(path) and path[-1].target == table.name


def _is_linked(schema: Schema, table: PromptTable, name: str) -> bool:
    other = schema.table(name)
    ways = paths.shortest(schema, table, other)
    return bool(ways) and len(ways[0]) == 1


def _names(table: PromptTable) -> tuple[Column, ...]:
    """What is shown of a row: its name, or of one without a name what tells it best."""
    if table.label:
        return table.label
    keys = tuple(c for c in table.columns if c.primary)
    rest = tuple(c for c in table.columns if not c.is_key)
    return (*keys, *rest)[:_SHOWN]


def _foreign(table: PromptTable) -> tuple[Column, ...]:
    """Its references to other tables, which are shown by name."""
    return tuple(c for c in table.columns if c.references)


def _spoken(column: Column) -> str:
    return column.spoken


def _factor(column: Column, unit: str) -> float:
    if "millisecond" in column.words:
        return _UNITS.get(unit, 1)
    return _BYTES.get(unit, 1) if "byte" in column.words else 1
