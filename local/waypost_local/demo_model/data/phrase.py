"""Rows put into words."""

import re
from collections.abc import Sequence
from typing import Any

from waypost_local.demo_model.data.figures import plural
from waypost_local.demo_model.data.query import Query
from waypost_local.demo_model.data.said import Said
from waypost_local.demo_model.data.schema import split
from waypost_local.demo_model.words import singular

Row = Sequence[Any]
_LIST = 30


def phrase(
    said: Said, query: Query, columns: Sequence[str], rows: Sequence[Row], *, cut: bool
) -> str:
    """The answer: a sentence for one figure or row, a list or a table for several."""
    match query.kind:
        case "value" | "average":
            text = _value(said, query, rows)
        case "exists":
            text = _exists(rows)
        case "share":
            text = _share(rows)
        case "groups":
            text = _groups(said, query, columns, rows)
        case "facts":
            text = _facts(said, query, columns, rows)
        case _:
            text = _rows(said, query, columns, rows)
    return f"{text}\n\nMore rows match than are shown here." if cut and len(rows) > 1 else text


def shown(value: Any, column: str = "") -> str:
    """A value as a person reads it: no time of day on a date, two decimals, no separators."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")
    text = str(value)
    text = re.sub(r"^(\d{4}-\d\d-\d\d)[ T]00:00:00(\.0+)?$", r"\1", text)
    if isinstance(value, int) and "millisecond" in split(column) and value >= 1000:
        return f"{text} ms ({value // 60000}:{value // 1000 % 60:02d} min)"
    return text.replace("|", "\\|").replace("\n", " ")


def _value(said: Said, query: Query, rows: Sequence[Row]) -> str:
    value = rows[0][0] if rows else None
    measure = query.measure
    unit = (
        measure.columns[0].name
        if measure and len(measure.columns) == 1 and not measure.distinct
        else ""
    )
    if value is None:
        return "No rows match, so there is no such figure."
    if isinstance(value, float):
        value = round(value, 2)
    return _restated(
        said.text, shown(value, unit), measure.name if measure else "result", zero=value == 0
    )


def _restated(question: str, figure: str, name: str, *, zero: bool = False) -> str:
    """The question turned into a statement with its figure in it."""
    asked = question.strip().rstrip("?.! ").strip()
    if match := re.match(r"how many (.+?) (are|were|is) (?:there )?(.*)$", asked, re.IGNORECASE):
        verb = (
            {"are": "is", "were": "was"}.get(match[2], "is") if figure == "1" else match[2].lower()
        )
        rest = f" {match[3]}" if match[3] and match[3].lower() not in {"there", "we have"} else ""
        lead = "There" if not re.match(r"\w+ed\b|being\b", match[3]) else ""
        body = f"{figure} {_one(match[1]) if figure == '1' else match[1]}"
        return (
            f"There {verb} {body}{rest}." if lead else f"{body[0].upper()}{body[1:]} {verb}{rest}."
        )
    if match := re.match(
        r"how many (.+?) (?:do|does|did|have|has) (.+?)(?: have| has)$", asked, re.IGNORECASE
    ):
        subject = match[2]
        if subject.lower() in {"we", "you", "i"}:
            return (
                f"There are {figure} {match[1]}."
                if figure != "1"
                else f"There is 1 {_one(match[1])}."
            )
        return f"{subject[0].upper()}{subject[1:]} has {figure} {match[1]}."
    if match := re.match(
        r"how many (.+?) (have|has|live|work|cost|belong|report|contain|last|came|come|use)\b(.*)$",
        asked,
        re.IGNORECASE,
    ):
        return f"{figure} {match[1]} {match[2]}{match[3]}."
    if match := re.match(
        r"(?:what(?:'s| is| was| are| were)) (the |our |their )(.+)$", asked, re.IGNORECASE
    ):
        verb = "was" if re.match(r"what (was|were)", asked, re.IGNORECASE) else "is"
        return f"{match[1].capitalize()}{match[2]} {verb} {figure}."
    if match := re.match(
        r"how much (?:money |revenue |in total )?(?:did|does|do|has|have) (.+?) (spend|spent"
        r"|pay|paid|earn|earned|make|made|bring in|brought in|generate|generated)\b(.*)$",
        asked,
        re.IGNORECASE,
    ):
        subject = "You" if match[1].lower() == "we" else match[1][0].upper() + match[1][1:]
        return f"{subject} {_PAST.get(match[2].lower(), match[2].lower())} {figure}{match[3]}."
    if match := re.match(r"how many (\w+(?: \w+)?)", asked, re.IGNORECASE):
        return f"The answer is {figure}: that many {_words(name)}."
    return f"The {_words(name)} {'comes' if not name.endswith('s') else 'come'} to {figure}."


_PAST = {
    "spend": "spent",
    "pay": "paid",
    "earn": "earned",
    "make": "made",
    "bring in": "brought in",
    "generate": "generated",
}


def _one(noun: str) -> str:
    """`active technicians` of which there is one."""
    head, _, last = noun.rpartition(" ")
    return f"{head} {singular(last)}".strip() if last.islower() else noun


def _exists(rows: Sequence[Row]) -> str:
    count = rows[0][0] if rows else 0
    if not count:
        return "No, there are none."
    return "Yes, there is 1." if count == 1 else f"Yes, there are {count}."


def _share(rows: Sequence[Row]) -> str:
    if not rows or rows[0][0] is None:
        return "No rows match, so there is no share to give."
    share, part, whole = (shown(value) for value in rows[0])
    return f"It is {share} %: {part} of {whole}."


def _groups(said: Said, query: Query, columns: Sequence[str], rows: Sequence[Row]) -> str:
    if not rows:
        return _nothing(said, query)
    measure = query.measure
    name = measure.name if measure else ""
    labels = len(query.group.columns) if query.group and not query.group.part else 1
    if len(rows) == 1 and query.limit == 1:
        label = _label(rows[0][:labels])
        return f"It is **{label}**, with {_counted(rows[0][-1], query)}."
    if labels == 1 and not query.ranked and len(rows) > 5:
        return _table([_title(said, query), _words(name)], rows)
    mark = "{}." if query.ranked else "-"
    lines = [
        f"{mark.format(place)} **{_label(row[:labels])}** \u2013 {_counted(row[-1], query)}"
        for place, row in enumerate(rows[:_LIST], 1)
    ]
    return "\n".join(lines)


def _title(said: Said, query: Query) -> str:
    group = query.group
    if group is None:
        return ""
    if group.part:
        return group.part
    return _words(
        "_".join(said.schema.table(group.table).words if group.entity else group.columns[0].words)
    )


def _counted(value: Any, query: Query) -> str:
    measure = query.measure
    if measure and not measure.columns:
        name = _words(measure.name)
        return f"{value} {_singular(name) if value == 1 else name}"
    column = measure.columns[0].name if measure and len(measure.columns) == 1 else ""
    return f"{_words(measure.name if measure else '')} {shown(value, column)}"


def _singular(name: str) -> str:
    head, _, last = name.rpartition(" ")
    return f"{head} {singular(last)}".strip()


def _facts(said: Said, query: Query, columns: Sequence[str], rows: Sequence[Row]) -> str:
    if not rows:
        return _nothing(said, query)
    size = len(said.schema.table(query.table).label) or 1
    asked = [(n, c) for n, c in enumerate(columns)][size:] or list(enumerate(columns))
    if len(rows) == 1 and len(asked) == 1:
        place, column = asked[0]
        value = rows[0][place]
        label = _label(rows[0][:size])
        if value is None:
            return f"There is no {_words(column)} on record for {label}."
        sure = _verdict(said, str(value))
        words = split(column)
        if words[-1] in {"on", "at", "since", "by", "to", "from"}:
            return f"**{label}**: {' '.join(words)} {shown(value, column)}."
        return (
            f"{sure}The {_words('_'.join(split(column)))} of **{label}** is {shown(value, column)}."
        )
    if len(rows) == 1:
        known = [
            f"- {_words('_'.join(split(c)))}: {shown(rows[0][n], c)}"
            for n, c in asked
            if rows[0][n] is not None
        ]
        return f"**{_label(rows[0][:size])}**\n\n" + "\n".join(known)
    return _table([_words("_".join(split(c))) for c in columns], rows, columns)


def _verdict(said: Said, value: str) -> str:
    if not re.match(r"(is|are|was|does|do)\b", said.low):
        return ""
    asked = value.lower().replace("_", " ")
    return "Yes. " if asked in said.low else "No. "


def _rows(said: Said, query: Query, columns: Sequence[str], rows: Sequence[Row]) -> str:
    if not rows:
        return _nothing(said, query)
    label = len(said.schema.table(query.table).label)
    own = [c.name for c in query.columns[:label]] == [
        c.name for c in said.schema.table(query.table).label
    ]
    size = label if own and label and query.kind == "rows" else 1
    if len(rows) == 1:
        rest = [
            f"{_words('_'.join(split(c)))} {shown(rows[0][n], c)}"
            for n, c in enumerate(columns)
            if n >= size
        ]
        name = _label(rows[0][:size]) if size > 1 or own else f"{shown(rows[0][0], columns[0])}"
        if not own and size == 1 and columns[0].lower().endswith("id"):
            name = f"{_words('_'.join(split(columns[0])))} {name}"
        return f"It is **{name}**" + (f" ({', '.join(rest)})." if rest else ".")
    if len(columns) == size:
        return "\n".join(f"- {_label(row)}" for row in rows)
    titles = [_words("_".join(split(c))) for c in columns]
    if size == 2:
        rows = [[_label(row[:2]), *row[2:]] for row in rows]
        titles, columns = ["name", *titles[2:]], ["name", *columns[2:]]
    return _table(titles, rows, columns)


def _table(titles: Sequence[str], rows: Sequence[Row], columns: Sequence[str] = ()) -> str:
    names = columns or titles
    head = f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}"
    body = "\n".join(
        "| " + " | ".join(shown(v, n) for v, n in zip(row, names, strict=False)) + " |"
        for row in rows
    )
    return f"{head}\n{body}"


def _label(values: Row) -> str:
    return " ".join(shown(value) for value in values if value is not None) or "none"


def _nothing(said: Said, query: Query) -> str:
    words = said.schema.table(query.table).words
    if query.kind == "facts":
        return f"There is no such {' '.join(words)} in the database."
    return f"No {' '.join((*words[:-1], plural(words[-1])))} match that."


def _words(name: str) -> str:
    return name.replace("_", " ").strip()
