"""Questions for a first, a best or a top few."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from waypost_local.builtin.data import figures, graph, vocabulary
from waypost_local.builtin.data.links import ColumnLink, TableLink
from waypost_local.builtin.data.query import Group, Measure, Query
from waypost_local.builtin.data.said import Said, column_of, date_column
from waypost_local.builtin.data.schema import Column, Table

_NUMBER = r"(?:(\d+|" + "|".join(list(vocabulary.NUMBERS)[1:13]) + r")\s+)?"
_DATE_UP = r"newest|latest|most recent(?:ly)?|youngest|last(?= \d| few|$|\W)|most junior|last"
_DATE_DOWN = r"oldest|earliest|eldest|first|longest[- ]serving|most senior|longest[- ]standing"
_STAYED = r"\b(with us|work(s|ed|ing)? (here|for us)|been (here|employed|around)|served|employed)\b"
_SIZES = {
    r"longest": (vocabulary.DURATIONS, True),
    r"shortest|briefest": (vocabulary.DURATIONS, False),
    r"most expensive|priciest|dearest|costliest|highest[- ]priced": (vocabulary.PRICES, True),
    r"cheapest|least expensive|lowest[- ]priced|most affordable": (vocabulary.PRICES, False),
    r"best[- ]paid|highest[- ]paid|highest[- ]earning": (("salary", "wage", "pay", "rate"), True),
    r"lowest[- ]paid|worst[- ]paid": (("salary", "wage", "pay", "rate"), False),
    r"heaviest": (("weight", "kg", "byte", "size"), True),
    r"lightest": (("weight", "kg", "byte", "size"), False),
    r"tallest": (("height", "length"), True),
}
_SOLD = (
    r"(?:most|best|top)[- ](?:popular|sold|purchased|bought|ordered|selling|sellers?)|bestsell\w+|"
    r"(?:least|worst)[- ](?:popular|sold|purchased|bought|ordered|selling)|favou?rite"
)
_BUSY = (
    r"busiest|most active|most productive|most used|most common|most frequent|least common"
    r"|least active|quietest"
)
_WORTH = (
    r"most valuable|most profitable|most loyal|most important|highest[- ]spending|top[- ]spending|"
    r"biggest spenders?|top spenders?|highest[- ]grossing|top[- ]grossing|most lucrative"
    r"|best(?= customers?| clients?)"
)
_PLAIN_UP = r"most|highest|largest|greatest|biggest|maximum|max|top|best|leading"
_PLAIN_DOWN = r"fewest|least|lowest|smallest|minimum|min|bottom|worst"
_SUPERLATIVE = re.compile(
    rf"(?<!at )\b{_NUMBER}(?P<word>{_SOLD}|{_BUSY}|{_WORTH}|{_DATE_DOWN}|{'|'.join(_SIZES)}"
    rf"|{_DATE_UP}|"
    rf"{_PLAIN_UP}|{_PLAIN_DOWN})\b(?:[- ](\d+|{'|'.join(list(vocabulary.NUMBERS)[2:13])})\b)?",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\b(?:by|based on|in terms of|according to|ranked by|sorted by|ordered by|measured by"
    r"|in(?= (?:total|revenue|sales|number)))\s+(?:the |their |its )?"
    r"(?P<what>(?:total |overall |average |avg |mean )?(?:number|count) of|total|average"
    r"|mean|revenue|sales|\w+)",
    re.IGNORECASE,
)
_SEVERAL = 5


@dataclass(frozen=True)
class Superlative:
    word: str
    count: int | None
    at: int
    to: int
    """Token numbers: the first of it, and the first after it."""

    def is_one_of(self, pattern: str) -> bool:
        return bool(re.fullmatch(pattern, self.word))


def superlative(said: Said) -> Superlative | None:
    """The first superlative; `top 5 best-selling` is best-selling, five of them."""
    found = list(_superlatives(said))
    if len(found) > 1 and found[1].at == found[0].to and found[0].count:
        return replace(found[1], count=found[0].count)
    return found[0] if found else None


def _superlatives(said: Said) -> Iterator[Superlative]:
    for match in _SUPERLATIVE.finditer(said.low):
        first = said.token_at(match.start("word"))
        if said.links.at(first) or any(w.at <= match.start("word") < w.to for w in said.whens):
            continue
        if match["word"] == "most" and said.low[match.end("word") :].startswith(" of "):
            continue
        before = match[1]
        if before and said.before(said.token_at(match.start()), 2).endswith("than"):
            before = None
        number = before or match[match.lastindex or 0] if before or _after(match) else None
        yield Superlative(match["word"], _count(number), first, said.token_at(match.end()))


def _after(match: re.Match[str]) -> str | None:
    tail = re.search(r"[- ](\w+)$", match[0][match.end("word") - match.start() :])
    return tail[1] if tail else None


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    return vocabulary.NUMBERS.get(text)


def read(said: Said) -> Query | None:
    """The query of a question with a superlative, or None where it has none to rank by."""
    best = superlative(said)
    if best is None:
        return None
    down = best.is_one_of(_PLAIN_DOWN) or bool(
        re.match(r"least|worst|quietest|lowest|cheapest", best.word)
    )
    focus = _focus(said, best)
    limit = best.count or _top(said) or (_SEVERAL if _is_plural(said, focus, best) else 1)
    for reader in (_recency, _size, _by_figure, _column, _plain):
        query = reader(said, best, focus, down)
        if query:
            said.use(focus)
            return _limited(query, limit)
    return None


def _top(said: Said) -> int | None:
    match = re.search(r"\btop (\w+)\b", said.low)
    return _count(match[1]) if match else None


def _limited(query: Query, limit: int) -> Query:
    return query if query.limit or query.kind == "value" else replace(query, limit=limit)


def _focus(said: Said, best: Superlative) -> TableLink | ColumnLink | None:
    """What is ranked: named after `which` or `top 5`, or right after the superlative."""
    names = said.names_after(0)
    if re.match(r"(which|what) (year|month|quarter|weekday|day)\b", said.low):
        return None
    asked = re.search(r"\b(which|what|who|list|show|name|top|of)\b", said.low)
    before = [n for n in names if n.first < best.at]
    after = [n for n in names if n.first >= best.to]
    if before and asked and re.match(r"(which|what|list|show|name)\b", said.low):
        entity = [n for n in before if isinstance(n, TableLink)]
        column = before[0]
        following = [n for n in after if isinstance(n, TableLink) and n.first <= best.to + 1]
        if following and not entity and re.search(r"\bof\b", said.before(best.at, 2)):
            return following[0]
        of_entity = entity and isinstance(column, ColumnLink) and re.search(r"\bof\b", said.low)
        return entity[0] if of_entity else column
    after = [n for n in after if isinstance(n, TableLink)] or after
    beside = after and all(
        t.low in {"our", "the", "of"} or said.links.at(best.to + k)
        for k, t in enumerate(said.tokens[best.to : after[0].first])
    )
    asks_who = re.match(r"who\b(?!('s| is| are| was| were) (our|the|my)\b)", said.low)
    if beside and not asks_who:
        return _narrowed(said, after[0])
    return before[0] if before else (after[0] if after and not said.has(r"^who") else None)


def _narrowed(said: Said, named: TableLink | ColumnLink) -> TableLink | ColumnLink:
    """`job category` is the category."""
    after = said.links.at(named.last + 1)
    if not isinstance(named, TableLink) or not isinstance(after, ColumnLink):
        return named
    own = [c for c in after.columns if c.table == named.tables[0].name and c.is_text]
    return after if own else named


def _is_plural(said: Said, focus: TableLink | ColumnLink | None, best: Superlative) -> bool:
    if focus is None:
        return best.word == "top" and not said.has(r"^who is\b")
    token = said.tokens[focus.last]
    plural = token.low.rstrip("'").endswith("s") and token.word != token.low
    return plural and not said.has(r"\b(which|what) \w+ (has|is|was)\b")


def _group(said: Said, focus: TableLink | ColumnLink | None, about: list[str]) -> Group | None:
    if isinstance(focus, TableLink):
        return entity(focus.tables[0])
    if isinstance(focus, ColumnLink):
        return Group((column_of(said, focus, about),))
    part = date_part(said)
    if part:
        return None
    return None


def entity(table: Table) -> Group:
    label = (
        table.label or tuple(c for c in table.columns if c.name == table.key) or table.columns[:1]
    )
    return Group(label, entity=True)


def date_part(said: Said) -> str:
    match = re.search(
        r"\b(?:which|what|best|worst|per|by|each|every) (year|month|quarter|weekday|day of "
        r"the week|day)\b",
        said.low,
    )
    if not match:
        return ""
    return "weekday" if match[1] == "day of the week" else match[1]


def _recency(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The newest, the oldest, the first."""
    newest = best.is_one_of(_DATE_UP)
    lasting = best.word == "longest" and said.has(_STAYED)
    if not newest and not lasting and not best.is_one_of(_DATE_DOWN):
        return None
    if isinstance(focus, ColumnLink) and not said.has(r"^who\b"):
        day = column_of(said, focus, said.named_tables)
        if day.is_date:
            function: Literal["max", "min"] = "max" if newest else "min"
            measure = Measure(function, day.table, (day,), name="_".join(day.words))
            return Query("value", day.table, measure=measure)
    table = (
        said.schema.table(focus.tables[0].name) if isinstance(focus, TableLink) else _person(said)
    )
    if table is None:
        return None
    column = _moment(said, table, best)
    if column is None:
        keys = tuple(c for c in table.columns if c.primary)[:1]
        if not keys or not said.has(r"\b(first|last|latest|newest)\b"):
            return None
        return Query(
            "rows", table.name, shown(said, table), order=keys, descending=newest, ranked=True
        )
    descending = newest != (best.word == "youngest" and "birth" not in column.words)
    return Query(
        "rows",
        table.name,
        shown(said, table, column),
        order=(column,),
        descending=descending,
        ranked=True,
    )


