"""Questions that lean on the one before, made whole: `and in Germany?`, `tell me about the first`."""

import re
from dataclasses import dataclass, replace
from datetime import date

from waypost_local.builtin.data.links import ColumnLink, TableLink, ValueLink
from waypost_local.builtin.data.query import Query
from waypost_local.builtin.data.said import Said
from waypost_local.builtin.data.schema import Column, Schema

_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6,
             "eighth": 7, "ninth": 8, "tenth": 9, "last": -1, "1st": 0, "2nd": 1, "3rd": 2,
             "top": 0}  # fmt: skip
_NTH = re.compile(
    rf"\b(?:the )?({'|'.join(_ORDINALS)})(?: (?:one|result|item|entry|name|row|of (?:them|those|these)))?"
    r"(?=(?:'s)?(?:\W*$| (?:have|has|do|does|did|is|was|live|work|in the list|on the list|from the list)\b|'s\b))"
    r"(?: (?:in|on|from|of) the list)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:number|no\.?|#) ?(\d+)\b", re.IGNORECASE)
_IT = re.compile(
    r"\b(it|he|she|him|that one|this one|that (?:\w+)|this (?:\w+)|them)\b(?!\w)", re.IGNORECASE
)
_ITS = re.compile(r"\b(his|her|its)\b", re.IGNORECASE)
_THEY = re.compile(
    r"\b(they|them|those|these|their|the same ones|which ones|which are they|whom)\b", re.IGNORECASE
)  # noqa: E501
_OPENING = re.compile(
    r"^\W*(?:and|but|or|also|ok(?:ay)?|then|now|so)?,?\s*(?:what|how)? ?(?:about|only|just|same(?: (?:thing|question))?(?: for)?|"
    r"instead|for|if)?\b\s*",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(
    r"^\W*(and|but|or|also|then|what about|how about|only|just|same|for|in|by|per|now|ok)\b",
    re.IGNORECASE,
)  # noqa: E501
_FIGURES = re.compile(
    r"\b(total|sum|average|mean|how many|number of|highest|lowest|maximum|minimum|most|least|fewest|longest|shortest|"
    r"oldest|youngest|newest|latest|cheapest|most expensive|largest|smallest|best|worst|earliest|biggest)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\b(?:by|per|for each|in each|each)\b .*$", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:[-*]|\d+[.)])\s+(?:\*\*(.+?)\*\*|(.+?))(?:\s+[\u2013-]\s.*|: .*)?$")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Earlier:
    """The question before, made whole, what it was read as, and the answer that it got."""

    said: Said
    query: Query | None
    answer: str


@dataclass(frozen=True)
class Whole:
    """A question that stands alone, with the schema in which its names are known."""

    text: str
    schema: Schema
    same_rows: bool = False
    """It asks to see the rows that the question before was about."""


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
    if _NTH.search(question) or _NUMBERED.search(question) or _points_at_one(question):
        item = _item(question, earlier.answer)
        if item:
            return Whole(_with_item(question, item), _knowing(schema, earlier, item))
    said = Said.of(question, schema, today)
    if _THEY.search(question) and earlier.query:
        return Whole(question, schema, same_rows=True)
    return Whole(_merged(question, said, earlier.said), schema)


def items(answer: str) -> list[str]:
    """The names that an answer lists: list items, the first cells of a table, or what is bold."""
    listed = [m[1] or m[2] for line in answer.splitlines() if (m := _ITEM.match(line))]
    if not listed:
        rows = [
            line.strip().strip("|").split("|")
            for line in answer.splitlines()
            if line.strip().startswith("|")
        ]  # noqa: E501
        listed = [row[0].strip() for row in rows[2:]]
    return listed or _BOLD.findall(answer)


def _points_at_one(question: str) -> bool:
    return bool(_ITS.search(question) or _IT.search(question)) and not re.search(
        r"\b(list|show me|who are|what are) (them|they|those)\b|\b(who are they)\b",
        question,
        re.IGNORECASE,
    )


def _item(question: str, answer: str) -> str | None:
    found = items(answer)
    nth = _NTH.search(question)
    numbered = _NUMBERED.search(question)
    place = _ORDINALS[nth[1].lower()] if nth else int(numbered[1]) - 1 if numbered else 0
    if re.search(r"\bthem\b", question, re.IGNORECASE) and not nth and len(found) != 1:
        return None
    try:
        return found[place]
    except IndexError:
        return None


def _with_item(question: str, item: str) -> str:
    quoted = item
    for pattern in (_NTH, _NUMBERED):
        if pattern.search(question):
            return pattern.sub(lambda m: quoted, question, count=1)
    if _ITS.search(question):
        return _ITS.sub(lambda m: f"{quoted}'s", question, count=1)
    return _IT.sub(lambda m: quoted, question, count=1)


def _knowing(schema: Schema, earlier: Earlier, item: str) -> Schema:
    """The schema in which an item of the answer is a known name."""
    query = earlier.query
    if query is None:
        return schema
    columns = query.group.columns if query.group else schema.table(query.table).label
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
    if said.links.tables and said.links.values or len(said.tokens) > 9:
        return question
    if grouped := re.search(
        r"\b(by|per|for each|in each) .*$", said.text.rstrip("?. "), re.IGNORECASE
    ):
        if not said.links.values:
            return f"{_GROUP.sub('', text.rstrip('?. ')).strip()} {grouped[0]}?"
    text = _swap_values(text, said, before)
    text = _swap_dates(text, said, before)
    text = _swap_figures(text, said)
    text = _swap_tables(text, said, before)
    return text


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
                r"(in|since|before|after|last|this|between|from|during|on|until|next|yesterday|today)\b",
                new,
                re.I,
            )
            else f"in {new}"
        )  # noqa: E501
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
    if new and not said.links.tables and _FIGURES.search(text):
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
