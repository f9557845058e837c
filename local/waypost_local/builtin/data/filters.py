"""Conditions: what the values, dates, numbers and negations of a question leave of the rows."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from waypost_local.builtin.data import figures, graph, vocabulary
from waypost_local.builtin.data.links import ColumnLink, TableLink, ValueLink, preposition
from waypost_local.builtin.data.query import Condition, Kin, Operator, Query, Related
from waypost_local.builtin.data.said import Said, Unclear, column_of, date_column
from waypost_local.builtin.data.schema import Column, Table
from waypost_local.builtin.words import stem

_NOT = re.compile(
    r"\b(not|no|never|without|except|excluding|outside|besides|neither|nor|lack(s|ing)?|missing)\b|"
    r"n't\b|\bother than\b|\bapart from\b|\brather than\b|\bany(where|one|thing)? but\b"
)
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
_TEXT = re.compile(
    r"\b(start(?:s|ing)? with|begin(?:s|ning)? with|end(?:s|ing)? (?:with|in)|contain(?:s"
    r"|ing)?|mention(?:s|ing)?|regarding|related to|"
    r"includ(?:es|ing)|with the word|has the word|have the word)\s+(?:the (?:word|letters?"
    r"|name|text)s? |an? |the )?"
    r"[\"'\u201c\u2018]?([\w .&-]+?)[\"'\u201d\u2019]?(?= in (?:the|its|their)\b|[?.,!]|$)",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:called|named|titled|by the name of)\s+[\"'\u201c\u2018]?([\w "
    r".&'/-]+?)[\"'\u201d]?(?=[?,!]|\.?$)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"\u201c]([^\"\u201d]+)[\"\u201d]")


@dataclass(frozen=True)
class Filters:
    conditions: tuple[Condition, ...] = ()
    related: tuple[Related, ...] = ()
    kin: Kin | None = None
    having: tuple[Operator, float] | None = None


def apply(said: Said, query: Query) -> Query:
    """The query with every condition that its own words do not use up yet."""
    base = query.measure.table if query.measure else query.table
    about = query.group.table if query.group else query.table
    for one in compared(said):
        # An amount is no date, whatever else is in the question.
        said.use(*(v for v in said.links.values if one.first <= v.first <= one.last))
    kin = query.kin or _kin(said, about)
    found: list[Condition] = [*query.conditions]
    found += _text(said, about)
    found += keyed(said)
    found += _values(said, base, about)
    found += _numbers(said, query, base)
    found += _missing(said, about)
    found += _stock(said, base)
    related = [*query.related, *_related(said, query)]
    having = query.having or _having(said, query)
    if having is None:
        related += _counted(said, query)
    dated = next((r.table for r in related if _has_date(said, r.table)), base)
    found += _dates(said, dated, about if dated == base else dated)
    merged = tuple(dict.fromkeys(_merged(found)))
    whole = [_with_conditions(said, one, merged, about) for one in dict.fromkeys(related)]
    inside = {condition for one in whole for condition in one.conditions}
    return replace(
        query,
        conditions=tuple(c for c in merged if c not in inside),
        related=tuple(whole),
        kin=kin,
        having=having,
    )


def _has_date(said: Said, table: str) -> bool:
    return any(c.is_date for c in said.schema.table(table).columns)


def _with_conditions(
    said: Said, related: Related, conditions: tuple[Condition, ...], about: str
) -> Related:
    """`no invoice in 2025`: conditions on the rows that belong to a row, not on the row."""
    inside = tuple(
        c
        for c in conditions
        if c.table != about
        and not graph.is_up(graph.path(said.schema, about, c.table))
        and graph.is_up(graph.path(said.schema, related.table, c.table))
    )
    return replace(related, conditions=inside)


def keyed(said: Said) -> Iterator[Condition]:
    """`invoice 12`, `order #12`: a row by its key."""
    for named in said.links.tables:
        table = named.tables[0]
        rest = said.low[said.tokens[named.last].to :]
        match = re.match(
            r"\s*(?:number|no\.?|id|#|with id)?\s*#?\s*(\d+)\b(?!\s*(?:or|and) (?:more|less))", rest
        )
        key = table.column(table.key) if table.key else None
        if (
            match
            and key
            and not any(
                w.at <= said.tokens[named.last].to + match.start(1) < w.to for w in said.whens
            )
        ):
            said.use(named)
            yield Condition((key,), "=", (float(match[1]),))


_SMALL = frozenset(
    re.findall(
        r"\w+",
        "in from the a an any yet been be being by on to of than other currently have has had with "
        "placed made for at",
    )
)


def negated(said: Said, first: int) -> bool:
    """Whether a negation stands right before a token, little words in between."""
    words: list[str] = []
    for place in range(first - 1, max(-1, first - 5), -1):
        low = said.tokens[place].low
        words.insert(0, low)
        if _NOT.search(low):
            break
        if low not in _SMALL and not any(v.last == place for v in said.links.values):
            return False
    return bool(_NOT.search(" ".join(words)))


def _values(said: Said, base: str, about: str) -> Iterator[Condition]:
    for value in said.links.values:
        if not said.free(value) or (said.whens and _is_dated(said, value)):
            continue
        columns, text = choose(said, value, base, about)
        no = value.negated != negated(said, value.first)
        if value.guessed:
            _refuse_unknown_place(columns[0], text)
            yield Condition(columns, "like", (f"%{_escaped(text)}%",), no)
        else:
            yield Condition(columns, "=", (text,), no)


def _refuse_unknown_place(column: Column, text: str) -> None:
    """A continent that no row names holds places that rows do name."""
    if column.words[-1] in vocabulary.PLACES and text.lower() in vocabulary.WIDE:
        raise Unclear(f"No place in it is called \u201c{text}\u201d.")


def _is_dated(said: Said, value: ValueLink) -> bool:
    """`scheduled in May` is about the day it was scheduled for, whatever its state."""
    word = said.tokens[value.first].stem
    for columns, _ in value.options:
        table = said.schema.table(columns[0].table)
        if any(c.is_date and word in map(stem, c.words) for c in table.columns):
            return True
    return False


def choose(said: Said, value: ValueLink, base: str, about: str) -> tuple[tuple[Column, ...], str]:
    """Which column's value is meant: that of the noun beside it, of the table in question, near."""
    return min(value.options, key=lambda option: _strangeness(said, value, option[0], base, about))