def _moment(said: Said, table: Table, best: Superlative) -> Column | None:
    dates = [c for c in table.columns if c.is_date]
    birth = next((c for c in dates if {"birth", "born"} & set(c.words)), None)
    if best.word in {"youngest", "oldest", "eldest"} and birth:
        return birth
    rest = [c for c in dates if c is not birth]
    by_verb = date_column(said, table)
    if by_verb in rest:
        return by_verb
    return rest[0] if rest else birth


def _size(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The longest, the cheapest: by a column of the thing itself."""
    sized = next((v for pattern, v in _SIZES.items() if best.is_one_of(pattern)), None)
    if sized is None and said.has(r"\b(earns?|paid|makes?)\b") and _pay(said, focus):
        sized = (_PAY, not down)
    if sized is None:
        return None
    words, descending = sized
    table = focus.tables[0] if isinstance(focus, TableLink) else _person(said)
    if table is None:
        tables = [t for t in said.schema.tables if figures.sized(t, words)]
        table = tables[0] if tables and isinstance(focus, ColumnLink) else None
    column = figures.sized(table, words) if table else None
    if table and column:
        return Query(
            "rows", table.name, shown(said, table, column), order=(column,),
            descending=descending, ranked=True,
        )  # fmt: skip
    if table is None:
        return None
    return _by_child(said, table, words, descending)


_PAY = ("salary", "wage", "pay", "rate")


def _pay(said: Said, focus: TableLink | ColumnLink | None) -> Column | None:
    """What people themselves are paid, where that is on record."""
    table = focus.tables[0] if isinstance(focus, TableLink) else _person(said)
    return figures.sized(table, _PAY) if table and table.is_person else None


def _by_child(said: Said, table: Table, words: tuple[str, ...], descending: bool) -> Query | None:
    """The longest album: by the sum over its tracks."""
    for child in figures.children(said.schema, table.name):
        column = figures.sized(said.schema.table(child), words)
        if column:
            measure = figures.of_column("sum", column)
            return Query(
                "groups",
                table.name,
                measure=measure,
                group=entity(table),
                descending=descending,
                ranked=True,
            )
    return None


def _by_figure(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The most albums, the highest revenue, the top 5 by number of tracks."""
    about = link_tables(focus)
    measure = _measure(said, best, focus, about)
    if measure is None:
        return None
    part = date_part(said)
    if focus is None and part:
        dated = _dated(said, measure.table)
        if dated is None:
            return None
        return Query("groups", measure.table, measure=measure, group=Group((dated,), part=part),
                     descending=not down, ranked=True)  # fmt: skip
    group = _group(said, focus, [measure.table])
    if focus is None:
        person = _person(said, measure.table)
        group = entity(person) if person else None
    if group is None:
        return None
    if group.table == measure.table and not measure.columns and group.entity:
        return None
    if (
        measure.columns
        and measure.columns[0].table == group.table
        and group.entity
        and len(measure.columns) == 1
    ):
        table = said.schema.table(group.table)
        column = measure.columns[0]
        return Query(
            "rows",
            table.name,
            shown(said, table, column),
            order=(column,),
            descending=not down,
            ranked=True,
        )
    return Query(
        "groups", group.table, measure=measure, group=group, descending=not down, ranked=True
    )


def _measure(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, about: list[str]
) -> Measure | None:
    if best.is_one_of(_SOLD):
        return figures.pieces(said.schema, about)
    if best.is_one_of(_WORTH):
        return figures.money(said.schema, about)
    if best.is_one_of(_BUSY):
        return _events(said, focus)
    if best.word in {"most", "least"} and said.has(
        r"\b(used|ordered|requested|needed|installed)\b"
    ):
        names = [n for n in said.names_after(best.to, 2) if n is not focus]
        if not names and (used := figures.pieces(said.schema, about)):
            return used
    by = next((m for m in _BY.finditer(said.low) if said.token_at(m.start()) >= best.to), None)
    start = said.token_at(by.start("what")) if by else best.to
    return named_measure(said, start, focus, about, strict=by is not None)


def named_measure(
    said: Said,
    start: int,
    focus: TableLink | ColumnLink | None,
    about: list[str],
    *,
    strict: bool = False,
) -> Measure | None:
    """The figure that is named from a token on."""
    begin = said.tokens[start].at if start < len(said.tokens) else len(said.low)
    rest = said.low[begin:]
    average = re.match(r"(overall )?(average|mean|avg)\b", rest)
    rest_of_clause = re.split(r"\b(?:in|from|since|for|last|this|during|where)\b", rest)[0]
    names = [n for n in said.names_after(start) if n is not focus]
    first = names[0] if names else None
    gap = said.tokens[start : first.first] if first else []
    close = first is not None and len(gap) <= (
        4 if re.match(r"(total |average )?(number|count|amount)", rest) else 2
    )
    if (
        first
        and close
        and not (figures.asks_for_money(rest_of_clause) and _money_first(said, start, first))
    ):
        measure = _of_name(said, first, bool(average), about)
        if measure:
            said.use(first)
            return measure
    if figures.asks_for_money(rest_of_clause) and (measure := figures.money(said.schema, about)):
        if average:
            return Measure("avg", measure.table, measure.columns, name="average_revenue")
        return measure
    if strict:
        return None
    before = said.low[:begin]
    if re.search(
        r"\b(spen[dt]s?|earn(s|ed)?|ma(de|kes?)|generat\w+|brings? in|brought in|paid|pays?"
        r"|gross\w*)\b",
        before,
    ):
        return figures.money(said.schema, about)
    if re.search(r"\b(sells?|sold|sales)\b", before):
        seller = about and vocabulary.WORKERS & set(said.schema.table(about[0]).words)
        return (
            figures.money(said.schema, about)
            if seller or not about
            else figures.pieces(said.schema, about)
        )
    if re.search(r"\b(buys?|bought|purchase[sd]?|order(s|ed)?)\b", before):
        return figures.pieces(said.schema, about) or figures.money(said.schema, about)
    return None


def _money_first(said: Said, start: int, first: TableLink | ColumnLink) -> bool:
    """`most revenue`: the word of money stands before any name, or is a loose match of one."""
    end = said.tokens[first.first].at
    begin = said.tokens[start].at
    if figures.asks_for_money(said.low[begin:end]):
        return True
    return not first.exact and figures.asks_for_money(said.tokens[first.first].low)


def _of_name(
    said: Said, first: TableLink | ColumnLink, average: bool, about: list[str]
) -> Measure | None:
    if isinstance(first, TableLink):
        table = first.tables[0]
        sold = vocabulary.BUYING.search(said.low) or re.search(
            r"\b(sold|sells?|selling)\b", said.low
        )
        after = said.links.at(first.last + 1)
        if (
            isinstance(after, ColumnLink)
            and (column := column_of(said, after, [table.name])).is_number
        ):
            said.use(after)
            return figures.of_column("avg" if average else "sum", column)
        if sold and not set(table.words) & vocabulary.TRANSACTIONS:
            measure = figures.pieces(said.schema, [*about, table.name])
            if measure:
                return measure
        return figures.rows(said.schema, table.name)
    column = column_of(said, first, about)
    if column.is_number:
        return figures.of_column("avg" if average else "sum", column)
    return None


def _events(said: Said, focus: TableLink | ColumnLink | None) -> Measure | None:
    if isinstance(focus, ColumnLink):
        return figures.rows(said.schema, column_of(said, focus, said.named_tables).table)
    if isinstance(focus, TableLink):
        below = figures.children(said.schema, focus.tables[0].name)
        return figures.rows(said.schema, below[0]) if below else None
    return None


def _column(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The highest hourly rate: of whom, where it is asked; else the figure alone."""
    named = next((n for n in said.links.columns if n.first >= best.to), None)
    if named is None:
        return None
    tables = [*link_tables(focus), *said.named_tables]
    column = column_of(said, named, tables)
    if not (column.is_number or column.is_date):
        return None
    said.use(named)
    table = said.schema.table(column.table)
    asks_who = isinstance(focus, TableLink) or said.has(r"^(who|which|whose)\b")
    if asks_who:
        return Query(
            "rows",
            table.name,
            shown(said, table, column),
            order=(column,),
            descending=not down,
            ranked=True,
        )
    measure = figures.of_column("min" if down else "max", column)
    return Query("value", table.name, measure=measure)


def _plain(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The largest invoice, the top customers: by the figure that says most of such a row."""
    if not isinstance(focus, TableLink):
        return None
    table = focus.tables[0]
    own = figures.main_number(table, vocabulary.MONEY_COLUMNS[:7]) or figures.sized(
        table, ("size", "population")
    )
    if own is None and not figures.children(said.schema, table.name):
        own = figures.main_number(table, (*vocabulary.PRICES, *vocabulary.DURATIONS))
    if own:
        return Query(
            "rows",
            table.name,
            shown(said, table, own),
            order=(own,),
            descending=not down,
            ranked=True,
        )
    measure = _worth_of(said, table, best)
    if measure is None:
        return None
    return Query(
        "groups", table.name, measure=measure, group=entity(table), descending=not down, ranked=True
    )


def _worth_of(said: Said, table: Table, best: Superlative) -> Measure | None:
    earned = figures.money(said.schema, [table.name])
    if earned and (table.is_person or best.word in {"top", "best", "worst", "leading"}):
        return earned
    below = figures.children(said.schema, table.name)
    return figures.rows(said.schema, below[0]) if below else earned


def _person(said: Said, fact: str | None = None) -> Table | None:
    """Whom `who` means: buyers where something is bought, workers where it is sold or done."""
    named = [t for name in said.named_tables if (t := said.schema.table(name)).is_person]
    if named:
        return named[0]
    people = [t for t in said.schema.tables if t.is_person]
    buys = said.has(r"\b(spen[dt]s?|bought|buys?|purchased|ordered|paid|pays?|owes?)\b")
    wanted = vocabulary.BUYERS if buys else vocabulary.WORKERS
    people.sort(key=lambda t: (not wanted & set(t.words), _far(said, fact, t)))
    if fact:
        people = [t for t in people if graph.is_up(graph.path(said.schema, fact, t.name))]
    return people[0] if people else None


def _far(said: Said, fact: str | None, table: Table) -> float:
    return graph.distance(said.schema, fact, table.name) if fact else 0.0


def _dated(said: Said, table: str) -> Column | None:
    """The date of a table's rows, or of what they belong to."""
    order = sorted(
        (t for t in said.schema.tables if graph.is_up(graph.path(said.schema, table, t.name))),
        key=lambda t: graph.distance(said.schema, table, t.name),
    )
    columns = (date_column(said, t) for t in order)
    return next((c for c in columns if c and "birth" not in c.words), None)


dated = _dated
person = _person


def link_tables(focus: TableLink | ColumnLink | None) -> list[str]:
    return [focus.tables[0].name] if isinstance(focus, TableLink) else []


def shown(said: Said, table: Table, *more: Column) -> tuple[Column, ...]:
    """What to show of a row: its name, what was asked of it, what it is ranked by."""
    label = table.label or tuple(c for c in table.columns if c.primary)
    asked = tuple(
        column
        for named in said.links.columns
        if said.free(named)
        for column in named.columns
        if column.table == table.name and (named.exact or len(named.columns) == 1)
    )
    columns = dict.fromkeys([*label, *asked, *more])
    if len(columns) == len(dict.fromkeys(more)) and table.key:
        key = table.column(table.key)
        columns = dict.fromkeys([*([key] if key else []), *columns])
    return tuple(columns)
