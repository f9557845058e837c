"""How well each unit of the passages answers a question."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from waypost_local.demo_model.documents.units import Unit
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content, stem, words

_NEAR = 0.55
_HEADING = 0.4
_LEAD = 0.6
_BEFORE = 0.3
"""What a word counts that only the question before holds, or that is no topic but tells."""
_TELLING = ("again", "without", "before", "after", "never", "more", "less", "own", "until")
_DURATION = (
    r"\b(\d[\d.,\u2013-]*|an?|one|two|three|within)\W+"
    r"(\w+ )?(second|minute|hour|day|week|month|year)"
)
_REACH = r"[\w.+-]+@[\w-]+\.\w|https?://|\b(call|email|contact|write to)\b"
_ACT = r"\byou (can|may|must|need|should|will)\b|\bplease\b|(^|[,:;] )(please |first,? )?" + (
    r"(call|send|ask|tell|write|open|select|click|go|visit|enter|contact|report|switch|log)\b"
)
_POSTAL = r"\b(ave|avenue|street|st|road|suite|box)\b.*\d|\d.*\b(ave|avenue|street|road)\b"
_EXPECTED = (
    (r"\bhow (long|soon|quickly|fast|often)\b|\bhow many (hour|day|week|month)", _DURATION, 1.0),
    (r"\b(when|what time)\b", rf"\b(after|before|once|until|within)\b|{_DURATION}", 0.7),
    (r"\bhow (much|many|high)\b|\b(cost|price|fee|uptime)s?\b", r"\d", 0.8),
    (r"\baddress\b", _POSTAL, 1.4),
    (r"\bhow (do|can|should|to|must)\b|\bwhat (should|must|do) i\b", f"{_ACT}|{_REACH}", 0.6),
    (r"\b(where|contact|reach|report|complain)\b", _REACH, 0.7),
    (r"^(can|may|am|is|are|do|does|must|should)\b", r"\b(can(not|'t)?|may|must|never)\b", 0.25),
)
"""What a question asks for, what a sentence holds that tells it, and what it gains by that."""
_IMPLIED = (
    (r"(\bnot|n['\u2019]t|never)\b.*\b(pay|paid|payments?|bills?|invoices?)\b", "late reminder"),
    (r"\bmoney back\b", "refund"),
    (r"\bhow old\b", "age"),
    (r"\b(days? off|holidays?|vacation)\b", "leave"),
    (r"\bhow (fast|quickly|soon)\b", "response time"),
)
"""What a question means without saying it."""


@dataclass(frozen=True)
class Scored:
    """`covered` is the share of the question's weight that the unit itself holds, 0 to 1."""

    unit: Unit
    value: float
    covered: float
    whole: float
    """The same with its heading and its list's introduction."""


def score(question: str, found: Sequence[Unit], before: str = "") -> list[Scored]:
    """Every unit with its score, in order; words of the question before count less."""
    low = question.strip().lower()
    said = " ".join([question, *(words for form, words in _IMPLIED if re.search(form, low))])
    sought = [(re.compile(p, re.I), gain) for form, p, gain in _EXPECTED if re.search(form, low)]
    stems = [stems_of(unit.text) for unit in found]
    weights = _weights(content(said), stems)
    told = [word for word in _TELLING if word in low.split()]
    for word, weight in _weights([*content(before), *told], stems).items():
        weights.setdefault(word, _BEFORE * weight)
    total = sum(weights.values()) or 1.0
    scored = []
    for unit, own in zip(found, stems, strict=True):
        heading, lead = stems_of(f"{unit.heading} {unit.document}"), stems_of(unit.lead)
        covered = value = 0.0
        for word, weight in weights.items():
            here = _held(word, own)
            covered += weight * here
            there = (here, _LEAD * _held(word, lead), _HEADING * _held(word, heading))
            value += weight * max(there)
        whole = value / total
        if covered > 0.12 * total or whole > 0.5:
            value *= 1 + sum(0.5 * gain for pattern, gain in sought if pattern.search(unit.text))
        # Passages come best first, and long sentences hold any word sooner.
        value *= 1.0 - 0.02 * min(unit.rank, 8)
        value /= 1.0 + 0.0015 * max(0, len(unit.text) - 130)
        value *= 0.5 if unit.text.endswith("?") else 0.8 if unit.text.endswith(":") else 1.0
        scored.append(Scored(unit, value, covered / total, whole))
    return scored


def _held(word: str, there: frozenset[str]) -> float:
    return 1.0 if word in there else _NEAR if near(word) & there else 0.0


def _weights(asked: Sequence[str], stems: Sequence[frozenset[str]]) -> dict[str, float]:
    """How telling each word is: what is rare among the units tells most."""
    count = Counter(word for held in stems for word in held)
    rare = {word: math.log(1 + max(len(stems), 1) / (1 + count[word])) for word in asked}
    top = max(rare.values(), default=1.0)
    return {word: 0.35 * top + 0.65 * weight for word, weight in rare.items()}


def stems_of(text: str) -> frozenset[str]:
    """The stems of a text's words and of the parts of those with hyphens, slashes or dots."""
    parts = (part for word in words(text) for part in (word, *re.split(r"[-/._]", word)))
    return frozenset(stem(part) for part in parts if part)