def _strangeness(
    said: Said, value: ValueLink, columns: tuple[Column, ...], base: str, about: str
) -> float:
    column = columns[0]
    table = said.schema.table(column.table)
    is_label = columns == table.label or column in table.label
    score = min(
        graph.distance(said.schema, base, table.name),
        graph.distance(said.schema, about, table.name) + 0.4,
    )
    if is_label:
        # A name of few is meant rather than the same name of one among many.
        score = (
            0.35 * score + math.log10(1 + (table.rows or 10)) - (1.0 if table.is_person else 0.0)
        )
    if _named_beside(said, value, columns):
        return score - 20
    if table.name in said.named_tables:
        score -= 0.6
    if is_label and table.name in (base, about):
        score += 2.5 if said.has(r"\bhow many\b|\b(list|which|all)\b") else 0.5
    if not is_label and not column.complete:
        score += 1.5 if column.words[-1] in vocabulary.PLACES else 2.6
    before = preposition(said.tokens, value.first)
    if before in {"in", "from", "at", "to"} and column.words[-1] in vocabulary.PLACES:
        score -= 1.5
    if before in {"by", "of"} and is_label:
        score -= 1.0
    if len(columns) == 2:
        score -= 2.0
    if column.table not in (base, about) and not graph.is_up(
        graph.path(said.schema, base, column.table)
    ):
        score += 0.8
    # `city` before `billing city`, `name` before `composer`.
    return score + 0.2 * (len(column.words) - 1)


def _named_beside(said: Said, value: ValueLink, columns: tuple[Column, ...]) -> bool:
    """`the album Big Ones`, `Rock genre`, `city Paris`, `plan is basic`."""
    table = said.schema.table(columns[0].table)
    for place in (value.first - 1, value.first - 2, value.last + 1):
        if place == value.first - 2 and said.tokens[value.first - 1].low not in {
            "is", "called", "named", "\"", "'", "of", "titled", "are", "the", "=", "was",
        }:  # fmt: skip
            continue
        held = said.links.at(place) if 0 <= place < len(said.tokens) else None
        if isinstance(held, ColumnLink) and columns[0] in held.columns and held.exact:
            return True
        if isinstance(held, TableLink) and table in held.tables and columns == table.label:
            # `Rock tracks` is no track called Rock.
            return place < value.first or len(table.columns) <= 3
    return False


