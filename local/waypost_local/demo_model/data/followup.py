"""Questions that lean on the one before, made whole: `and in Germany?`, `the first one`."""

import re
from dataclasses import dataclass, replace
from datetime import date

from waypost_local.demo_model.data.mentions import ColumnLink, TableLink, ValueLink
from waypost_local.demo_model.data.query import Query
from waypost_local.demo_model.data.said import Said
from waypost_local.demo_model.data.schema import Column, Schema

_ORDINALS = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "sixth": 5,
    "seventh": 6,
    "eighth": 7,
    "ninth": 8,
    "tenth": 9,
    "last": -1,
    "1st": 0,
    "2nd": 1,
    "3rd": 2,
    "top": 0,
}
_NTH = re.compile(
    rf"\b(?:the )?({'|'.join(_ORDINALS)})(?: (?:one|result|item|entry|name|row|of (?:them"
    rf"|those|these)))?"
    r"(?=(?:'s)?(?:\W*$| (?:have|has|do|does|did|is|was|live|work|in the list|on the list"
    r"|from the list)\b|'s\b))"
    r"(?: (?:in|on|from|of) the list)?",
    re.IGNORECASE,
)
_ONLY_NTH = re.compile(
    rf"^\W*(?:and|what about|how about|or)?\s*(?:the )?(?:{'|'.join(_ORDINALS)})(?: one)?\W*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:number|no\.?|#) ?(\d+)\b", re.IGNORECASE)
_IT = re.compile(
    r"\b(it|he|she|him|that one|this one|that (?:\w+)|this (?:\w+)|them)\b(?!\w)", re.IGNORECASE
)
_ITS = re.compile(r"\b(his|her|its)\b", re.IGNORECASE)
_THEY = re.compile(
    r"\b(they|them|those|these|their|the same ones|which ones|which are they|whom)\b", re.IGNORECASE
)
_FRAGMENT = re.compile(
    r"^\W*(and|but|or|also|then|what about|how about|only|just|same|for|in|by|per|now|ok)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(
    r"\b(total|sum|average|mean|how many|number of|highest|lowest|maximum|minimum|most|least"
    r"|fewest|longest|shortest|"
    r"oldest|youngest|newest|latest|cheapest|most expensive|largest|smallest|best|worst"
    r"|earliest|biggest)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\b(?:by|per|for each|in each|each)\b .*$", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*]|\d+[.)])\s+(?:\*\*(.+?)\*\*|(.+?))(?:\s+[\u2013-]\s.*|: .*)?$")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


