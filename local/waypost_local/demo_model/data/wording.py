"""Rows as English: a sentence for a figure, a list for rows, a table for groups."""

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.paths import is_up
from waypost_local.demo_model.data.query import Condition, Query, Related, Scope
from waypost_local.demo_model.data.schema import Column, PromptTable

_LISTED = 50
_NAMED = 8
_THAN = {">": "more than", "<": "fewer than", ">=": "at least", "<=": "at most", "=": "exactly"}
_AROUND = {">": "above", "<": "below", ">=": "of at least", "<=": "of at most", "=": "of"}
_FIGURES = {
    "sum": "total",
    "avg": "average",
    "max": "highest",
    "min": "lowest",
    "count": "different",
}

Rows = Sequence[Sequence[Any]]


def phrase(query: Query, columns: Sequence[str], rows: Rows, *, cut: bool) -> str:
    """The answer to a question, put from its query and the rows that this gave.

    `cut` says that there are more rows than these.
    """
    text = _answer(query, columns, rows)
    counted = f"There are {len(rows)} "
    if cut and text.startswith(counted):
        text = text.replace(counted, f"There are more than {len(rows)} ", 1)
    elif cut:
        text = f"{text}\n\nThere are more; these are the first {len(rows)}."
    return "".join(f"{note} " for note in query.notes) + text


def _answer(query: Query, columns: Sequence[str], rows: Rows) -> str:
    match query.kind:
        case "count":
            return f"{_counted(rows[0][0], query.scope)}."
        case "figure":
            return _figure(query, rows[0][0])
        case "share":
            return _share(query, rows[0])
        case "exists":
            return _whether(query, rows)
        case "facts":
            return _facts(query, columns, rows)
        case "groups":
            return _groups(query, rows)
        case "distinct" if rows:
            word = plural(_spoken(query.columns[0]))
            return f"The {word} of {described(query.scope)} are:\n\n{_bullets(query, rows)}"
    if not rows:
        return f"There are no {described(query.scope)}."
    return _listed(query, rows)


def _counted(count: int, scope: Scope) -> str:
    """`Elena Costa has 10 completed jobs` where the rows are somebody's, else `There are …`."""
    if len(scope.related) == 1 and not scope.row_of and not scope.rows_of:
        owner = _related(scope.related[0])
        if owner.startswith("of ") and owner[3:] == _name_of(scope.related[0].scope):
            return f"{owner[3:]} has {described(replace(scope, related=()), number=count)}"
    return _there_are(count, scope)


def _there_are(count: int, scope: Scope) -> str:
    return f"There {'is' if count == 1 else 'are'} {described(scope, number=count)}"


def _figure(query: Query, value: Any) -> str:
    measure, things = query.measure, described(query.scope)
    assert measure  # noqa: S101 - the kind says so
    if value is None:
        return f"There is no {_spoken(measure.columns[0])} for {things}."
    if measure.distinct:
        word = _spoken(measure.columns[0])
        return f"There are {value} different {plural(word)} among {things}."
    plain = query.scope == Scope(query.scope.table) and measure.name in lexicon.MONEY
    of = "" if plain else f" of {things}"
    return f"The {_measure_word(query)}{of} is {shown(value, measure.columns[0])}."


def _share(query: Query, row: Sequence[Any]) -> str:
    assert query.part_of  # noqa: S101 - the kind says so
    whole = described(query.part_of)
    if row[0] is None:
        return f"There are no {whole}."
    return f"{shown(row[0])}% of {whole} are {described(query.scope)}: {row[1]} of {row[2]}."


def _whether(query: Query, rows: Rows) -> str:
    scope = query.scope
    if scope.row_of or scope.rows_of or _name_of(scope):
        return "Yes." if rows else "No."
    if not rows:
        return f"No, there are no {described(scope)}."
    names = f": {', '.join(_row(query.columns, row) for row in rows[:20])}"
    return f"Yes{names if scope.table.label else f', there are {described(scope)}'}."