def _dates(said: Said, base: str, about: str) -> Iterator[Condition]:
    whens = said.whens
    if len(whens) > 1 and all(when.first and when.end for when in whens):
        # `2024 and 2025`: both, so from the first to the last.
        low_day = min(when.first for when in whens if when.first)
        high_day = max(when.end for when in whens if when.end)
        whens = [replace(whens[0], first=low_day, end=high_day)]
    for when in whens:
        column = _date_for(said, base, about)
        if column is None:
            continue
        low, high = _iso(when.first), _iso(when.end)
        no = bool(_NOT.search(said.low[max(0, when.at - 8) : when.at]))
        yield Condition((column,), "between", (low, high), no)


def _date_for(said: Said, base: str, about: str) -> Column | None:
    """The date that a time in the question is about: of the rows, or of what they belong to."""
    schema = said.schema
    own = date_column(said, schema.table(base))
    by_verb = [
        c
        for table in schema.tables
        if (c := date_column(said, table)) and c != date_column(said, table, verbs=False)
    ]
    if own and (own != date_column(said, schema.table(base), verbs=False) or not by_verb):
        if not (_is_birth(own) and not said.has(r"\bborn\b|\bbirth")):
            return own
        rest = [c for c in schema.table(base).columns if c.is_date and not _is_birth(c)]
        if rest:
            return rest[0]
    dated = [t for t in schema.tables if date_column(said, t)]
    dated.sort(
        key=lambda t: min(
            graph.distance(schema, base, t.name), graph.distance(schema, about, t.name) + 0.1
        )
    )
    buying = vocabulary.BUYING.search(said.low) or vocabulary.SELLING.search(said.low)
    if buying and own is None:
        dated.sort(key=lambda t: not set(t.words) & vocabulary.TRANSACTIONS)
    return own or (date_column(said, dated[0]) if dated else None)


def _is_birth(column: Column) -> bool:
    return "birth" in column.words or "born" in column.words


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


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


def _numbers(said: Said, query: Query, base: str) -> Iterator[Condition]:
    for one in compared(said):
        if counts_rows(said, one) or _spends(said, one):
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


def _spends(said: Said, one: Compared) -> bool:
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
        return next((c for c in table.columns if _is_birth(c)), None)
    if re.search(r"\b(earns?|earning|paid|makes?|making)\b", said.before(one.first, 4)):
        return figures.sized(table, ("salary", "wage", "pay", "rate")) or _worth(said, table)
    if one.unit in vocabulary.BYTES:
        return figures.sized(table, ("byte", "size"))
    if one.unit or one.adjective in {"longer", "shorter"}:
        exact = figures.sized(table, (one.unit,)) if one.unit else None
        return exact or figures.sized(table, vocabulary.DURATIONS)
    return _worth(said, table)


def _worth(said: Said, table: Table) -> Column | None:
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


def _counted(said: Said, query: Query) -> Iterator[Related]:
    """`customers with more than 5 invoices`, `who spent over 40`."""
    about = query.group.table if query.group and query.group.entity else query.table
    for one in compared(said):
        named = counts_rows(said, one)
        operator: Operator = "=" if one.operator == "between" else one.operator
        if named and named.tables[0].name != about:
            said.use(named)
            yield Related(named.tables[0].name, operator=operator, count=one.number)
        elif not named and _spends(said, one):
            measure = figures.money(said.schema, [about])
            if measure:
                yield Related(measure.table, operator=operator, count=one.number, measure=measure)


def _having(said: Said, query: Query) -> tuple[Operator, float] | None:
    """A number that the grouped figure itself is compared with."""
    if not query.group or not query.measure:
        return None
    for one in compared(said):
        named = counts_rows(said, one)
        if named and named.tables[0].name == query.measure.table and not query.measure.columns:
            said.use(named)
            return one.operator, one.number
        if not named and query.measure.columns and _spends(said, one):
            return one.operator, one.number
    return None


