"""How well each unit of the passages answers a question."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from waypost_local.demo_model.documents.expectation import expectations, implied
from waypost_local.demo_model.documents.units import Unit
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content, stem, words

_NEAR = 0.55
_HEADING = 0.4
_OWN_HEADING = 0.65
_LEAD = 0.6
_NEIGHBOUR = 0.3
_BEFORE = 0.3
_LIGHT = 0.4
_LIGHT_WORDS = frozenset(content("make take receive twice this year month week"))
"""They say little of what a question is about."""


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
    asked = [*content(question), *implied(question)]
    stems = [_stems(unit.text) for unit in found]
    weights = _weights(asked, stems)
    known = _weights([word for word in content(before) if word not in asked], stems)
    asked = [*asked, *known]
    weights |= {word: _BEFORE * weight for word, weight in known.items()}
    total = sum(weights.values()) or 1.0
    pairs = set(itertools.pairwise(asked))
    expected = expectations(question)
    scored = []
    for place, unit in enumerate(found):
        own = _held(asked, weights, stems[place])
        around = _around(found, stems, place)
        value = 0.0
        covered = 0.0
        whole = 0.0
        for word, weight in weights.items():
            here = own.get(word, 0.0)
            there = max(here, around.of(word))
            covered += weight * here
            whole += weight * there
            value += weight * there
        value += 0.35 * len(pairs & _pairs(unit.text)) * total / max(len(weights), 1)
        value += _small_words(question, unit.text) * total / max(len(weights), 1)
        if covered > 0.12 * total or whole > 0.5 * total:
            value += sum(e.met(unit.text) for e in expected) * 0.5 * value
        # Passages come best first, long sentences hold any word sooner.
        value *= 1.0 - 0.02 * min(unit.rank, 8)
        value /= 1.0 + 0.0015 * max(0, len(unit.text) - 130)
        if unit.text.endswith((":", "?")):
            value *= 0.8 if unit.text.endswith(":") else 0.5
        scored.append(Scored(unit, value, covered / total, whole / total))
    return scored


def _small_words(question: str, text: str) -> float:
    """A little for words such as `again`, `without` or `before`, which are no topic but tell."""
    telling = {
        "again",
        "without",
        "before",
        "after",
        "never",
        "more",
        "less",
        "own",
        "until",
        "during",
    }
    asked = telling & {word.lower() for word in words(question)}
    return 0.3 * len(asked & {word.lower() for word in words(text)})


@dataclass(frozen=True)
class _Around:
    heading: frozenset[str]
    headings: frozenset[str]
    lead: frozenset[str]
    before: frozenset[str]

    def of(self, word: str) -> float:
        best = 0.0
        for words_there, share in (
            (self.lead, _LEAD),
            (self.heading, _OWN_HEADING),
            (self.headings, _HEADING),
            (self.before, _NEIGHBOUR),
        ):
            if word in words_there:
                best = max(best, share)
            elif near(word) & words_there:
                best = max(best, share * _NEAR)
        return best


def _around(found: Sequence[Unit], stems: list[frozenset[str]], place: int) -> _Around:
    unit = found[place]
    before = found[place - 1] if place else None
    follows = before is not None and before.passage == unit.passage and unit.kind == "sentence"
    return _Around(
        _stems(unit.heading.rpartition(" > ")[2]),
        _stems(f"{unit.heading} {unit.document}"),
        _stems(unit.lead),
        stems[place - 1] if follows else frozenset(),
    )


def _held(asked: list[str], weights: dict[str, float], there: frozenset[str]) -> dict[str, float]:
    held = {}
    for word in asked:
        if word in weights:
            held[word] = 1.0 if word in there else _NEAR if near(word) & there else 0.0
    return held


def _weights(asked: list[str], stems: list[frozenset[str]]) -> dict[str, float]:
    """How telling each word of the question is: rare among the units, but not absent."""
    count = Counter(word for held in stems for word in held)
    size = max(len(stems), 1)
    rare = {word: math.log(1 + size / (1 + count[word])) for word in asked}
    top = max(rare.values(), default=1.0)
    # What every passage is about is still what the question is about.
    return {
        word: (0.35 * top + 0.65 * weight) * (_LIGHT if word in _LIGHT_WORDS else 1.0)
        for word, weight in rare.items()
    }


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for part in words(text) for word in (part, *_split(part)))


def _split(word: str) -> list[str]:
    return [part for part in word.replace("/", "-").replace(".", "-").split("-") if part]


def _pairs(text: str) -> set[tuple[str, str]]:
    found = content(text)
    return set(itertools.pairwise(found))
