"""Which words of a question are values in the database: 'Iron Maiden' is an Artist.Name."""

import re
import sqlite3
from collections import defaultdict

MAX_PHRASE_WORDS = 6
MAX_PER_COLUMN = 5
COMMON_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a all an and are as at be by do for from had has have how in is it list many me most much "
        "no not of on or our per show than that the their them there to us was we were what when "
        "which who with",
    )
)
_WORD = re.compile(r"[^\W_]+(?:[.'\u2019&/@+-]+[^\W_]+)*", re.UNICODE)


def mentioned(db: sqlite3.Connection, question: str) -> list[str]:
    """Lines such as `Customer.Country: 'Brazil'` for values that the question names.

    Upper and lower case do not matter. Keys, numbers and dates are left out: they need no
    looking up.

    Args:
        db: What was learned of the database.
    """
    phrases = _phrases(question)
    marks = ", ".join("?" * len(phrases))
    rows = db.execute(
        "SELECT column.name, value.text FROM value JOIN column ON column.id = value.column_id "  # noqa: S608
        f"WHERE value.text COLLATE NOCASE IN ({marks}) ORDER BY column.position, value.rowid",
        phrases,
    )
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in rows:
        found[name].append("'" + text.replace("'", "''") + "'")
    return [f"{name}: {', '.join(texts[:MAX_PER_COLUMN])}" for name, texts in found.items()]


def is_named(line: str, question: str) -> bool:
    """Whether the question names one of a line's values as a proper name: with a capital.

    A single word at the question's start is always capitalised, and does not count.
    """
    found = re.findall(r"'((?:[^']|'')+)'", line.partition(": ")[2])
    return any(
        value in question and value != value.lower() and (" " in value or question.find(value) > 0)
        for value in found
    )


def _phrases(question: str) -> list[str]:
    """Every run of up to six words, also without a possessive or a plural ending."""
    words = [(m.start(), m.end()) for m in _WORD.finditer(question)][:200]
    found: dict[str, None] = {}
    for first in range(len(words)):
        for last in range(first, min(first + MAX_PHRASE_WORDS, len(words))):
            phrase = question[words[first][0] : words[last][1]]
            if phrase.lower() in COMMON_WORDS:
                continue
            for form in (phrase, re.sub(r"['\u2019]s$", "", phrase), re.sub(r"s$", "", phrase)):
                found.setdefault(form)
    return list(found)[:3000]
