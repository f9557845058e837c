"""Whether a word of a question is negated: `not active`, `without an invoice`."""

import re

from waypost_local.demo_model.data.said import Said

NEGATION = re.compile(
    r"\b(not|no|never|without|except|excluding|outside|besides|neither|nor|lack(s|ing)?|missing)\b|"
    r"n't\b|\bother than\b|\bapart from\b|\brather than\b|\bany(where|one|thing)? but\b"
)
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
        if NEGATION.search(low):
            break
        if low not in _SMALL and not any(v.last == place for v in said.links.values):
            return False
    return bool(NEGATION.search(" ".join(words)))
