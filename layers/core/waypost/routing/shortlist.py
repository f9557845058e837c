"""The agents that the router's model is asked about, where there are many."""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache

from waypost.agents.definition import Agent
from waypost.routing.gate import words_of

_MAX_COVERAGE = 500
"""Characters of what one of many agents covers."""
MAX_AGENTS = 20
"""More are not described to the router's model at once."""


def shortlist(
    text: str,
    agents: Mapping[str, Agent],
    coverage: Mapping[str, str],
    keep: Collection[str] = (),
) -> dict[str, Agent]:
    """The agents whose descriptions, examples and coverage share most with `text`.

    Args:
        text: The question, with those before it.
        keep: Ids of those that are always among them.
    """
    if len(agents) <= MAX_AGENTS:
        return dict(agents)
    described = {name: _described(agent, coverage.get(name, "")) for name, agent in agents.items()}
    holding = Counter(piece for pieces in described.values() for piece in pieces)
    asked = _pieces(text)
    rarity = {piece: math.log(1 + len(agents) / holding[piece]) for piece in asked & set(holding)}
    scores = {
        name: sum(value for piece, value in rarity.items() if piece in pieces)
        / (8 + math.sqrt(len(pieces)))
        for name, pieces in described.items()
    }
    ranked = sorted(agents, key=lambda name: (name not in keep, -scores[name]))
    chosen = frozenset(ranked[:MAX_AGENTS])
    return {name: agent for name, agent in agents.items() if name in chosen}


def abridged(text: str, coverage: Mapping[str, str]) -> dict[str, str]:
    """What each agent covers, in few words: first the lines that share most with `text`."""
    asked = _pieces(text)
    found: dict[str, str] = {}
    for name, covered in coverage.items():
        lines = sorted(covered.splitlines(), key=lambda line: -len(asked & _pieces(line)))
        found[name] = "\n".join(lines)[:_MAX_COVERAGE]
    return found


@lru_cache(maxsize=1000)
def _described(agent: Agent, covered: str) -> frozenset[str]:
    return _pieces(" ".join([agent.name, agent.description, *agent.examples, covered]))


def _pieces(text: str) -> frozenset[str]:
    """Words by their first letters, so that `invoice` is found in `invoices`."""
    return frozenset(word[:5] for word in words_of(text) if len(word) > 2)
