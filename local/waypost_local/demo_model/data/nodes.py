"""The nouns of a question, what restricts each of them, and how they hang together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.paths import Path
from waypost_local.demo_model.data.query import Condition, Operator, Related, Scope, Unclear
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular


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
        before = self.scope or Scope(self.table)
        return replace(
            before,
            conditions=tuple(dict.fromkeys((*before.conditions, *self.conditions))),
            related=(*before.related, *related),
        )

    def all(self) -> Iterable["Node"]:
        yield self
        for child in self.children:
            yield from child.all()

    def empty(self, column: Column, *, negated: bool = False) -> None:
        """The column holds nothing, or the word for that."""
        words = column.values if column.complete else ()
        none = tuple(v for v in words if v.lower() in {"none", "no"})
        self.conditions.append(Condition((column,), "=" if none else "null", none, negated))


class Nodes:
    """The nouns of one question, around the one that it is about."""

    def __init__(self, schema: Schema, head: Node, via: Iterable[str] = ()) -> None:
        self.schema = schema
        self.head = head
        self.via = set(via)

    def of(self, table: PromptTable, at: int) -> Node:
        """The node of a table, which is made where there is none."""
        same = (node for node in self._by_nearness(at, None) if node.table == table)
        return next(same, None) or self.add(Node(table, at))

    def add(self, node: Node) -> Node:
        """Hangs a noun on the nearest before it that has a foreign key to it, else on the head."""
        if node.scope is None:
            same = [n for n in self.head.all() if n.table == node.table and not n.negated]
            if same:
                return same[0]
        before = sorted((n for n in self.head.all() if n is not self.head), key=lambda n: -n.at)
        for other in before:
            near = self._ways(other.table, node.table) if other.at < node.at else []
            if len(near) == 1 and len(near[0]) == 1 and not other.negated:
                return self._hang(other, node, near[0])
        return self._hang(self.head, node, self.way(self.head.table, node.table))

    def absent(self, table: PromptTable, at: int) -> None:
        """There is no row of the table for the head."""
        path = self.way(self.head.table, table)
        if not paths.is_up(path):
            self.head.children.append(Node(table, at, path=path, negated=True))
        elif len(path) == 1:
            self.head.empty(path[0].column)
        else:
            raise Unclear(f"It is not clear which {table.name} there are none of.")

    def counted(self, table: PromptTable, at: int, having: tuple[Operator, float]) -> None:
        """There are so many rows of the table for the head."""
        path = self.way(self.head.table, table)
        if table == self.head.table or paths.is_up(path):
            raise Unclear(f"{table.name} cannot be counted for each of {self.head.table.name}.")
        self.head.children.append(Node(table, at, path=path, having=having))

    def way(self, source: PromptTable, target: PromptTable) -> Path:
        """The one way between two tables. Raises Unclear where there is none, or are two."""
        found = self._ways(source, target)
        if len(found) != 1:
            how = "linked in more than one way" if found else "not linked"
            raise Unclear(f"{source.name} and {target.name} are {how}.")
        return found[0]

    def up(self, source: PromptTable, target: PromptTable) -> Path:
        """The way from rows to the one of another table that each of them belongs to."""
        path = () if source == target else self.way(source, target)
        if not paths.is_up(path):
            raise Unclear(f"{source.name} do not belong to one of {target.name} each.")
        return path

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
        self, item: Item, behind: PromptTable | None, prepositional: bool, negated: bool
    ) -> Node:
        """A value restricts the noun behind it, one before it, or what hangs on one of them.

        A name behind `by` or `of` is the name of something else than the noun before that.
        """
        nodes = self._by_nearness(item.at, behind)
        said = item.values
        if prepositional:
            others = tuple(one for one in said if one[0].table != nodes[0].table.name)
            labels = tuple(one for one in others if one[0] in self._of(one[0]).label)
            people = tuple(one for one in labels if self._of(one[0]).is_person)
            said = people or labels or said
        for node in nodes:
            if own := [one for one in said if one[0].table == node.table.name]:
                return self._restrict(node, item, own, negated)
        for node in nodes:
            ways = [(self._ways(node.table, self._of(one[0])), one) for one in said]
            up = [(len(w[0]), one) for w, one in ways if w and paths.is_up(w[0])]
            up = [(size, one) for size, one in up if not _is_state(one[0])]
            if up:
                nearest = min(size for size, _ in up)
                own = [one for size, one in up if size == nearest]
                return self._hang_value(node, item, own, negated)
        plural = item.low.endswith("s") and item.low != singular(item.low)
        if not (plural or any(c in self._of(c).label for c, _ in said)):
            raise Unclear(f"\u201c{item.text}\u201d is not said of {self.head.table.name}.")
        return self._hang_value(self.head, item, said, negated)

    def _of(self, column: Column) -> PromptTable:
        return self.schema.table(column.table)

    def _hang_value(
        self, node: Node, item: Item, own: Sequence[tuple[Column, str]], negated: bool
    ) -> Node:
        tables = {column.table for column, _ in own}
        if len(tables) > 1:
            raise Unclear(f"\u201c{item.text}\u201d may be of {' or of '.join(sorted(tables))}.")
        table = self.schema.table(tables.pop())
        path = self.way(node.table, table)
        if negated and not paths.is_up(path):
            raise Unclear(f"It is not clear what \u201cnot {item.text}\u201d denies.")
        old = (c for c in node.children if c.table == table and not (c.negated or negated))
        child = next(old, None) or self._hang(node, Node(table, item.at), path)
        return self._restrict(child, item, own, negated)

    def _restrict(
        self, node: Node, item: Item, own: Sequence[tuple[Column, str]], negated: bool
    ) -> Node:
        columns = list(dict.fromkeys(column for column, _ in own))
        labels = [c for c in columns if c in node.table.label]
        if len(columns) > 1 and len(labels) != 1 and len(labels) != len(columns):
            raise Unclear(f"\u201c{item.text}\u201d may be one of several columns.")
        column = (labels or columns)[0]
        values = tuple(dict.fromkeys(value for one, value in own if one in (labels or columns)))
        if len(values) > 1 and not item.named:
            raise Unclear(f"\u201c{item.text}\u201d may be {' or '.join(map(repr, values))}.")
        node.conditions.append(Condition((column,), "=", values, negated))
        return node

    def time(self, item: Item, column: Column | None) -> None:
        """A time restricts the column that a verb tells, or when the nearest event was."""
        assert item.when  # noqa: S101 - the caller looked
        node, column = self._timed(item, column)
        first, end = (day.isoformat() if day else "" for day in (item.when.first, item.when.end))
        node.conditions.append(Condition((column,), "between", (first, end), said=item.text))

    def _timed(self, item: Item, column: Column | None) -> tuple[Node, Column]:
        if column:
            return self.of(self._of(column), item.at), column
        nodes = self._by_nearness(item.at, None)
        for node in nodes:
            if found := event_date(node.table):
                return node, found
        for node in nodes:
            parents = {c.references[0] for c in node.table.columns if c.references}
            tables = [self.schema.table(name) for name in sorted(parents)]
            dated = [(table, found) for table in tables if (found := event_date(table))]
            if len(dated) == 1:
                table, found = dated[0]
                same = (c for c in node.children if c.table == table)
                path = self.way(node.table, table)
                return next(same, None) or self._hang(node, Node(table, item.at), path), found
        raise Unclear(f"No date of {self.head.table.name} says what \u201c{item.text}\u201d means.")

    def _by_nearness(self, at: int, behind: PromptTable | None) -> list[Node]:
        nodes = [node for node in self.head.all() if not (node.negated and node.at > at)]
        return sorted(nodes, key=lambda n: (n.table is not behind, n.at > at, abs(at - n.at)))


def _is_state(column: Column) -> bool:
    """What is `open` or `urgent` is the row itself, never one that it refers to."""
    return column.words[-1] in {"status", "state", "priority"} and column.complete


def event_date(table: PromptTable) -> Column | None:
    """When the rows of a table happened, where they are events: the first date that they hold."""
    if table.is_person or not any(c.references for c in table.columns):
        return None
    return next((column for column in table.columns if column.is_date), None)


def money(schema: Schema, near: Sequence[PromptTable]) -> tuple[Column, ...]:
    """The column that revenue is the sum of. Raises Unclear."""
    deals = [t for t in schema.tables if lexicon.TRANSACTIONS & set(t.words)]
    found = [
        c
        for t in deals
        for c in t.columns
        if c.is_number and lexicon.MONEY_COLUMNS & set(c.words) and "unit" not in c.words
    ]
    whole = [c for c in found if len(schema.table(c.table).words) == 1] or found
    here = [c for c in whole if any(c.table == t.name for t in near)] or whole
    if len({c.table for c in here}) != 1:
        raise Unclear("No one column of these tables holds the revenue.")
    return (here[0],)