_LISTING = re.compile(
    r"\b(list|show me|show|who are|what are|name) (them|they|those|these)\b|\bwhich (ones|of)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Earlier:
    """The question before, made whole, what it was read as, and the answer that it got."""

    said: Said
    query: Query | None
    names: tuple[str, ...]
    """What its answer named: the items of a list, or the one thing that it was about."""
    listed: "Earlier | None" = None
    """The latest question whose answer was a list, where this one's was not."""


@dataclass(frozen=True)
class Whole:
    """A question that stands alone, with the schema in which its names are known."""

    text: str
    schema: Schema
    same_rows: bool = False
    """It asks to see the rows that the question before was about."""
    place: int | None = None
    """Which of those rows, where it asks for one of them."""


def leans(question: str, said: Said) -> bool:
    """Whether a question cannot be understood without the one before."""
    if _FRAGMENT.match(question) or _NTH.search(question) or _ITS.search(question):
        return True
    if _THEY.search(question) or re.search(
        r"\b(it|he|she|him|that one|this one)\b", question, re.IGNORECASE
    ):
        return True
    named = said.links.tables or said.links.columns
    verb = re.match(
        r"\W*(how|what|which|who|where|when|list|show|is|are|do|does|count)\b", question, re.I
    )
    return not named and (len(said.tokens) <= 5 or not verb)


def whole(question: str, earlier: Earlier, schema: Schema, today: date) -> Whole:
    """The question with what it leans on put in."""
    if (place := _place(question)) is not None or _points_at_one(question, earlier):
        source = _source(earlier, place or 0)
        if source:
            item = source.names[place or 0]
            if _ONLY_NTH.match(question):
                return Whole(_asked_of(item, earlier), _knowing(schema, source, item))
            return Whole(_with_item(question, item), _knowing(schema, source, item))
        if place is not None and earlier.query:
            return Whole(question, schema, same_rows=True, place=place)
    said = Said.of(question, schema, today)
    if _THEY.search(question) and earlier.query:
        return Whole(question, schema, same_rows=True)
    return Whole(_merged(question, said, earlier.said), schema)


def _asked_of(item: str, earlier: Earlier) -> str:
    """`and the second one?`: the question before, of another thing."""
    named = _named(earlier.said)
    if named and named[0] in earlier.said.text:
        return earlier.said.text.replace(named[0], item, 1)
    return f"Tell me about {item}"


def names(answer: str, said: Said) -> tuple[str, ...]:
    """What an answer lists: its items, the first cells of its table, or what is bold; else the one
    thing that the question named."""
    lines = answer.splitlines()
    if lines and re.fullmatch(r"\*\*(.+?)\*\*", lines[0]):
        return (lines[0].strip("*"),)
    listed = [m[1] or m[2] for line in lines if (m := _ITEM.match(line))]
    if not listed:
        rows = [x.strip().strip("|").split("|") for x in lines if x.strip().startswith("|")]
        listed = [row[0].strip() for row in rows[2:]]
    return tuple(listed or _BOLD.findall(answer) or _named(said))


def _named(said: Said) -> list[str]:
    for value in said.links.values:
        for columns, text in value.options:
            if said.schema.table(columns[0].table).label == columns:
                return [text]
    return []


def _place(question: str) -> int | None:
    if nth := _NTH.search(question):
        return _ORDINALS[nth[1].lower()]
    numbered = _NUMBERED.search(question)
    return int(numbered[1]) - 1 if numbered else None


def _source(earlier: Earlier, place: int) -> Earlier | None:
    """The answer that has an item at that place: the last one, or the last list."""
    for one in (earlier, earlier.listed):
        if one and -len(one.names) <= place < len(one.names):
            return one
    return None


def _points_at_one(question: str, earlier: Earlier) -> bool:
    if _LISTING.search(question):
        return False
    if _ITS.search(question) or _IT.search(question):
        return not re.search(r"\bthem\b", question, re.IGNORECASE) or len(earlier.names) == 1
    return bool(_THEY.search(question)) and len(earlier.names) == 1


def _with_item(question: str, item: str) -> str:
    quoted = item
    for pattern in (_NTH, _NUMBERED):
        if pattern.search(question):
            return pattern.sub(lambda m: quoted, question, count=1)
    if _ITS.search(question):
        return _ITS.sub(lambda m: f"{quoted}'s", question, count=1)
    if _IT.search(question):
        return _IT.sub(lambda m: quoted, question, count=1)
    text = re.sub(r"\btheir\b", f"{quoted}'s", question, count=1, flags=re.IGNORECASE)
    return re.sub(r"\b(they|them)\b", lambda m: quoted, text, count=1, flags=re.IGNORECASE)


def _knowing(schema: Schema, earlier: Earlier, item: str) -> Schema:
    """The schema in which an item of the answer is a known name."""
    query = earlier.query
    if query is None:
        return schema
    columns = query.group.columns if query.group else schema.table(query.table).label
    known = _named(earlier.said)
    if item in known:
        return replace(schema, mentioned=(*schema.mentioned, *earlier.said.schema.mentioned))
    return replace(
        schema, mentioned=(*schema.mentioned, *_names(columns or query.columns[:1], item))
    )


def _names(columns: tuple[Column, ...], item: str) -> list[tuple[Column, str]]:
    if len(columns) < 2:
        return [(column, item) for column in columns]
    parts = item.split(" ")
    found: list[tuple[Column, str]] = []
    for cut in range(1, len(parts)):
        found += [(columns[0], " ".join(parts[:cut])), (columns[1], " ".join(parts[cut:]))]
    return found


def _merged(question: str, said: Said, before: Said) -> str:
    """The question before, with what the new one says in the place of what it said."""
    text = before.text
    if (said.links.tables and said.links.values) or len(said.tokens) > 9:
        return question
    if (
        grouped := re.search(
            r"\b(by|per|for each|in each) .*$", said.text.rstrip("?. "), re.IGNORECASE
        )
    ) and not said.links.values:
        return f"{_GROUP.sub('', text.rstrip('?. ')).strip()} {grouped[0]}?"
    text = _swap_values(text, said, before)
    text = _swap_dates(text, said, before)
    text = _swap_figures(text, said)
    return _swap_tables(text, said, before)


def _swap_values(text: str, said: Said, before: Said) -> str:
    for value in said.links.values:
        new = said.text[said.tokens[value.first].at : said.tokens[value.last].to]
        old = next((v for v in before.links.values if _same_columns(v, value)), None)
        if old is None and len(before.links.values) == 1 and value.guessed:
            old = before.links.values[0]
        if old:
            was = before.text[before.tokens[old.first].at : before.tokens[old.last].to]
            suffix = "'s" if was.endswith("'s") and not new.endswith("'s") else ""
            text = text.replace(was, new + suffix, 1)
        else:
            lead = said.tokens[value.first - 1].low if value.first else ""
            word = lead if lead in {"in", "from", "by", "for", "with", "on"} else "in"
            text = f"{text.rstrip('?. ')} {word} {new}?"
    return text


def _same_columns(one: ValueLink, other: ValueLink) -> bool:
    return bool({columns for columns, _ in one.options} & {columns for columns, _ in other.options})


def _swap_dates(text: str, said: Said, before: Said) -> str:
    for when in said.whens:
        new = said.text[when.at : when.to].strip()
        new = (
            new
            if re.match(
                r"(in|since|before|after|last|this|between|from|during|on|until|next"
                r"|yesterday|today)\b",
                new,
                re.I,
            )
            else f"in {new}"
        )
        if before.whens:
            old = before.text[before.whens[0].at : before.whens[0].to].strip()
            text = text.replace(old, new, 1)
        else:
            text = f"{text.rstrip('?. ')} {new}?"
    return text


def _swap_figures(text: str, said: Said) -> str:
    new = _FIGURES.search(said.text)
    number = re.search(r"\btop (\d+)\b", said.text, re.IGNORECASE)
    if number:
        return re.sub(r"\btop \d+\b", number[0], text, count=1, flags=re.IGNORECASE)
    if new and not said.links.tables and not _FIGURES.search(text):
        return re.sub(r"\b(revenue|sales|turnover)\b", f"{new[0]} \\1", text, count=1)
    if new and not said.links.tables:
        return _FIGURES.sub(lambda m: new[0], text, count=1)
    return text


def _swap_tables(text: str, said: Said, before: Said) -> str:
    named: list[TableLink | ColumnLink] = [*said.links.tables, *said.links.columns]
    if not named or said.links.values or said.whens:
        return text
    held: list[TableLink | ColumnLink] = [*before.links.tables, *before.links.columns]
    same = [one for one in held if isinstance(one, type(named[0]))] or held
    if not same:
        return f"{said.text}"
    new = said.text[said.tokens[named[0].first].at : said.tokens[named[0].last].to]
    old = before.text[before.tokens[same[0].first].at : before.tokens[same[0].last].to]
    return text.replace(old, new, 1)
