"""What English words have to do with tables, read from `english.toml`."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from waypost_local.demo_model.words import singular, stem

_ENGLISH: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("english.toml").read_text(encoding="utf-8")
)


def _set(name: str) -> frozenset[str]:
    return frozenset(_ENGLISH[name].split())


FILLER = _set("filler")
PEOPLE, BUYERS, WORKERS = _set("people"), _set("buyers"), _set("workers")
MONEY, MONEY_COLUMNS, TRANSACTIONS = _set("money"), _set("money_columns"), _set("transactions")
QUANTITIES, STOCK, PLACES = _set("quantities"), _set("stock"), _set("places")
SUPERIORS = _set("superiors")
WORKING, USING, SETTLING = _set("working"), _set("using"), _set("settling")
EARNING, STAYING = _set("earning"), _set("staying")
OF_AMOUNTS = _set("of_amounts")
LABELS = tuple(_ENGLISH["labels"].split())
LINKING, BUYING = _set("linking"), _set("buying")
_SAME = [frozenset(line.split()) for line in _ENGLISH["same"].strip().splitlines()]
_VALUES = [
    frozenset(w.replace("_", " ") for w in line.split())
    for line in _ENGLISH["values"].strip().splitlines()
]
_DATED = [frozenset(line.split()) for line in _ENGLISH["dated"].strip().splitlines()]
_ABOUT = [frozenset(line.split()) for line in _ENGLISH["about"].strip().splitlines()]
OPERATIONS: tuple[tuple[str, str], ...] = tuple(
    (name, pattern.replace("\n", "")) for name, pattern in _ENGLISH["operations"].items()
)
_COUNTRIES = [
    frozenset([country, *(name.replace("_", " ") for name in names.split())])
    for country, names in _ENGLISH["countries"].items()
]
ADJECTIVES: dict[str, tuple[tuple[str, ...], bool]] = {}
"""An adjective to the words of columns that it speaks of, and whether much of it is meant."""
for _line in _ENGLISH["adjectives"].strip().splitlines():
    _word, *_about = _line.split()
    ADJECTIVES[_word] = (tuple(w.lstrip("-") for w in _about), not _about[0].startswith("-"))


def same(word: str) -> frozenset[str]:
    """Nouns that stand for the same thing, with the noun itself."""
    return frozenset([word]).union(*(group for group in _SAME if word in group))


def same_value(text: str) -> frozenset[str]:
    """Words that say the same of a row as a listed value, and the names of a country."""
    low = text.lower().replace("_", " ")
    return frozenset([low]).union(*(g for g in (*_VALUES, *_COUNTRIES) if low in g))


def dated(verb: str) -> frozenset[str]:
    """Words of columns that hold when that happened, which a verb tells."""
    return frozenset().union(*(group for group in _DATED if verb in group))


def about(verb: str) -> frozenset[str]:
    """Words of columns that a verb such as `costs` or `earns` speaks of."""
    return frozenset().union(*(group for group in _ABOUT if verb in group))


@lru_cache(maxsize=10_000)
def adjective(word: str) -> tuple[str, tuple[str, ...], bool] | None:
    """The adjective of a comparative or superlative, its columns, and whether much is meant."""
    for ending, put in (("iest", "y"), ("est", ""), ("est", "e"), ("ier", "y"), ("er", "")):
        root = word[: -len(ending)] + put
        if word.endswith(ending):
            for one in (root, root[:-1]):
                if one in ADJECTIVES:
                    return one, *ADJECTIVES[one]
    return None


def known() -> frozenset[str]:
    """Every word that is listed here: none of them is a misspelling of another."""
    found = set(FILLER | LINKING | BUYING | MONEY | PEOPLE | PLACES)
    for group in (*_SAME, *_VALUES, *_DATED, *_ABOUT):
        found.update(word for text in group for word in text.split())
    return frozenset(found | set(ADJECTIVES))


def is_same_word(one: str, other: str) -> bool:
    """The same noun, or two forms of a word: `plumber` and `plumbing`, `repairs` and `repair`."""
    if singular(one) == singular(other):
        return True
    noun = re.search(r"(ment|tion|sion|ance|ence)s?$", one)
    return len(one) > 3 and stem(one) == stem(other) and not noun