def _related(said: Said, query: Query) -> Iterator[Related]:
    """`customers without an invoice`, `artists with albums`, `never bought anything`."""
    about = query.group.table if query.group and query.group.entity else query.table
    focus = next((t for t in said.links.tables if t.tables[0].name == about), None)
    counted = [counts_rows(said, one) for one in compared(said)]
    for named in said.links.tables:
        table = named.tables[0]
        if named is focus or not said.free(named) or named in counted or table.name == about:
            continue
        no = negated(said, named.first)
        having = re.search(
            r"\b(with|have|has|having|had|placed|made|any|bought|ordered|got|received|assigned)\b",
            said.before(named.first, 3),
        )
        beside = [
            v
            for v in said.links.values
            if abs(v.first - named.last) == 1 or abs(named.first - v.last) == 1
        ]
        path = graph.path(said.schema, about, table.name)
        if (no or having) and path and not beside and not graph.is_up(path):
            if query.measure and query.measure.table == table.name and not no:
                continue
            said.use(named)
            yield Related(table.name, negated=no)
    if said.has(
        r"\b(never|not|haven't|hasn't|didn't)\b.*\b(bought|purchased?|order(ed)?|buy|spent|sold)\b"
    ):
        measure = figures.pieces(said.schema, [about])
        if measure and not any(not said.free(t) and t is not focus for t in said.links.tables):
            yield Related(measure.table, negated=True)


def _missing(said: Said, about: str) -> Iterator[Condition]:
    """`without a company`, `with no phone number`, `not yet completed`."""
    table = said.schema.table(about)
    for named in said.links.columns:
        if not said.free(named):
            continue
        own = next((c for c in named.columns if c.table == table.name), None)
        if own is None:
            continue
        before = said.before(named.first, 3)
        if re.search(r"\b(without|no|missing|lack|lacks|lacking)\b|n't have|not have", before):
            said.use(named)
            yield _no_value(own)
        elif re.search(r"\b(with|have|has|having) (an? |any )?$", before + " ") and own.is_text:
            after = said.links.at(named.last + 1)
            if not isinstance(after, ValueLink) and not any(
                c.last + 1 == named.first for c in compared(said)
            ):
                said.use(named)
                yield Condition((own,), "null", negated=True)
    if match := re.search(
        r"\b(?:not (?:yet )?(?:been )?|n't (?:yet )?(?:been )?|still (?:un|not )|yet to be )(\w+)",
        said.low,
    ):
        for column in table.columns:
            if column.is_date and len(match[1]) > 3 and column.words[0][:4] == match[1][:4]:
                held = said.links.at(said.token_at(match.start(1)))
                if not isinstance(held, ValueLink):
                    yield Condition((column,), "null")
    for column in sorted(table.columns, key=lambda c: not _is_worker(said, c)):
        if column.references and said.has(
            rf"\bunassigned\b|\bno {column.words[0]}\b|\bwithout an? {column.words[0]}\b"
        ):
            target = said.schema.table(column.references[0])
            if said.has(r"\bunassigned\b") and not target.is_person:
                continue
            for held_table in said.links.tables:
                if target in held_table.tables:
                    said.use(held_table)
            yield Condition((column,), "null")
            return


def _is_worker(said: Said, column: Column) -> bool:
    target = said.schema.table(column.references[0]) if column.references else None
    return target is not None and bool(vocabulary.WORKERS & set(target.words))


def _no_value(column: Column) -> Condition:
    """Some write `none` where others leave a column empty."""
    said_so = tuple(
        v for v in column.values if column.complete and v.lower() in {"none", "n/a", "no"}
    )
    return Condition((column,), "=", said_so) if said_so else Condition((column,), "null")


def _stock(said: Said, base: str) -> Iterator[Condition]:
    """`out of stock`, `in stock`."""
    out = said.has(r"\b(out of stock|sold out|not in stock|no stock)\b")
    if not out and not said.has(r"\bin stock\b"):
        return
    for column in said.schema.table(base).columns:
        if column.is_number and {"stock", "inventory"} & set(column.words):
            yield Condition((column,), "=" if out else ">", (0,))
            return


