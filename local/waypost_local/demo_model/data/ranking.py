"""Questions for a first, a best or a top few."""

import re
from dataclasses import replace
from typing import Literal

from waypost_local.demo_model.data import figures, vocabulary
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Measure, Query
from waypost_local.demo_model.data.said import Said, column_of, date_column
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.scoring import by_figure
from waypost_local.demo_model.data.subjects import entity, link_tables, person, shown
from waypost_local.demo_model.data.superlatives import (
    LEAST,
    NEWEST,
    OLDEST,
    SIZES,
    STAYED,
    Superlative,
    number_of,
    superlative,
)

_SEVERAL = 5


def read(said: Said) -> Query | None:
    """The query of a question with a superlative, or None where it has none to rank by."""
    best = superlative(said)
    if best is None:
        return None
    down = best.is_one_of(LEAST) or bool(
        re.match(r"least|worst|quietest|lowest|cheapest", best.word)
    )
    focus = _focus(said, best)
    limit = best.count or _top(said) or (_SEVERAL if _is_plural(said, focus, best) else 1)
    for reader in (_recency, _size, by_figure, _column, _plain):
        query = reader(said, best, focus, down)
        if query:
            said.use(focus)
            return _limited(query, limit)
    return None


def _top(said: Said) -> int | None:
    match = re.search(r"\btop (\w+)\b", said.low)
    return number_of(match[1]) if match else None


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


def _recency(
    said: Said, best: Superlative, focus: TableLink | ColumnLink | None, down: bool
) -> Query | None:
    """The newest, the oldest, the first."""
    newest = best.is_one_of(NEWEST)
    lasting = best.word == "longest" and said.has(STAYED)
    if not newest and not lasting and not best.is_one_of(OLDEST):
        return None
    if isinstance(focus, ColumnLink) and not said.has(r"^who\b"):
        day = column_of(said, focus, said.named_tables)
        if day.is_date:
            function: Literal["max", "min"] = "max" if newest else "min"
            measure = Measure(function, day.table, (day,), name="_".join(day.words))
            return Query("value", day.table, measure=measure)
    table = (
        said.schema.table(focus.tables[0].name) if isinstance(focus, TableLink) else person(said)
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


def _moment(said: Said, table: PromptTable, best: Superlative) -> Column | None:
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
    sized = next((v for pattern, v in SIZES.items() if best.is_one_of(pattern)), None)
    if sized is None and said.has(r"\b(earns?|paid|makes?)\b") and _pay(said, focus):
        sized = (_PAY, not down)
    if sized is None:
        return None
    words, descending = sized
    table = focus.tables[0] if isinstance(focus, TableLink) else person(said)
    if table is None:
        tables = [t for t in said.schema.tables if figures.sized(t, words)]
        table = tables[0] if tables and isinstance(focus, ColumnLink) else None
    column = figures.sized(table, words) if table else None
    if table and column:
        return Query(
            "rows",
            table.name,
            shown(said, table, column),
            order=(column,),
            descending=descending,
            ranked=True,
        )
    if table is None:
        return None
    return _by_child(said, table, words, descending)


_PAY = ("salary", "wage", "pay", "rate")


def _pay(said: Said, focus: TableLink | ColumnLink | None) -> Column | None:
    """What people themselves are paid, where that is on record."""
    table = focus.tables[0] if isinstance(focus, TableLink) else person(said)
    return figures.sized(table, _PAY) if table and table.is_person else None


def _by_child(
    said: Said, table: PromptTable, words: tuple[str, ...], descending: bool
) -> Query | None:
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


def _worth_of(said: Said, table: PromptTable, best: Superlative) -> Measure | None:
    earned = figures.money(said.schema, [table.name])
    if earned and (table.is_person or best.word in {"top", "best", "worst", "leading"}):
        return earned
    below = figures.children(said.schema, table.name)
    return figures.rows(said.schema, below[0]) if below else earned
