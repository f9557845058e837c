"""Questions for one figure, or for one figure for each of something."""

import re
from dataclasses import replace

from waypost_local.demo_model.data import figures, filters
from waypost_local.demo_model.data.counting import counted
from waypost_local.demo_model.data.grouping import grouping
from waypost_local.demo_model.data.naming import choose
from waypost_local.demo_model.data.query import Group, Measure, Query
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.subjects import dated
from waypost_local.demo_model.data.summing import averaged, how_much, summed

_COUNT = re.compile(
    r"\bhow many\b|\b(?:total |overall )?(?:number|count|quantity) of\b|^count\b|\bcount "
    r"(?:the|all|how many)\b|"
    r"\bhow much\b"
)


AVERAGE = re.compile(r"\b(average|mean|avg|typical(?:ly)?|on average)\b")


_TOTAL = re.compile(r"\b(total|sum|overall|altogether|combined|in all|cumulative)\b")


def figure(said: Said) -> Query | None:
    """A count, a sum, an average; alone or for each of something."""
    group = grouping(said)
    measure = _measure(said, group)
    if measure is None:
        return None
    if group and group.part and group.columns[0].table == "":
        column = dated(said, measure.table)
        group = Group((column,), part=group.part) if column else None
    if group is None and len(said.whens) > 1 and (day := dated(said, measure.table)):
        group = Group((day,), part=_length(said))
    of_itself = group is not None and group.entity and group.table == measure.table
    if of_itself and measure.columns and AVERAGE.search(said.low):
        measure, group = replace(measure, function="avg"), None
    if group and _is_average_of_groups(said, measure):
        average = replace(measure, name=f"average_{measure.name}")
        return filters.apply(said, Query("average", measure.table, measure=average, group=group))
    kind = "groups" if group else "value"
    table = group.table if group else measure.table
    return filters.apply(said, Query(kind, table, measure=measure, group=group))  # type: ignore[arg-type]


def _length(said: Said) -> str:
    """The part of a date that tells several times apart."""
    spans = [(when.end - when.first).days for when in said.whens if when.end and when.first]
    return "year" if min(spans, default=0) > 360 else "month"


def _is_average_of_groups(said: Said, measure: Measure) -> bool:
    """The average number of tracks per album is one number."""
    if not AVERAGE.search(said.low):
        return False
    return measure.function in {"count", "sum"} or (not measure.columns)


def _measure(said: Said, group: Group | None) -> Measure | None:
    about = [group.table] if group and group.table else []
    about += [t for t in _must_reach(said) if t not in about]
    counts = count_word(said)
    average = AVERAGE.search(said.low)
    if counts and counts[0] != "how much":
        return counted(said, said.token_at(counts.end()), about, bool(average))
    if average:
        return averaged(said, said.token_at(average.end()), about)
    if counts:
        return how_much(said, said.token_at(counts.end()), about)
    if match := _TOTAL.search(said.low):
        held = said.links.at(said.token_at(match.start()))
        if held is None or not said.has(r"\bof (the )?(invoice|order)s? \d"):
            return summed(said, said.token_at(match.end()), about, held)
    if group and said.links.tables and not figures.asks_for_money(said.low):
        free = [t for t in said.links.tables if said.free(t)]
        if free and not said.has(r"^(list|show|who|what|name)\b.*\b(names?|emails?)\b"):
            said.use(free[0])
            return figures.rows(said.schema, free[0].tables[0].name)
    if figures.asks_for_money(said.low) and (group or _speaks_of_money(said)):
        return figures.money(said.schema, about)
    if group and said.links.columns:
        free_columns = [c for c in said.links.columns if said.free(c)]
        numbers = [c for n in free_columns if (c := column_of(said, n, about)).is_number]
        if numbers:
            return figures.of_column("sum", numbers[0])
    return None


def count_word(said: Said) -> re.Match[str] | None:
    """`the number of invoices` counts, `the phone number of` does not."""
    for match in _COUNT.finditer(said.low):
        before = said.links.at(said.token_at(match.start()) - 1)
        if not match[0].startswith("number") or (before is None and not _numbered(said, match)):
            return match
    return None


def _numbered(said: Said, match: re.Match[str]) -> bool:
    """Whether it is a phone number or the like, on record or not."""
    return bool(
        re.search(
            r"\b(phone|fax|serial|account|tax|reference|id|mobile)\W*$", said.low[: match.start()]
        )
    )


def _speaks_of_money(said: Said) -> bool:
    return said.has(
        r"\b(revenues?|sales|turnover|income|earnings|takings|proceeds|spending)\b"
    ) and not said.has(r"^(who|list|which|name)\b")


def _must_reach(said: Said) -> list[str]:
    """Tables of values that can be in one table only: a figure must belong to their rows."""
    found = []
    for value in said.links.values:
        tables = {columns[0].table for columns, _ in value.options}
        if len(tables) == 1:
            found.append(next(iter(tables)))
        elif all(said.schema.table(c[0].table).label == c for c, _ in value.options):
            columns, _ = choose(said, value, "", "")
            found.append(columns[0].table)
    return list(dict.fromkeys(found))