def _facts(query: Query, columns: Sequence[str], rows: Rows) -> str:
    if not rows:
        return f"There are no {described(query.scope)}."
    if len(rows) > 1:
        return _bullets(query, rows) if len(columns) == 1 else _table(columns, query.columns, rows)
    asked, row, who = query.columns, rows[0], _identity(query.scope)
    label = query.scope.table.label
    if query.scope.row_of and label and asked[: len(label)] == label:
        # Which row it is only the rows say.
        who = f"**{_row(label, row)}**"
        asked, columns, row = asked[len(label) :], columns[len(label) :], row[len(label) :]
    if not asked:
        return f"It is {who}."
    word, value = _spoken(asked[0]), shown(row[0], asked[0])
    if query.claim:
        holds = (row[0] in query.claim.values) != query.claim.negated
        return f"{'Yes' if holds else 'No'}: the {word} of {who} is {value}."
    if len(asked) > 1:
        pairs = zip(columns, asked, row, strict=True)
        told = [f"- {n.replace('_', ' ')}: {shown(v, c)}" for n, c, v in pairs if v is not None]
        return f"{_capital(who)}:\n\n" + "\n".join(told)
    if row[0] is None:
        return f"There is no {word} of {who}."
    if verb := _verb(asked[0]):
        return f"{_capital(who)} was {verb} on {value}."
    return f"The {word} of {who} is {value}."


def _identity(scope: Scope) -> str:
    if name := _name_of(scope):
        return f"**{name}**"
    if scope.row_of:
        return f"that {noun(scope.table, 1)}"
    return described(scope, number=1).removeprefix("1 ")


def _name_of(scope: Scope) -> str:
    """The name that a question gives of the one row that it is about."""
    named = [c for c in scope.conditions if c.columns[0] in scope.table.label and not c.negated]
    return " ".join(str(condition.values[0]) for condition in named)


def _groups(query: Query, rows: Rows) -> str:
    measure, group, things = query.measure, query.group, described(query.scope)
    assert measure  # noqa: S101 - the kind says so
    assert group  # noqa: S101 - the kind says so
    label = group.part or (_spoken(group.column) if group.column else "")
    label = described(group.scope, number=1).removeprefix("1 ") if group.scope else label
    figure = _measure_word(query) if measure.columns else things
    if query.average:
        value = shown(rows[0][0] if rows else None, money=measure.is_money)
        if measure.columns:
            return f"The average {figure} per {label} is {value}."
        return f"On average there are {value} {figure} per {label}."
    if not rows:
        return f"There are no {things}."
    if query.best:
        names = [f"**{_group_name(query, row)}**" for row in rows]
        return _extreme(names, _group_value(query, rows[0]))
    if query.limit:
        pairs = [f"**{_group_name(query, r)}** \u2013 {_group_value(query, r)}" for r in rows]
        return "\n".join(f"{n}. {pair}" for n, pair in enumerate(pairs[:_LISTED], 1))
    lines = [f"| {_capital(label)} | {_capital(figure)} |", "|---|---:|"]
    lines += [
        f"| {_group_name(query, row)} | {shown(row[-1], money=measure.is_money)} |" for row in rows
    ]
    of = f" of {things}" if measure.columns and query.scope != Scope(query.scope.table) else ""
    return f"{_capital(figure)}{of} by {label}:\n\n" + "\n".join(lines)


def _measure_word(query: Query) -> str:
    """`revenue`, `average hours`, `latest issued date`: what a measure of columns is called."""
    measure = query.measure
    assert measure  # noqa: S101 - asked only where there is one
    column = measure.columns[0]
    kind = _FIGURES[measure.function]
    if column.is_date:
        kind = {"max": "latest", "min": "earliest"}.get(measure.function, kind)
    word = measure.name if measure.name in lexicon.MONEY else _spoken(column)
    return word if word == kind else f"{kind} {word}"


