"""The nouns of a question, what restricts each of them, and how they hang together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.dates import When
from waypost_local.demo_model.data.paths import Path
from waypost_local.demo_model.data.query import Condition, Operator, Related, Scope, Unclear
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item


@dataclass
class Node:
    """A noun: rows of a table, the conditions on them and the nouns that hang on it."""

    table: PromptTable
    at: int = 0
    conditions: list[Condition] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    path: Path = ()
    negated: bool = False
    having: tuple[Operator, float] | None = None
    scope: Scope | None = None
    """Rows that the conversation spoke of before."""

    def built(self) -> Scope:
        related = tuple(Related(c.path, c.built(), c.negated, c.having) for c in self.children)
        if self.scope:
            conditions = (*self.scope.conditions, *self.conditions)
            related = (*self.scope.related, *related)
            before = self.scope
            return Scope(self.table, conditions, related, before.row_of, before.rows_of)
        return Scope(self.table, tuple(dict.fromkeys(self.conditions)), related)

    def all(self) -> Iterable["Node"]:
        yield self
        for child in self.children:
            yield from child.all()


class Nodes:
    """The nouns of one question, around the one that it is about."""

    def __init__(self, schema: Schema, head: Node, via: Iterable[str] = ()) -> None:
        self.schema = schema
        self.head = head
        self.via = set(via)

    def add(self, node: Node) -> Node:
        """Hangs a noun on the nearest before it that has a foreign key to it, else on the head."""
        if node.scope is None and not node.negated:
            same = [n for n in self.head.all() if n.table == node.table and not n.negated]
            if same:
                return same[0]
        before = sorted((n for n in self.head.all() if n is not self.head), key=lambda n: -n.at)
        for other in before:
            near = self._ways(other.table, node.table) if other.at < node.at else []
            if len(near) == 1 and len(near[0]) == 1 and not other.negated:
                return self._hang(other, node, near[0])
        return self._hang(self.head, node, self.way(self.head.table, node.table))

    def way(self, source: PromptTable, target: PromptTable) -> Path:
        """The one way between two tables. Raises Unclear where there is none, or are two."""
        found = self._ways(source, target)
        if not found:
            raise Unclear(f"Nothing links {source.name} with {target.name}.")
        if len(found) > 1:
            over = sorted({step.target for way in found for step in way} - {target.name})
            by = " or ".join(over) or " or ".join(way[0].column.name for way in found)
            raise Unclear(
                f"{source.name} and {target.name} are linked in more than one way, by {by}, and "
                "the question does not say which is meant."
            )
        return found[0]

    def _ways(self, source: PromptTable, target: PromptTable) -> list[Path]:
        mentioned = self.via | {node.table.name for node in self.head.all()}
        return paths.shortest(self.schema, source, target, mentioned)

    def _hang(self, parent: Node, node: Node, path: Path) -> Node:
        """Where a way turns, there is a noun of its own: the jobs of technicians and customers."""
        down = tuple(step for step in path if not step.up)
        if down and len(down) < len(path):
            table = self.schema.table(down[-1].target)
            same = (c for c in parent.children if c.path == down and not c.negated and not c.having)
            middle = next(same, None)
            if middle is None:
                middle = Node(table, node.at, path=down)
                parent.children.append(middle)
            parent, path = middle, path[len(down) :]
        node.path = path
        parent.children.append(node)
        return node

    def value(
        self, item: Item, following: PromptTable | None, *, negated: bool, prepositional: bool
    ) -> None:
        """A value restricts the noun behind it, one before it, or what hangs on one of them.

        A name behind `by` or `of` is the name of something else than the noun before that.
        """
        nodes = self._by_nearness(item.at, following)
        if prepositional and item.named:
            labels = tuple(
                (c, v)
                for c, v in item.values
                if c in self.schema.table(c.table).label and c.table != nodes[0].table.name
            )
            people = tuple((c, v) for c, v in labels if self.schema.table(c.table).is_person)
            item = replace(item, values=people or labels or item.values)
        for node in nodes:
            if own := [one for one in item.values if one[0].table == node.table.name]:
                self._restrict(node, item, own, negated=negated)
                return
        for node in nodes:
            up = [
                (self._ways(node.table, self.schema.table(column.table)), column, value)
                for column, value in item.values
            ]
            up = [one for one in up if one[0] and paths.is_up(one[0][0])]
            up = [one for one in up if not self._is_state(one[1])]
            if up:
                nearest = min(len(found[0]) for found, _, _ in up)
                own = [(c, v) for found, c, v in up if len(found[0]) == nearest]
                self._hang_value(node, item, own, negated=negated)
                return
        label = any(column in self.schema.table(column.table).label for column, _ in item.values)
        if not (label or item.text.lower().endswith("s")):
            tables = " or ".join(sorted({column.table for column, _ in item.values}))
            raise Unclear(
                f"\u201c{item.text}\u201d is said of {tables}, and not of {self.head.table.name}."
            )
        self._hang_value(self.head, item, list(item.values), negated=negated)

    def _is_state(self, column: Column) -> bool:
        """What is `open` or `urgent` is the row itself, never one that it refers to."""
        return column.words[-1] in {"status", "state", "priority"} and column.complete

    def _hang_value(
        self, node: Node, item: Item, own: Sequence[tuple[Column, str]], *, negated: bool
    ) -> None:
        tables = {column.table for column, _ in own}
        if len(tables) > 1:
            raise Unclear(
                f"\u201c{item.text}\u201d may be of {' or of '.join(sorted(tables))}, and the "
                "question does not say which."
            )
        table = self.schema.table(tables.pop())
        path = self.way(node.table, table)
        old = next((c for c in node.children if c.table == table and not c.negated), None)
        child = old if old and not negated else None
        if child is None:
            child = self._hang(node, Node(table, item.at), path)
        if negated and not paths.is_up(path):
            raise Unclear(f"It is not clear what \u201cnot {item.text}\u201d denies.")
        self._restrict(child, item, own, negated=negated)

    def _restrict(
        self, node: Node, item: Item, own: Sequence[tuple[Column, str]], *, negated: bool
    ) -> None:
        columns = list(dict.fromkeys(column for column, _ in own))
        labels = [c for c in columns if c in node.table.label]
        if len(columns) > 1 and len(labels) == 1:
            columns = labels
        if len(columns) > 1 and not all(c in node.table.label for c in columns):
            names = " or ".join(c.name for c in columns)
            raise Unclear(f"\u201c{item.text}\u201d may be a {names} of {node.table.name}.")
        values = tuple(dict.fromkeys(value for column, value in own if column in columns))
        if len(values) > 1 and not item.named:
            raise Unclear(f"\u201c{item.text}\u201d may be {' or '.join(map(repr, values))}.")
        node.conditions.append(Condition((columns[0],), "=", values, negated))

    def time(self, item: Item, when: When, column: Column | None) -> None:
        """A time restricts the column that a verb tells, or when the nearest event was."""
        first, end = (day.isoformat() if day else "" for day in (when.first, when.end))
        node, column = self._timed(item, column)
        said = item.text
        node.conditions.append(Condition((column,), "between", (first, end), said=said))

    def _timed(self, item: Item, column: Column | None) -> tuple[Node, Column]:
        nodes = self._by_nearness(item.at, None)
        if column:
            for node in nodes:
                if node.table.name == column.table:
                    return node, column
            return self.add(Node(self.schema.table(column.table), item.at)), column
        for node in nodes:
            if found := event_date(node.table):
                return node, found
        for node in nodes:
            parents = {c.references[0] for c in node.table.columns if c.references}
            tables = [self.schema.table(name) for name in sorted(parents)]
            dated = [(table, found) for table in tables if (found := event_date(table))]
            if len(dated) == 1:
                table, found = dated[0]
                child = next((c for c in node.children if c.table == table), None)
                return child or self._hang(
                    node, Node(table, item.at), self.way(node.table, table)
                ), found
        raise Unclear(f"No date of {self.head.table.name} says what \u201c{item.text}\u201d means.")

    def _by_nearness(self, at: int, following: PromptTable | None) -> list[Node]:
        nodes = list(self.head.all())
        nodes.sort(key=lambda n: (n.table is not following, n.at > at, abs(at - n.at)))
        return [node for node in nodes if not (node.negated and node.at > at)]


def event_date(table: PromptTable) -> Column | None:
    """When the rows of a table happened, where they are events: the first date that they hold."""
    if table.is_person or not any(c.references for c in table.columns):
        return None
    return next((column for column in table.columns if column.is_date), None)


def money(schema: Schema, near: Sequence[PromptTable]) -> tuple[Column, ...]:
    """The column that revenue is the sum of, or two to multiply. Raises Unclear."""
    deals = [t for t in schema.tables if lexicon.TRANSACTIONS & set(t.words)]
    found = [
        (c,)
        for t in deals
        for c in t.columns
        if c.is_number and lexicon.MONEY_COLUMNS & set(c.words) and "unit" not in c.words
    ]
    whole = [f for f in found if len(schema.table(f[0].table).words) == 1] or found
    here = [f for f in whole if any(f[0].table == t.name for t in near)] or whole
    if len({f[0].table for f in here}) == 1:
        return here[0]
    products = [
        (price, quantity)
        for t in schema.tables
        for price in t.columns
        for quantity in t.columns
        if price.is_money and set(quantity.words) & lexicon.QUANTITIES and quantity.is_number
    ]
    if not here and len(products) == 1:
        return products[0]
    raise Unclear("No one column of these tables holds the revenue.")


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""
