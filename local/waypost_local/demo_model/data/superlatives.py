"""Superlatives: the newest, the longest, the most, the top five."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from waypost_local.demo_model.data import vocabulary
from waypost_local.demo_model.data.said import Said

_NUMBER = r"(?:(\d+|" + "|".join(list(vocabulary.NUMBERS)[1:13]) + r")\s+)?"


NEWEST = r"newest|latest|most recent(?:ly)?|youngest|last(?= \d| few|$|\W)|most junior|last"


OLDEST = r"oldest|earliest|eldest|first|longest[- ]serving|most senior|longest[- ]standing"


STAYED = r"\b(with us|work(s|ed|ing)? (here|for us)|been (here|employed|around)|served|employed)\b"


SIZES = {
    r"longest": (vocabulary.DURATIONS, True),
    r"shortest|briefest": (vocabulary.DURATIONS, False),
    r"most expensive|priciest|dearest|costliest|highest[- ]priced": (vocabulary.PRICES, True),
    r"cheapest|least expensive|lowest[- ]priced|most affordable": (vocabulary.PRICES, False),
    r"best[- ]paid|highest[- ]paid|highest[- ]earning": (("salary", "wage", "pay", "rate"), True),
    r"lowest[- ]paid|worst[- ]paid": (("salary", "wage", "pay", "rate"), False),
    r"heaviest": (("weight", "kg", "byte", "size"), True),
    r"lightest": (("weight", "kg", "byte", "size"), False),
    r"tallest": (("height", "length"), True),
}


SOLD = (
    r"(?:most|best|top)[- ](?:popular|sold|purchased|bought|ordered|selling|sellers?)|bestsell\w+|"
    r"(?:least|worst)[- ](?:popular|sold|purchased|bought|ordered|selling)|favou?rite"
)


BUSY = (
    r"busiest|most active|most productive|most used|most common|most frequent|least common"
    r"|least active|quietest"
)


WORTH = (
    r"most valuable|most profitable|most loyal|most important|highest[- ]spending|top[- ]spending|"
    r"biggest spenders?|top spenders?|highest[- ]grossing|top[- ]grossing|most lucrative"
    r"|best(?= customers?| clients?)"
)


MOST = r"most|highest|largest|greatest|biggest|maximum|max|top|best|leading"


LEAST = r"fewest|least|lowest|smallest|minimum|min|bottom|worst"


_SUPERLATIVE = re.compile(
    rf"(?<!at )\b{_NUMBER}(?P<word>{SOLD}|{BUSY}|{WORTH}|{OLDEST}|{'|'.join(SIZES)}"
    rf"|{NEWEST}|"
    rf"{MOST}|{LEAST})\b(?:[- ](\d+|{'|'.join(list(vocabulary.NUMBERS)[2:13])})\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Superlative:
    word: str
    count: int | None
    at: int
    to: int
    """Token numbers: the first of it, and the first after it."""

    def is_one_of(self, pattern: str) -> bool:
        return bool(re.fullmatch(pattern, self.word))


def superlative(said: Said) -> Superlative | None:
    """The first superlative; `top 5 best-selling` is best-selling, five of them."""
    found = list(_superlatives(said))
    if len(found) > 1 and found[1].at == found[0].to and found[0].count:
        return replace(found[1], count=found[0].count)
    return found[0] if found else None


def _superlatives(said: Said) -> Iterator[Superlative]:
    for match in _SUPERLATIVE.finditer(said.low):
        first = said.token_at(match.start("word"))
        if said.links.at(first) or any(w.at <= match.start("word") < w.to for w in said.whens):
            continue
        if match["word"] == "most" and said.low[match.end("word") :].startswith(" of "):
            continue
        before = match[1]
        if before and said.before(said.token_at(match.start()), 2).endswith("than"):
            before = None
        number = before or match[match.lastindex or 0] if before or _after(match) else None
        yield Superlative(match["word"], number_of(number), first, said.token_at(match.end()))


def _after(match: re.Match[str]) -> str | None:
    tail = re.search(r"[- ](\w+)$", match[0][match.end("word") - match.start() :])
    return tail[1] if tail else None


def number_of(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    return vocabulary.NUMBERS.get(text)