def _group_name(query: Query, row: Sequence[Any]) -> str:
    part = query.group.part if query.group else ""
    if part == "weekday" and str(row[0]).isdigit():
        return calendar.day_name[int(row[0]) - 1]
    year, _, month = str(row[0]).partition("-")
    if part == "month" and month.isdigit():
        return f"{calendar.month_name[int(month)]} {year}"
    return " ".join(shown(value) for value in row[:-1])


def _group_value(query: Query, row: Sequence[Any]) -> str:
    measure = query.measure
    assert measure  # noqa: S101 - asked only where there is one
    if not measure.columns:
        return described(query.scope, number=int(row[-1] or 0))
    return _valued(_measure_word(query), shown(row[-1], money=measure.is_money))


def _valued(word: str, value: str) -> str:
    return f"{value} {word}" if word.endswith("s") else f"{_article(word)} {word} of {value}"


def _extreme(names: Sequence[str], value: str) -> str:
    if len(names) == 1:
        return f"It is {names[0]}, with {value}."
    rest = len(names) - _NAMED
    named = [*names[:_NAMED], f"{rest} more"] if rest > 0 else names
    return f"They are {', '.join(named[:-1])} and {named[-1]}, each with {value}."


def _listed(query: Query, rows: Rows) -> str:
    table = query.scope.table
    if query.best and query.order:
        place = query.columns.index(query.order)
        value = _valued(_spoken(query.order), shown(rows[0][place], query.order))
        if table.label:
            return _extreme([f"**{_row(table.label, row)}**" for row in rows], value)
        return _extreme([f"{noun(table, 1)} **{shown(row[0])}**" for row in rows], value)
    by = f" by {_spoken(query.order)}" if query.order else ""
    ranked = query.order is not None and query.limit is not None
    lead = f"The {described(query.scope)}" if ranked else _there_are(len(rows), query.scope)
    if len(query.columns) > 2 + len(table.label):
        titles = [_spoken(column) for column in query.columns]
        return f"{lead}{by}:\n\n{_table(titles, query.columns, rows)}"
    return f"{lead}{by}:\n\n{_bullets(query, rows, numbered=ranked)}"


def _bullets(query: Query, rows: Rows, *, numbered: bool = False) -> str:
    lines = [
        f"{f'{n}.' if numbered else '-'} {_row(query.columns, row, bold=numbered)}"
        for n, row in enumerate(rows[:_LISTED], 1)
    ]
    rest = len(rows) - _LISTED
    return "\n".join([*lines, f"- and {rest} more"] if rest > 0 else lines)


def _row(columns: Sequence[Column], row: Sequence[Any], *, bold: bool = False) -> str:
    """A row in one line: its name, and behind a dash what else is told of it."""
    texts = [shown(v, c) for c, v in zip(columns, row, strict=False) if v is not None]
    labels = sum(c.words[-1] in {"name", "title"} and c.is_text for c in columns) or 1
    head, rest = " ".join(texts[:labels]), texts[labels:]
    head = f"**{head}**" if bold else head
    return f"{head} \u2013 {', '.join(rest)}" if rest else head


def _table(titles: Sequence[str], columns: Sequence[Column], rows: Rows) -> str:
    heads = [title.replace("_", " ") for title in titles]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows[:_LISTED]:
        cells = [shown(value, column) for column, value in zip(columns, row, strict=False)]
        lines.append(f"| {' | '.join(cells)} |")
    rest = len(rows) - _LISTED
    return "\n".join(lines) + (f"\n\nAnd {rest} more." if rest > 0 else "")


def shown(value: Any, column: Column | None = None, *, money: bool = False) -> str:
    """A value for people: money with two decimals, a date as a date."""
    if value is None:
        return "\u2013"
    if isinstance(value, str):
        return _date(value) if column and column.is_date else value
    if money or (column is not None and column.is_money):
        return f"{value:.2f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    clock = text[10:].strip(" T")[:5]
    named = f"{day.day} {calendar.month_name[day.month]} {day.year}"
    return named if clock in {"", "00:00"} else f"{named}, {clock}"


