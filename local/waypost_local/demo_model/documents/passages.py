"""What there is to quote from: passages in the prompt, and those that a search has found."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from waypost_local.demo_model.prompts import element, elements
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content

_ASKING = re.compile(r"(what|how|who|when|where|which|why|is|are|can|do|does)\b", re.IGNORECASE)
_SHORTLIST = 10
_HEADING = 1.5
_NEAR = 0.5
_LONG = 4000


@dataclass(frozen=True)
class Quoted:
    """A passage by the number that it is cited with."""

    index: int
    document: str
    heading: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, in words: its headings and the names of file and folders."""
        return f"{self.heading} {re.sub(r'[/._-]', ' ', self.document)}"


def shown(system: str, question: str) -> list[Quoted]:
    """The prompt's passages, best first.

    Those that were searched for come in that order; out of whole documents the ones that share
    most with the question are taken.
    """
    passages = everything(system)
    return passages if element(system, "documents") is None else shortlist(passages, question)


def everything(system: str) -> list[Quoted]:
    """The prompt's passages, in the order in which they stand there."""
    return [
        Quoted(
            int(found.attributes.get("index", "0")),
            found.attributes.get("document", ""),
            found.attributes.get("heading", ""),
            found.text,
        )
        for found in elements(system, "passage")
    ]


def topics(system: str) -> list[str]:
    """What the prompt's passages are about: their last headings, each once."""
    headings = [passage.heading.rpartition(" > ")[2].strip() for passage in everything(system)]
    plain = (heading.lower() for heading in headings if not _ASKING.match(heading))
    return list(dict.fromkeys(heading for heading in plain if heading))


def found(results: Iterable[dict[str, Any]]) -> list[Quoted]:
    """What searches gave, each passage once."""
    passages: dict[int, Quoted] = {}
    for result in results:
        text = "".join(block.get("text", "") for block in result.get("content") or [])
        for one in _listed(text):
            index = int(one.get("index", 0))
            told = (str(one.get(name, "")) for name in ("document", "heading", "text"))
            passages.setdefault(index, Quoted(index, *told))
    return list(passages.values())


def shortlist(passages: Sequence[Quoted], question: str) -> list[Quoted]:
    """The passages that share the rarest words with the question, at most ten."""
    asked = content(question)
    texts = [frozenset(content(p.text)) for p in passages]
    headings = [frozenset(content(p.place)) for p in passages]
    count = Counter(
        w for one, other in zip(texts, headings, strict=True) for w in asked if w in one | other
    )
    weights = {w: math.log(1 + len(passages) / (1 + count[w])) for w in asked}

    def value(place: int) -> float:
        shared = sum(
            weight * (_HEADING * _holds(headings[place], word) + _holds(texts[place], word))
            for word, weight in weights.items()
        )
        return shared / (1 + len(passages[place].text) / _LONG)

    ranked = sorted(range(len(passages)), key=lambda place: -value(place))
    return [passages[place] for place in ranked[:_SHORTLIST] if value(place) > 0]


def _holds(words: frozenset[str], word: str) -> float:
    return 1.0 if word in words else _NEAR if near(word) & words else 0.0


def _listed(text: str) -> list[dict[str, Any]]:
    try:
        listed = json.loads(text)["passages"]
    except (ValueError, KeyError, TypeError):
        return []
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
