"""What stands where in a question: its operations, phrases, tables and columns."""

from collections.abc import Sequence

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Nodes
from waypost_local.demo_model.data.query import (
    Condition,
    Scope,
    Unclear,
)
from waypost_local.demo_model.data.schema import Column, PromptTable, Schema
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular

COMPARISONS = (">", "<", ">=", "<=", "=")
COPULA = frozenset(("is", "are", "was", "were", "be", "been"))
_SHOWN = 6


class QuestionReader:
    """The items of a question, each `used` once the query rests on it."""

    def __init__(self, schema: Schema, items: list[Item]) -> None:
        self.schema = schema
        self.items = items
        self.nodes: Nodes | None = None
        self.settled: list[Condition] = []
        """That something is paid, or is not, where a verb says so."""

    @property
    def _text(self) -> str:
        return " ".join(item.text.lower() for item in self.items)

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

    def _free(self) -> list[Item]:
        return [item for item in self.items if not item.used]

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
                and run
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

    def _nouns(self, start: Item) -> list[Item]:
        """A phrase that must be there. Raises Unclear where the item begins none."""
        phrase = self._phrase(start)
        if not phrase:
            raise Unclear(self._strange(start))
        return phrase

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
        return bool(lexicon.about(item.text.lower()) and behind and behind.operation in COMPARISONS)

    def _is_verb(self, item: Item) -> bool:
        word = item.text.lower()
        return word.endswith("ed") or word in lexicon.BUYING or word in lexicon.LINKING

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

    def _near(self, phrase: Sequence[Item]) -> list[PromptTable]:
        inside = [t for i in phrase for t in i.tables]
        return [*inside, *self._mentioned()]

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

    def _names_row(self, item: Item) -> bool:
        return item.named and any(c in self.schema.table(c.table).label for c, _ in item.values)

    def _first_is_verb(self) -> bool:
        first = self.items[0].text.lower() if self.items else ""
        return first in {"is", "are", "was", "were", "do", "does", "did", "has", "have"}

    def _is_money(self, item: Item | None) -> bool:
        return bool(item and item.text.lower() in lexicon.MONEY and not item.tables)

    def _money_item(self) -> Item | None:
        return next((i for i in self.items if self._is_money(i) and not i.used), None)

    def _strange(self, item: Item | None) -> str:
        if item is None:
            return "It is not said what is to be counted."
        return f"I do not understand \u201c{item.text}\u201d here."

    def _unknown(self) -> Item | None:
        return next((i for i in self.items if not i.filler and not i.used), None)

    def _next_is_copula_of(self, item: Item | None) -> bool:
        following = next((i for i in self._after(item)), None) if item else None
        return bool(following and following.text.lower() in COPULA)

    def _next_is_copula(self, item: Item | None, noun: Item) -> bool:
        """`Who are our customers …`: the noun says who is asked for."""
        if item is None:
            return False
        between = [i for i in self.items if item.at < i.at < noun.at]
        return (
            bool(between)
            and between[0].text.lower() in COPULA
            and not any((i.operation and not i.used) or i.values for i in between)
        )

    def _groups(self, by: Item) -> bool:
        noun = self._next(by, past=frozenset(("each", "all")))
        return bool(noun and (noun.tables or noun.columns) and not noun.row and not noun.named)

    def _after_each(self, item: Item) -> bool:
        marker = self._before(item)
        return bool(marker and marker.operation == "each")


def names_of(table: PromptTable) -> tuple[Column, ...]:
    """What is shown of a row: its name, or of one without a name what tells it best."""
    if table.label:
        return table.label
    keys = tuple(c for c in table.columns if c.primary)
    rest = tuple(c for c in table.columns if not c.is_key)
    return (*keys, *rest)[:_SHOWN]
