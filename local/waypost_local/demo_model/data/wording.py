"""Rows as English: a sentence for a figure, a list for rows, a table for groups."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from waypost_local.demo_model.data import lexicon
from waypost_local.demo_model.data.paths import is_up
from waypost_local.demo_model.data.query import Condition, Query, Related, Scope
from waypost_local.demo_model.data.schema import Column, PromptTable
from waypost_local.demo_model.words import singular

_LISTED = 50
_NAMED = 8
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split()  # noqa: SIM905
_THAN = {">": "more than", "<": "fewer than", ">=": "at least", "<=": "at most", "=": "exactly"}
_AROUND = {">": "above", "<": "below", ">=": "of at least", "<=": "of at most", "=": "of"}


def phrase(
    query: Query, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, cut: bool
) -> str:
    """The answer to a question, put from its query and the rows that this gave.

    `cut` says that there are more rows than these.
    """
    notes = "".join(f"{note} " for note in query.notes if note)
    text = _answer(query, columns, rows)
    if cut:
        counted = f"There are {len(rows)} "
        more = f"There are more than {len(rows)} "
        text = (
            text.replace(counted, more, 1)
            if text.startswith(counted)
            else (f"{text}\n\nThere are more; these are the first {len(rows)}.")
        )
    return notes + text


def _answer(query: Query, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    things = described(query.scope)
    first = rows[0] if rows else []
    match query.kind:
        case "count":
            return _counted(query, first[0] if first else 0)
        case "figure":
            return _figure(query, first[0] if first else None)
        case "share":
            return _share(query, first)
        case "exists":
            return _whether(query, rows)
        case "facts":
            return _facts(query, columns, rows)
        case "groups":
            return _groups(query, columns, rows)
    if not rows:
        return f"There are no {things}."
    if query.best and query.order:
        return _extreme(query, rows)
    if query.kind == "distinct":
        word = plural(_spoken(query.columns[0]))
        return f"The {word} of {things} are:\n\n{_bullets(query.columns, rows)}"
    ordered = query.order is not None and query.limit is not None
    lead = f"The {things}" if ordered else _there_are(len(rows), query.scope)
    by = f" by {_spoken(query.order)}" if query.order else ""
    if len(query.columns) > 2 + len(query.scope.table.label):
        return f"{lead}{by}:\n\n{table(_titles(query.columns), query.columns, rows)}"
    return f"{lead}{by}:\n\n{_bullets(query.columns, rows, numbered=ordered)}"


def _there_are(count: int, scope: Scope) -> str:
    verb = "is" if count == 1 else "are"
    return f"There {verb} {described(scope, number=count)}"


def _counted(query: Query, count: Any) -> str:
    number = int(count or 0)
    measure = query.measure
    if owner := _owner(query.scope):
        verb, rest = owner
        return f"{verb} {described(rest, number=number)}."
    assert measure  # noqa: S101 - the kind says so
    return f"{_there_are(number, query.scope)}."


def _owner(scope: Scope) -> tuple[str, Scope] | None:
    """`Elena Costa has completed …`: whose rows they are, if a name says so, and the rest."""
    for related in scope.related:
        inner = related.scope
        if (
            not is_up(related.path)
            or related.negated
            or len(inner.conditions) != 1
            or inner.related
        ):
            continue
        (condition,) = inner.conditions
        if (
            condition.columns[0] in inner.table.label
            and not condition.negated
            and len(condition.values) == 1
            and not _is_place(inner.table)
        ):
            rest = Scope(
                scope.table, scope.conditions, tuple(r for r in scope.related if r is not related)
            )
            return f"{condition.values[0]} has", rest
    return None


def _figure(query: Query, value: Any) -> str:
    measure = query.measure
    assert measure  # noqa: S101 - the kind says so
    if value is None:
        return f"There is no {_spoken(measure.columns[0])} for {described(query.scope)}."
    column = measure.columns[0]
    things = described(query.scope)
    if measure.distinct:
        word = plural(_spoken(column)) if value != 1 else _spoken(column)
        return f"There {'is' if value == 1 else 'are'} {value} different {word} among {things}."
    text = shown(value, column, money=measure.is_money)
    kind = {"sum": "total", "avg": "average", "max": "highest", "min": "lowest"}[measure.function]
    if column.is_date:
        kind = "latest" if measure.function == "max" else "earliest"
    word = measure.name if measure.name in lexicon.MONEY else _spoken(column)
    word = "" if kind == "total" and word == "total" else f" {word}"
    plain = not (query.scope.conditions or query.scope.related) and measure.name in lexicon.MONEY
    return f"The {kind}{word}{'' if plain else f' of {things}'} is {text}."


def _share(query: Query, row: Sequence[Any]) -> str:
    assert query.part_of  # noqa: S101 - the kind says so
    if not row or row[0] is None:
        return f"There are no {described(query.part_of)}."
    whole = described(query.part_of)
    return f"{shown(row[0])}% of {whole} are {described(query.scope)}: {row[1]} of {row[2]}."


def _whether(query: Query, rows: Sequence[Sequence[Any]]) -> str:
    scope = query.scope
    named = next((c for c in scope.conditions if c.columns[0] in scope.table.label), None)
    if named and named.values:
        others = tuple(c for c in scope.conditions if c is not named)
        rest = Scope(scope.table, others, scope.related)
        what = described(rest, number=1).split(" ", 1)[1]
        article = "an" if what[:1] in "aeiou" else "a"
        verb = "is" if rows else "is not"
        return f"{'Yes' if rows else 'No'}: {named.values[0]} {verb} {article} {what}."
    if scope.row_of or scope.rows_of:
        return "Yes." if rows else "No."
    if not rows:
        return f"No, there are no {described(scope)}."
    if not scope.table.label:
        return f"Yes, there are {described(scope)}."
    return f"Yes: {', '.join(_name(query.columns, row) for row in rows[:20])}."


def _facts(query: Query, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    who = _identity(query.scope)
    label = query.scope.table.label
    if query.scope.row_of and label and query.columns[: len(label)] == label and len(rows) == 1:
        # Which row it is only the rows say.
        who = f"**{' '.join(str(value) for value in rows[0][: len(label)])}**"
        query = replace(query, columns=query.columns[len(label) :])
        columns, rows = columns[len(label) :], [rows[0][len(label) :]]
        if not query.columns:
            return f"It is {who}."
    if not rows:
        return f"There are no {described(query.scope)}."
    if query.claim and len(rows) == 1:
        holds = (rows[0][0] in query.claim.values) != query.claim.negated
        return (
            f"{'Yes' if holds else 'No'}: the {_spoken(query.columns[0])} of {who} is {rows[0][0]}."
        )
    if len(query.columns) == 1 and len(rows) == 1:
        if rows[0][0] is None:
            return f"There is no {_spoken(query.columns[0])} of {who}."
        value = shown(rows[0][0], query.columns[0])
        if (verb := _when(query.columns[0])) and query.columns[0].is_date and verb != "that joined":
            return f"{who[:1].upper()}{who[1:]} was {verb} on {value}."
        return f"The {_spoken(query.columns[0])} of {who} is {value}."
    if len(rows) > 1 and len(query.columns) == 1:
        return _bullets(query.columns, rows)
    if len(rows) > 1:
        return table(columns, query.columns, rows)
    pairs = [
        f"- {title.replace('_', ' ')}: {shown(value, column)}"
        for title, column, value in zip(columns, query.columns, rows[0], strict=True)
        if value is not None
    ]
    return f"{who[:1].upper()}{who[1:]}:\n\n" + "\n".join(pairs)


def _identity(scope: Scope) -> str:
    named = [c for c in scope.conditions if c.columns[0] in scope.table.label and c.values]
    if named:
        return f"**{' '.join(str(c.values[0]) for c in named)}**"
    if scope.row_of:
        return f"that {noun(scope.table, 1)}"
    key = next((c for c in scope.conditions if c.columns[0].primary and c.values), None)
    if key:
        return f"{noun(scope.table, 1)} {shown(key.values[0])}"
    return f"the {described(scope)}"


def _groups(query: Query, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    measure, group = query.measure, query.group
    assert measure  # noqa: S101
    assert group  # noqa: S101
    things = described(query.scope)
    if query.average:
        value = (
            shown(rows[0][0], money=measure.is_money) if rows and rows[0][0] is not None else "none"
        )
        each = noun(group.scope.table, 1) if group.scope else _group_word(query)
        if measure.columns:
            return f"The average {_measure_word(query)} per {each} is {value}."
        return f"On average there are {value} {_measure_word(query)} per {each}."
    if not rows:
        return f"There are no {things}."
    if query.best:
        names = [f"**{_group_name(query, row)}**" for row in rows]
        value = _group_value(query, rows[0])
        each = "each " if len(names) > 1 else ""
        verb = "are" if len(names) > 1 else "is"
        return (
            f"It {verb} {_and(names)}, {each}with {value}."
            if len(names) == 1
            else (f"They are {_and(names)}, each with {value}.")
        )
    if query.limit:
        lines = [
            f"{n}. **{_group_name(query, row)}** \u2013 {_group_value(query, row)}"
            for n, row in enumerate(rows[:_LISTED], 1)
        ]
        return "\n".join(lines)
    label = _group_word(query)
    figure = _measure_word(query)
    heads = [label[:1].upper() + label[1:], figure[:1].upper() + figure[1:]]
    lines = [f"| {' | '.join(heads)} |", "|---|---:|"]
    lines += [
        f"| {_group_name(query, row)} | {shown(row[-1], money=measure.is_money)} |" for row in rows
    ]
    plain = things == noun(query.scope.table, 2) and measure.name in lexicon.MONEY
    of = "" if plain else f" of {things}"
    lead = (
        f"{figure[:1].upper()}{figure[1:]}{of}"
        if measure.columns
        else (f"{things[:1].upper()}{things[1:]}")
    )
    return f"{lead} by {label}:\n\n" + "\n".join(lines)


def _group_word(query: Query) -> str:
    group = query.group
    assert group  # noqa: S101 - asked only where there is one
    if group.scope:
        return described(group.scope, number=1).split(" ", 1)[1]
    return group.part or (_spoken(group.column) if group.column else "")


def _measure_word(query: Query) -> str:
    measure = query.measure
    assert measure  # noqa: S101 - asked only where there is one
    if not measure.columns:
        return described(query.scope)
    kind = {"sum": "total", "avg": "average", "max": "highest", "min": "lowest"}[measure.function]
    if measure.name in lexicon.MONEY and measure.function == "sum":
        return measure.name
    word = _spoken(measure.columns[0])
    return word if kind == "total" and word == "total" else f"{kind} {word}"


def _group_name(query: Query, row: Sequence[Any]) -> str:
    group = query.group
    assert group  # noqa: S101 - asked only where there is one
    if group.part == "weekday" and str(row[0]).isdigit():
        return _WEEKDAYS[int(row[0])]
    if group.part == "month":
        year, _, month = str(row[0]).partition("-")
        return f"{_MONTHS[int(month) - 1]} {year}" if month.isdigit() else str(row[0])
    return " ".join(shown(value) for value in row[:-1])


def _group_value(query: Query, row: Sequence[Any]) -> str:
    measure = query.measure
    assert measure  # noqa: S101 - asked only where there is one
    value = shown(row[-1], money=measure.is_money)
    if not measure.columns:
        return described(query.scope, number=int(row[-1] or 0))
    if measure.name in lexicon.MONEY and measure.function == "sum":
        return f"a {measure.name} of {value}"
    return _valued(_measure_word(query), value)


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def _extreme(query: Query, rows: Sequence[Sequence[Any]]) -> str:
    assert query.order  # noqa: S101 - asked only where there is one
    place = query.columns.index(query.order)
    value = shown(rows[0][place], query.order)
    label = query.scope.table.label
    word = _spoken(query.order)
    if label:
        names = [f"**{_name(label, row)}**" for row in rows]
    else:
        key = query.columns[0]
        names = [f"{noun(query.scope.table, 1)} **{shown(row[0], key)}**" for row in rows]
    if len(names) == 1:
        facts = "" if label else _rest(query, rows[0], place)
        return f"It is {names[0]}, with {_valued(word, value)}.{facts}"
    return f"They are {_and(names)}, each with {_valued(word, value)}."


def _valued(word: str, value: str) -> str:
    return f"{value} {word}" if word.endswith("s") else f"{_article(word)} {word} of {value}"


def _rest(query: Query, row: Sequence[Any], place: int) -> str:
    pairs = [
        f"{_spoken(column)} {shown(value, column)}"
        for n, (column, value) in enumerate(zip(query.columns, row, strict=True))
        if n not in {0, place} and value is not None
    ]
    return f" Its {', '.join(pairs)}." if pairs else ""


def _and(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _bullets(
    columns: Sequence[Column], rows: Sequence[Sequence[Any]], *, numbered: bool = False
) -> str:
    lines = []
    for n, row in enumerate(rows[:_LISTED], 1):
        mark = f"{n}." if numbered else "-"
        lines.append(f"{mark} {_name(columns, row, bold=numbered)}")
    rest = len(rows) - _LISTED
    return "\n".join([*lines, *([f"- and {rest} more"] if rest > 0 else [])])


def _name(columns: Sequence[Column], row: Sequence[Any], *, bold: bool = False) -> str:
    texts = [shown(v, c) for c, v in zip(columns, row, strict=False) if v is not None]
    labels = sum(c.words[-1] in {"name", "title"} and c.is_text for c in columns) or 1
    head, rest = " ".join(texts[:labels]), texts[labels:]
    head = f"**{head}**" if bold else head
    return f"{head} \u2013 {', '.join(rest)}" if rest else head


def table(titles: Sequence[str], columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> str:
    heads = [title.replace("_", " ") for title in titles]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [
        f"| {' | '.join(shown(v, c) for c, v in zip(columns, row, strict=False))} |"
        for row in rows[:_LISTED]
    ]
    rest = len(rows) - _LISTED
    return "\n".join(lines) + (f"\n\nAnd {rest} more." if rest > 0 else "")


def _titles(columns: Sequence[Column]) -> list[str]:
    return [_spoken(column) for column in columns]


def shown(value: Any, column: Column | None = None, *, money: bool = False) -> str:
    """A value for people: money with two decimals, a date as a date, thousands apart."""
    if value is None:
        return "\u2013"
    if isinstance(value, bool | str):
        return _date(value) if isinstance(value, str) and column and column.is_date else str(value)
    if money or (column is not None and column.is_money):
        return f"{value:.2f}"
    if isinstance(value, float):
        value = round(value, 2)
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return text
    rest = text[10:].strip(" T")
    clock = f", {rest[:5]}" if rest and not rest.startswith("00:00") else ""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}{clock}"


def noun(table: PromptTable, number: int) -> str:
    words = [*table.words[:-1], table.words[-1]]
    return " ".join(words) if number == 1 else " ".join([*words[:-1], plural(words[-1])])


def plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return (
            word
            if word.endswith("s") and singular(word) == word and word in {"series"}
            else f"{word}es"
        )
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}s"


def _spoken(column: Column) -> str:
    plain = column.is_date and " " not in column.spoken and "date" not in column.spoken
    return f"{column.spoken} date" if plain else column.spoken


def described(scope: Scope, number: int | None = None) -> str:
    """Rows as a noun phrase: `10 customers in Graystone`, `urgent jobs scheduled in 2025`."""
    before: list[str] = []
    after: list[str] = []
    for condition in scope.conditions:
        text = _condition(condition, scope.table)
        (before if _is_adjective(condition, scope.table) else after).append(text)
    after += [_related(related, scope.table) for related in scope.related]
    if scope.row_of:
        after.append("that was asked about" if number == 1 else "that were asked about")
    if scope.rows_of:
        after.append("among these")
    key = next((c for c in scope.conditions if c.columns[0].primary and c.operator == "="), None)
    if key and not key.negated:
        return f"{noun(scope.table, 1)} {shown(key.values[0])}"
    words = " ".join([*before, noun(scope.table, 2 if number is None else number), *after])
    return words if number is None else f"{number} {words}"


def _is_adjective(condition: Condition, table: PromptTable) -> bool:
    column = condition.columns[0]
    return (
        condition.operator == "="
        and not condition.negated
        and column.complete
        and column.is_text
        and column not in table.label
        and column.words[-1] not in lexicon.PLACES
        and not any(str(v).lower() in {"none", "yes", "no"} for v in condition.values)
        and len(condition.values) <= 2
        and column.words[-1] not in {"plan", "tier", "subscription"}
    )


def _condition(condition: Condition, table: PromptTable) -> str:
    column = condition.columns[0]
    word = _spoken(column)
    values = " or ".join(shown(value, column) for value in condition.values if value != "")
    if _is_adjective(condition, table):
        return values
    if (
        condition.operator == "="
        and condition.negated
        and _is_adjective(replace(condition, negated=False), table)
    ):
        return f"that are not {values}"
    if set(column.words) & lexicon.STOCK and condition.values == (0,):
        return "in stock" if condition.operator == ">" else "out of stock"
    match condition.operator:
        case "null":
            kept = word.removesuffix(" id").removesuffix(" date")
            return (
                f"with {_article(kept)} {kept}"
                if condition.negated
                else f"without {_article(kept)} {kept}"
            )
        case "between":
            said = f"in {condition.said}" if condition.said.isdigit() else condition.said
            return f"{_when(column)} {said}".strip()
        case "like":
            return f"with {condition.values[0]} in their {word}"
        case "=":
            if column.words[-1] in lexicon.PLACES:
                return f"not in {values}" if condition.negated else f"in {values}"
            if column in table.label:
                return f"other than {values}" if condition.negated else f"named {values}"
            if column.primary:
                return f"number {values}"
            if column.words[-1] in {"plan", "tier", "subscription"} and values.lower() != "none":
                return f"{'not ' if condition.negated else ''}on the {values} {word}"
            if values.lower() == "none":
                return f"with a {word}" if condition.negated else f"without a {word}"
            return f"not with {word} {values}" if condition.negated else f"with {word} {values}"
    return f"with {_article(word)} {word} {_AROUND[condition.operator]} {values}"


def _when(column: Column) -> str:
    """`scheduled`, `paid`: the verb of a date column, where its name is one."""
    verb = column.words[0]
    if verb.endswith("ed") or verb in {"paid", "sent", "sold", "born"}:
        return verb
    return {"hire": "hired", "birth": "born", "signup": "signed up"}.get(
        verb, "that joined" if "since" in column.words else ""
    )


def _related(related: Related, parent: PromptTable) -> str:
    inner = related.scope
    if related.having:
        operator, count = related.having
        return f"with {_THAN[operator]} {described(inner, number=int(count))}"
    if related.negated:
        return f"without {described(inner)}"
    named = next((c for c in inner.conditions if c.columns[0] in inner.table.label), None)
    if named and named.values and not inner.related and not named.negated:
        values = " or ".join(map(str, named.values))
        if _is_place(inner.table):
            return f"in the {values} {noun(inner.table, 1)}"
        if is_up(related.path):
            return f"of {values}"
        through = next(
            (s.target for s in related.path if not s.up and s.target != inner.table.name), ""
        )
        if through:
            return f"with {through.replace('_', ' ')} for {values}"
        return f"with {noun(inner.table, 1)} {values}"
    if inner.row_of:
        return f"of that {noun(inner.table, 1)}"
    if is_up(related.path) and len(inner.conditions) + len(inner.related) > 0:
        return f"of {described(inner)}"
    return f"with {described(inner)}"


def _is_place(table: PromptTable) -> bool:
    return bool(lexicon.PLACES & set(table.words)) or table.words[-1] in {"branch", "store"}
