"""The items of a question, and the nouns that they make."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Node, money
from waypost_local.demo_model.data.query import Scope, Unclear
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular

COMPARISONS = (">", "<", ">=", "<=", "=")
COPULA = frozenset(("is", "are", "was", "were", "be", "been"))
VERBS_FIRST = COPULA | {"do", "does", "did", "has", "have"}


@dataclass(frozen=True)
class Noun:
    """What a phrase names: rows of a table, or the columns of them that are asked for."""

    table: PromptTable
    at: int
    name: str
    columns: tuple[Column, ...] = ()
    scope: Scope | None = None
    implied: bool = False
    """Only a value stands for the rows: `plumbers`."""

    def node(self) -> Node:
        return Node(self.table, self.at, scope=self.scope)

    @property
    def is_money(self) -> bool:
        return self.name in lexicon.MONEY and bool(self.columns)


class Sentence:
    """Each item is `used` once the query rests on it."""

    def __init__(self, schema: Schema, items: list[Item]) -> None:
        self.schema = schema
        self.items = items

    def op(self, *names: str) -> Item | None:
        return next((i for i in self.items if i.operation in names and not i.used), None)

    def take(self, *names: str) -> Item | None:
        item = self.op(*names)
        if item:
            item.used = True
        return item

    def word(self, words: Collection[str]) -> Item | None:
        return next((i for i in self.items if i.low in words and not i.used), None)

    def free(self) -> list[Item]:
        return [item for item in self.items if not item.used]

    def after(self, item: Item) -> list[Item]:
        return [other for other in self.items if other.at > item.at]

    def next(self, item: Item, *past: str) -> Item | None:
        """The next item that is no filler, and none of the operations `past`."""
        for other in self.after(item):
            if not (other.filler or other.operation in past) or other.is_nominal:
                return other
        return None

    def before(self, item: Item) -> Item | None:
        found = [i for i in self.items if i.at < item.at and (not i.filler or i.is_nominal)]
        return found[-1] if found else None

    def begins_with_verb(self) -> bool:
        return bool(self.items) and self.items[0].low in VERBS_FIRST

    def money_word(self) -> Item | None:
        return next((i for i in self.items if is_money(i) and not i.used), None)

    def phrase(self, start: Item) -> list[Item]:
        """The adjectives and the noun from an item on: `urgent repair jobs`, `invoice amount`."""
        run: list[Item] = []
        for item in [start, *self.after(start)]:
            verb = is_verb(item) and item.columns and not (item.tables or item.values)
            if run and (item.used or verb):
                break
            if item.is_nominal and not (item.row and run):
                run.append(item)
                if item.row or (item.tables and not self._goes_on(item)):
                    break
            elif run or not (item.filler or item.operation in {"distinct", "all", "any"}):
                behind = self.next(item)
                if not (item.operation == "and" and run and _are_alike(run[-1], behind)):
                    break
        nouns = [n for n, item in enumerate(run) if item.tables or item.columns or item.row]
        return run[: nouns[-1] + 1] if nouns else run

    def _goes_on(self, item: Item) -> bool:
        """`invoice amount`, `job category`: the noun behind a table is one of its columns."""
        behind = next(iter(self.after(item)), None)
        return bool(
            behind
            and behind.columns
            and not behind.tables
            and any(c.table == t.name for c in behind.columns for t in item.tables)
            and not is_verb(behind)
            and not self.compares(behind)
        )

    def compares(self, item: Item) -> bool:
        """`parts cost more than 100`: a verb, and no noun."""
        behind = self.next(item)
        return bool(lexicon.about(item.low) and behind and behind.operation in COMPARISONS)

    def noun(
        self, start: Item | None, *, number: bool = False, apart: Sequence[PromptTable] = ()
    ) -> Noun:
        """The noun that begins at an item. Raises Unclear: it names nothing, or several things.

        `number` asks for a column to reckon with; rows of the tables `apart` are told apart by it.
        """
        if start is None:
            raise Unclear("It is not said what is asked for.")
        if is_money(start):
            start.used = True
            columns = money(self.schema, self.mentioned())
            return Noun(self.schema.table(columns[0].table), start.at, start.low, columns)
        phrase = self.phrase(start)
        if not phrase:
            raise Unclear(f"I do not understand \u201c{start.text}\u201d here.")
        last = phrase[-1]
        if last.row or last.tables:
            last.used = True
            return Noun(self.table(last), last.at, last.low, scope=last.row)
        if last.columns and (apart or not last.values):
            near = [*(t for i in phrase for t in i.tables), *apart, *self.mentioned()]
            numbers = tuple(c for c in last.columns if c.is_number)
            if number and numbers:
                last.columns = numbers
            column = self.column(last, near)
            self.use(last, *(i for i in self.items if i.tables[:1] == (self._of(column),)))
            return Noun(self._of(column), last.at, last.low, (column,))
        return Noun(self.schema.table(self._table_of(last)), last.at, last.low, implied=True)

    def use(self, *items: Item) -> None:
        for item in items:
            item.used = True

    def _of(self, column: Column) -> PromptTable:
        return self.schema.table(column.table)

    def table(self, item: Item) -> PromptTable:
        if item.row:
            return item.row.table
        if len(item.tables) != 1:
            raise Unclear(f"\u201c{item.text}\u201d is not one of the tables.")
        return item.tables[0]

    def _table_of(self, item: Item) -> str:
        """The table whose rows a value stands for: a mentioned one, or the one that it names."""
        tables = list(dict.fromkeys(column.table for column, _ in item.values))
        if len(tables) > 1:
            near = [t.name for t in self.mentioned() if t.name in tables]
            labels = {c.table for c, _ in item.values if c in self._of(c).label}
            tables = near[:1] or list(labels)
        if len(tables) != 1:
            raise Unclear(f"\u201c{item.text}\u201d may be of several tables.")
        return tables[0]

    def entity(self, item: Item) -> Noun:
        """The row that an item names."""
        if item.row or item.tables:
            return Noun(self.table(item), item.at, item.low, scope=item.row)
        return Noun(self.schema.table(self._table_of(item)), item.at, item.low)

    def mentioned(self) -> list[PromptTable]:
        """Tables that the question names, and those of its values, in its order."""
        found = [
            item.row.table if item.row else item.tables[0] for item in self.items if _one(item)
        ]
        for item in self.items:
            tables = {column.table for column, _ in item.values}
            if len(tables) == 1 and not item.tables:
                found.append(self.schema.table(tables.pop()))
        return list(dict.fromkeys(found))

    def column(self, item: Item, near: Sequence[PromptTable]) -> Column:
        """The column that a noun means: of the nearest table that has it."""
        found = [c for c in item.columns if not c.is_key]
        for table in near:
            if own := [c for c in found if c.table == table.name]:
                exact = [c for c in own if c.words[-1] == singular(item.text.split()[-1])]
                found = own if len(own) == 1 else exact or own
                break
        else:
            ways = [
                (paths.shortest(self.schema, table, self._of(c))[:1], c)
                for c in found
                for table in near[:1]
            ]
            sizes = [(len(way[0]), c) for way, c in ways if way]
            nearest = min((size for size, _ in sizes), default=0)
            found = [c for size, c in sizes if size == nearest] or found
        if len(found) != 1:
            names = " or ".join(f"{c.table}.{c.name}" for c in found)
            raise Unclear(f"\u201c{item.text}\u201d may be {names or 'nothing here'}.")
        return found[0]

    def about(self, table: PromptTable, words: Collection[str]) -> Column | None:
        """The number or date of a table that one of the words is about, the first word first."""
        columns = [c for c in table.columns if c.is_number or c.is_date]
        return next((c for word in words for c in columns if word in c.words), None)

    def names_row(self, item: Item) -> bool:
        return item.named and any(c in self._of(c).label for c, _ in item.values)

    def numbered(self) -> Item | None:
        """`job 12`: a noun that a number follows."""
        pairs = zip(self.items, self.items[1:], strict=False)
        return next((i for i, behind in pairs if i.tables and behind.number is not None), None)

    def who(self) -> Noun | None:
        """The people whom `who` means: those whom the rest of the question fits best."""
        marker = self.take("who")
        if marker is None:
            return None
        if any(i.tables and i.at < marker.at for i in self.items):
            return None
        behind = next(iter(self.after(marker)), None)
        copula = bool(behind and behind.low in COPULA)
        noun = next((i for i in self.after(marker) if _one(i)), None)
        if copula and noun and self.table(noun).is_person and not noun.values:
            return None
        words = {i.low for i in self.items}
        own = {c.table for i in self.items for c in (*i.columns, *(c for c, _ in i.values))}
        labelled = {c.table for i in self.items if self.names_row(i) for c, _ in i.values}
        named = [t for i in self.items for t in i.tables]

        def fits(table: PromptTable) -> int:
            buyers = bool(lexicon.BUYERS & set(table.words))
            works = words & lexicon.WORKING and lexicon.WORKERS & set(table.words)
            value = 2 * bool(works) + 2 * (table.name in own)
            if words & lexicon.BUYING:
                value = (4 if buyers else -4) + 2 * (table.name in own)
            value -= 5 * (table.name in labelled and not copula)
            return value + any(self._is_linked(table, other) for other in named)

        ranked = sorted((t for t in self.schema.tables if t.is_person), key=lambda t: -fits(t))
        if not ranked or (len(ranked) > 1 and fits(ranked[0]) == fits(ranked[1])):
            raise Unclear("It is not clear whom \u201cwho\u201d means.")
        return Noun(ranked[0], marker.at, "who")

    def _is_linked(self, one: PromptTable, other: PromptTable) -> bool:
        return any(len(way) == 1 for way in paths.shortest(self.schema, one, other)[:1])


def is_money(item: Item) -> bool:
    return item.low in lexicon.MONEY and not item.tables


def is_verb(item: Item) -> bool:
    return item.low.endswith("ed") or item.low in lexicon.BUYING or item.low in lexicon.LINKING


def _one(item: Item) -> bool:
    return bool(item.row) or len(item.tables) == 1


def _are_alike(one: Item, other: Item | None) -> bool:
    """Two values that `and` joins before their noun: `jazz and blues tracks`."""
    return bool(one.values and not one.tables and other and other.values) and (
        one.named == bool(other and other.named)
    )
