"""Numbers that something is compared with: `more than 5`, `between 1 and 2`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from waypost_local.demo_model.data import figures, graph, vocabulary
from waypost_local.demo_model.data.mentions import ColumnLink, TableLink
from waypost_local.demo_model.data.query import Condition, Operator, Query
from waypost_local.demo_model.data.said import Said, column_of
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.data.timing import is_birth

_NUMBER = (
    r"[$\u20ac\u00a3]?\s?(\d[\d,]*(?:\.\d+)?|"
    + "|".join(vocabulary.NUMBERS)
    + r"|an?(?= (?:dollar|euro|pound|minute|hour|second|day|megabyte|kilobyte|gigabyte)\b))\b"
)


_UNIT = (
    r"\s?(?:%|(seconds?|minutes?|mins?|hours?|days?|kb|mb|gb|megabytes?|kilobytes?"
    r"|gigabytes?|years?|dollars?|euros?|usd)\b)?"
)


_MORE = (
    "more than|over|above|greater than|exceeding|exceeds?|longer than|older than|larger than|"
    "bigger than|higher than|heavier than|pricier than|more expensive than|later than|upwards of"
)


_LESS = (
    "less than|fewer than|under|below|shorter than|younger than|cheaper than|lower than|"
    "smaller than|lighter than|less expensive than"
)


_COMPARED = re.compile(
    rf"\b(?:(?P<more>{_MORE})|(?P<less>{_LESS})|(?P<least>at least|no less than|a minimum of"
    rf"|minimum)|"
    rf"(?P<most>at most|no more than|up to|a maximum of|maximum)|(?P<exact>exactly|equal to"
    rf"|only|just|equals?|costs?|costing|priced at|worth|rated))"
    rf"\s+(?:a |an )?{_NUMBER}{_UNIT}"
    rf"|\bbetween\s+{_NUMBER}{_UNIT}\s+and\s+{_NUMBER}{_UNIT}"
    rf"|{_NUMBER}{_UNIT}\s+(?P<ormore>or more|or longer|and above|and more|or higher|or above)\b"
    rf"|{_NUMBER}{_UNIT}\s+(?P<orless>or less|or fewer|or shorter|and below|or lower|or below)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Compared:
    operator: Operator
    number: float
    upper: float | None
    unit: str
    adjective: str
    first: int
    last: int
    """Token numbers."""


def compared(said: Said) -> list[Compared]:
    """`more than 5`, `between 1 and 2`, `10 or more`, with where they stand."""
    found: list[Compared] = []
    for match in _COMPARED.finditer(said.low):
        numbers = re.findall(_NUMBER, match[0])
        values = [_value(number) for number in numbers if number]
        if not values or any(w.at <= match.start() < w.to for w in said.whens):
            continue
        units = re.findall(
            r"\b(seconds?|minutes?|mins?|hours?|days?|kb|mb|gb|megabytes?|kilobytes?"
            r"|gigabytes?|years?)\b",
            match[0],
        )
        found.append(
            Compared(
                operator=_operator(match),
                number=values[0],
                upper=values[1] if len(values) > 1 else None,
                unit=re.sub(r"^min$", "minute", units[-1].rstrip("s")) if units else "",
                adjective=match[0].split()[0],
                first=said.token_at(match.start()),
                last=said.token_at(match.end()) - 1,
            )
        )
    return found


def _operator(match: re.Match[str]) -> Operator:
    if match["more"]:
        return ">"
    if match["less"]:
        return "<"
    if match["least"] or match["ormore"]:
        return ">="
    if match["most"] or match["orless"]:
        return "<="
    return "=" if match["exact"] else "between"


def _value(text: str) -> float:
    if text in {"a", "an"}:
        return 1.0
    if text in vocabulary.NUMBERS:
        return float(vocabulary.NUMBERS[text])
    return float(text.replace(",", ""))


def counts_rows(said: Said, one: Compared) -> TableLink | None:
    """`more than 5 albums`: what is counted is a table."""
    after = said.names_after(one.last + 1, 3)
    if one.unit or not after or not isinstance(after[0], TableLink):
        return None
    between = said.tokens[one.last + 1 : after[0].first]
    if any(t.low in {"in", "by", "for", "from", "with", "of", "per"} for t in between):
        return None
    return after[0]


def compared_rows(said: Said, query: Query, base: str) -> Iterator[Condition]:
    for one in compared(said):
        if counts_rows(said, one) or spends(said, one):
            continue
        column = _compared_column(said, one, query, base)
        if column is None or not graph.is_up(graph.path(said.schema, base, column.table)):
            continue
        if column.is_date:
            yield _age(said, one, column)
            continue
        scale = _scale(column, one.unit)
        if one.upper is not None:
            yield Condition((column,), ">=", (one.number * scale,))
            yield Condition((column,), "<=", (one.upper * scale,))
        else:
            yield Condition((column,), one.operator, (one.number * scale,))


def spends(said: Said, one: Compared) -> bool:
    before = said.before(one.first, 4)
    return bool(re.search(r"\b(spent|spend|spends|earned|sold|revenue|sales|turnover)\b", before))


def _compared_column(said: Said, one: Compared, query: Query, base: str) -> Column | None:
    tables = [base, query.group.table if query.group else query.table]
    for place in [*range(one.last + 1, one.last + 3), *range(one.first - 1, one.first - 6, -1)]:
        held = said.links.at(place) if 0 <= place < len(said.tokens) else None
        if isinstance(held, ColumnLink):
            column = column_of(said, held, tables)
            if column.is_number and graph.is_up(graph.path(said.schema, base, column.table)):
                said.use(held)
                return column
    table = said.schema.table(base)
    if one.adjective in {"older", "younger"} or one.unit == "year":
        return next((c for c in table.columns if is_birth(c)), None)
    if re.search(r"\b(earns?|earning|paid|makes?|making)\b", said.before(one.first, 4)):
        return figures.sized(table, ("salary", "wage", "pay", "rate")) or _worth(table)
    if one.unit in vocabulary.BYTES:
        return figures.sized(table, ("byte", "size"))
    if one.unit or one.adjective in {"longer", "shorter"}:
        exact = figures.sized(table, (one.unit,)) if one.unit else None
        return exact or figures.sized(table, vocabulary.DURATIONS)
    return _worth(table)


def _worth(table: PromptTable) -> Column | None:
    return figures.main_number(table, (*vocabulary.PRICES, *vocabulary.MONEY_COLUMNS)) or next(
        iter(figures.numbers(table)), None
    )


def _scale(column: Column, unit: str) -> float:
    unit = unit.rstrip("s")
    if "millisecond" in column.words or "ms" in column.words:
        return vocabulary.MILLISECONDS.get(unit, 1)
    if "second" in column.words:
        return vocabulary.SECONDS.get(unit, 1)
    if "minute" in column.words:
        return vocabulary.SECONDS.get(unit, 60) / 60
    if "hour" in column.words:
        return vocabulary.SECONDS.get(unit, 3600) / 3600
    return vocabulary.BYTES.get(unit, 1) if "byte" in column.words or "size" in column.words else 1


def _age(said: Said, one: Compared, column: Column) -> Condition:
    """So many years old or older is born so many years ago or earlier."""
    year = said.today.year - int(one.number)
    edge = said.today.replace(year=year, day=min(said.today.day, 28)).isoformat()
    older = one.adjective == "older" or one.operator in {">", ">="}
    return Condition((column,), "<" if older else ">", (edge,))
