"""The most, the cheapest, the top five: rows and groups by a figure or a column."""

from collections.abc import Sequence

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.figures import FigureReader
from waypost_local.demo_model.data.nodes import Node, event_date
from waypost_local.demo_model.data.query import (
    Measure,
    Query,
    Unclear,
)
from waypost_local.demo_model.data.question import names_of
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.tagging import Item
from waypost_local.demo_model.words import singular


class RankingReader(FigureReader):
    """Reads questions for what comes first."""

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
        measure = Measure("max" if much else "min", (column,), column.spoken)
        return Query("figure", scope, measure=measure)

    def _rows(self, head: Node, column: Column, *, descending: bool, limit: int | None) -> Query:
        for name in ("list", "who", "all"):
            self._take(name)
        scope = self._gather(head)
        columns = (*names_of(head.table), column)
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
        measure = Measure("sum", (quantity,), quantity.spoken)
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
        phrase = self._nouns(noun)
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
        phrase = self._nouns(noun)
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