def _text(said: Said, about: str) -> Iterator[Condition]:
    """`starting with A`, `containing "love"`."""
    table = said.schema.table(about)
    for match in _TEXT.finditer(said.text):
        if _counts_or_names(said, match):
            continue
        column = _text_column(said, match.start(), table)
        if column is None:
            continue
        for value in said.links.values:
            if value.first >= said.token_at(match.start(2)):
                said.use(value)
        sought = _escaped(match[2].strip())
        how = match[1].lower()
        pattern = f"{sought}%" if how.startswith(("start", "begin")) else f"%{sought}%"
        pattern = f"%{sought}" if how.startswith("end") else pattern
        yield Condition((column,), "like", (pattern,), negated(said, said.token_at(match.start())))


def _counts_or_names(said: Said, match: re.Match[str]) -> bool:
    """`containing more than 5 tracks`, `containing the track X` are about rows, not letters."""
    if re.match(r"(more|less|fewer|at|over|under|exactly|between|no|any|\d)\b", match[2], re.I):
        return True
    first, last = said.token_at(match.start(2)), said.token_at(match.end(2))
    named = any(first - 1 <= t.first < last for t in said.links.tables)
    return named and any(first <= v.first < last for v in said.links.values)


def _text_column(said: Said, at: int, table: Table) -> Column | None:
    for named in said.links.columns:
        own = next((c for c in named.columns if c.table == table.name and c.is_text), None)
        if own and said.tokens[named.first].at < at:
            said.use(named)
            return own
    if len(table.label) == 2 and said.has(r"\blast names?\b|\bsurnames?\b"):
        return table.label[1]
    if table.label:
        return table.label[0]
    texts = [c for c in table.columns if c.is_text and not c.complete] or [
        c for c in table.columns if c.is_text
    ]
    return next((c for w in vocabulary.TEXTS for c in texts if w in c.words), None)


def _escaped(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def _kin(said: Said, about: str) -> Kin | None:
    """`who reports to X`, `X's manager`, within one table."""
    column = graph.self_reference(said.schema, about)
    if column is None:
        return None
    person = next(
        (v for v in said.links.values if any(c[0].table == about for c, _ in v.options)), None
    )
    conditions: tuple[Condition, ...] = ()
    if person:
        columns, text = next(o for o in person.options if o[0][0].table == about)
        conditions = (Condition(columns, "=", (text,)),)
    if said.has(
        r"\breport(s|ing)? (directly )?to\b|\bmanaged by\b|\bsupervised by\b|\bwork(s|ing)? "
        r"(under|for)\b|\bsubordinates?\b|\bunder\b|\bdirect reports\b"
    ):
        if said.has(
            r"\b(do|does|did)\b.*\breports? (directly )?to\W*$|^who(m)? (is"
            r"|does)\b.*\breport(ing)? to\W*$"
        ):
            below = False
        else:
            below = True
    elif said.has(
        r"\b(managers?|boss(es)?|supervisors?|superiors?) of\b|'s? (manager|boss|supervisor"
        r"|superior)\b"
    ) or said.has(r"\bwho (manages?|supervises?|leads?)\b"):
        below = False
    elif said.has(r"\bwho (does|do|did) .* (manage|supervise|lead)\b|\b(manages|supervises)\b"):
        below = True
    else:
        return None
    if not conditions and not (
        said.has(r"\b(managers?|boss)\b|\bno one\b|\bnobody\b|manages? (other|anyone)")
    ):
        return None
    said.use(person)
    return Kin(column, below, conditions)


def _merged(found: list[Condition]) -> Iterator[Condition]:
    """Several values of one column are alternatives, however they are joined in English."""
    groups: dict[tuple[tuple[Column, ...], bool], list[str | float]] = {}
    for condition in found:
        if condition.operator == "=" and all(isinstance(v, str) for v in condition.values):
            groups.setdefault((condition.columns, condition.negated), []).extend(condition.values)
        else:
            yield condition
    for (columns, no), values in groups.items():
        yield Condition(columns, "=", tuple(dict.fromkeys(values)), no)