def noun(table: PromptTable, number: int) -> str:
    *before, last = table.words
    return " ".join([*before, last if number == 1 else plural(last)])


def plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def _spoken(column: Column) -> str:
    plain = column.is_date and " " not in column.spoken and "date" not in column.spoken
    return f"{column.spoken} date" if plain else column.spoken


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def described(scope: Scope, number: int | None = None) -> str:
    """Rows as a noun phrase: `10 customers in Graystone`, `urgent jobs scheduled in 2025`."""
    before: list[str] = []
    after: list[str] = []
    for condition in scope.conditions:
        if _is_adjective(condition, scope.table):
            before.append(" or ".join(map(str, condition.values)))
        else:
            after.append(_condition(condition, scope.table))
    after += [_related(related) for related in scope.related]
    if scope.row_of:
        after.append(f"that {'was' if number == 1 else 'were'} asked about")
    if scope.rows_of:
        after.append("among these")
    words = " ".join([*before, noun(scope.table, 2 if number is None else number), *after])
    return words if number is None else f"{number} {words}"


def _is_adjective(condition: Condition, table: PromptTable) -> bool:
    """`urgent jobs`: the value of a column that holds a few, none of them a place or an amount."""
    column = condition.columns[0]
    return (
        condition.operator == "="
        and not condition.negated
        and column.complete
        and column.is_text
        and column not in table.label
        and column.words[-1] not in lexicon.PLACES
        and not {"none", "yes", "no"} & {str(value).lower() for value in condition.values}
    )


def _condition(condition: Condition, table: PromptTable) -> str:
    column, word = condition.columns[0], _spoken(condition.columns[0])
    values = " or ".join(shown(value, column) for value in condition.values if value != "")
    denied = "not " if condition.negated else ""
    match condition.operator:
        case "null":
            kept = word.removesuffix(" id").removesuffix(" date")
            return f"{'with' if condition.negated else 'without'} {_article(kept)} {kept}"
        case "between":
            said = f"in {condition.said}" if condition.said.isdigit() else condition.said
            return f"{_verb(column)} {said}".strip()
        case "=":
            if column.words[-1] in lexicon.PLACES:
                return f"{denied}in {values}"
            if column in table.label:
                return f"{denied}named {values}"
            if column.primary:
                return f"number {values}"
            if values.casefold() == "none":
                return f"{'with' if denied else 'without'} {_article(word)} {word}"
            if column.complete and column.is_text:
                return f"that are not {values}" if denied else f"with {word} {values}"
            return f"{denied}with {word} {values}"
    word = word if word.endswith("s") else f"{_article(word)} {word}"
    return f"with {word} {_AROUND[condition.operator]} {values}"


def _verb(column: Column) -> str:
    """`scheduled`, `paid`: the verb of a date column, where its name is one."""
    verb = column.words[0]
    if not column.is_date:
        return ""
    known = {"hire": "hired", "birth": "born"}
    return verb if verb.endswith("ed") or verb in {"paid", "sent", "sold"} else known.get(verb, "")


def _related(related: Related) -> str:
    inner = related.scope
    if related.having:
        operator, count = related.having
        return f"with {_THAN[operator]} {described(inner, number=int(count))}"
    if related.negated:
        return f"without {described(inner)}"
    labels = inner.table.label
    only_named = all(condition.columns[0] in labels for condition in inner.conditions)
    if (name := _name_of(inner)) and not inner.related and only_named:
        if lexicon.PLACES & set(inner.table.words):
            return f"in the {name} {noun(inner.table, 1)}"
        return f"of {name}" if is_up(related.path) else f"with {noun(inner.table, 1)} {name}"
    if inner.row_of:
        return f"of that {noun(inner.table, 1)}"
    bare = inner == Scope(inner.table)
    return f"{'of' if is_up(related.path) and not bare else 'with'} {described(inner)}"
