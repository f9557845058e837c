"""Columns of a row that is named, lists of rows, and whether there are any."""

from collections.abc import Sequence
from dataclasses import replace

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.nodes import Node
from waypost_local.demo_model.data.query import (
    Query,
    Unclear,
)
from waypost_local.demo_model.data.question import names_of
from waypost_local.demo_model.data.rankings import RankingReader
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.tagging import Item


class LookupReader(RankingReader):
    """Reads questions for rows and what they hold."""

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
        numbered = noun is self._numbered()
        if noun.row or (noun.values and noun.named) or numbered:
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
            return Query("exists", scope, names_of(head.table))
        head = self._head(self._nouns(noun))
        scope = self._gather(head)
        return Query("exists", scope, names_of(head.table))

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
            if i.columns
            and (not i.values or (when and any(c.is_date for c in i.columns)))
            and not i.row
            and not (i.tables and not self._own(i, row))
        ]
        table = self._entity(row).table
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
        head = self._entity(row)
        if row.tables:
            row.used = True
        scope = self._gather(head)
        label = table.label if scope.row_of else ()
        return Query("facts", scope, tuple(dict.fromkeys((*label, *columns))))

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
            phrase = self._nouns(noun)
            last = phrase[-1]
            if last.columns and not last.tables and not last.values:
                return self._values_of(phrase)
            if noun.named and not noun.tables and len(phrase) == 1:
                raise Unclear(f"It is not said what is asked about \u201c{noun.text}\u201d.")
            head = self._head(phrase)
        limit = self._leading_number(head)
        scope = self._gather(head)
        column = self._column(ordered, [head.table]) if ordered else None
        if ordered and column and column.table != head.table.name:
            raise Unclear(f"{head.table.name} have no \u201c{ordered.text}\u201d to be sorted by.")
        columns = tuple(dict.fromkeys((*names_of(head.table), *((column,) if column else ()))))
        return Query("rows", scope, columns, order=column, descending=False, limit=limit)

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


def _foreign(table: PromptTable) -> tuple[Column, ...]:
    """Its references to other tables, which are shown by name."""
    return tuple(c for c in table.columns if c.references)
