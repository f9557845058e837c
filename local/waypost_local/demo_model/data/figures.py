"""Counts, sums, averages and shares, of all rows or of each group."""

import re
from collections.abc import Sequence
from dataclasses import replace

from waypost_local.demo_model.data import lexicon, paths
from waypost_local.demo_model.data.nodes import Node, event_date, iso, money
from waypost_local.demo_model.data.query import (
    Condition,
    Group,
    Measure,
    Query,
    Scope,
    Unclear,
)
from waypost_local.demo_model.data.question import COPULA
from waypost_local.demo_model.data.restrictions import RestrictionReader
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.tagging import Item

_PARTS = {"trend": "month", "yearly": "year", "quarterly": "quarter", "weekday": "weekday"}


class FigureReader(RestrictionReader):
    """Reads questions for a figure."""

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
                in COPULA | {"have", "has", "had", "from", "come", "comes", "came"}
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
            return Measure("sum", (column,), column.spoken), node
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
        if event_date(table) or not words & {
            "used",
            "use",
            "sold",
            "sell",
            "needed",
            "bought",
            "ordered",
            "installed",
        }:
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
        node.conditions += [c for c in self.settled if c.columns[0].table == node.table.name]
        return node

    def _figure(self) -> Query | None:
        """Averages, totals, extremes and amounts, of all or of each."""
        marker = self._op("average", "total", "max", "min", "how much", "howmany")
        reduced = self._op("average", "max", "min")
        function = {"average": "avg", "max": "max", "min": "min"}.get(
            reduced.operation if reduced else "", "sum"
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
            measure = Measure("sum", (amounts[0],), amounts[0].spoken)
        elif measure.function == "count":
            if function != "sum":
                raise Unclear("It is not said of which numbers the extreme is meant.")
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
            if not (last.tables or last.columns):
                continue
            marker.used = last.used = True
            near = [*(t for i in phrase for t in i.tables), head.table]
            if last.tables:
                return marker, self._table(last)
            if last.columns:
                for item in phrase[:-1]:
                    if item.tables:
                        item.used = True
                column = self._column(last, near)
                if column.is_number and not column.complete:
                    raise Unclear(f"A figure \u201cper {last.text}\u201d is a ratio.")
                return marker, column
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
        if any(step.up for step in path):
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

    def _stock(self, phrase: Sequence[Item]) -> Query | None:
        """`How many thermostats are in stock`: the number beside a thing, which is in a column."""
        last = phrase[-1]
        mention = next((i for i in self.items if i.text.lower() in lexicon.STOCK), None)
        column = next((c for c in (mention.columns if mention else ()) if c.is_number), None)
        if mention is None and all(self._says_nothing(i) or i in phrase for i in self.items):
            return self._held(last)
        if column is None or mention is None:
            return None
        table = self.schema.table(column.table)
        if isinstance(last.row, Scope) and last.row.table == table:
            mention.used = True
            return Query("facts", self._gather(self._head(phrase)), (column,))
        named = last.values and any(c.table == table.name for c, _ in last.values)
        if not named:
            return None
        mention.used = True
        return Query("facts", self._gather(Node(table, phrase[-1].at)), (column,))

    def _says_nothing(self, item: Item) -> bool:
        return item.filler or item.used or item.operation == "any"

    def _held(self, item: Item) -> Query | None:
        """`How many thermostats do we have`: the stock of a thing, where a column holds it."""
        if not any(c in self.schema.table(c.table).label for c, _ in item.values):
            return None
        table = self._entity(item).table
        stock = [c for c in table.columns if c.is_number and lexicon.STOCK & set(c.words)]
        return Query("facts", self._gather(Node(table, item.at)), (stock[0],)) if stock else None

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


def _leads_to(path: paths.Path, table: PromptTable) -> bool:
    return paths.is_up(path) and bool(path) and path[-1].target == table.name
