"""The gate in front of the router's model: questions whose words alone say who answers.

A question passes where it is known, or where it is much like those that one agent is known to
answer: by naive Bayes over the words and the pairs of words that are present. What it learns from
is small, so it is exact about its own doubt: the fewer questions are known, the more alike must
one be.
"""

import math
import re
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from waypost.agents.definition import Agent

MAX_LEARNED = 500
"""Questions that are learned of those that were asked; the oldest are forgotten."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SMOOTHING = 0.1
_MARGIN = 3.5
"""How far ahead the best agent must be, in units of the root of the number of features."""
_FEW = 20.0
"""What is added to the margin, divided by the number of questions that are known."""


@dataclass(frozen=True)
class GateMatch:
    """`known` says that the very question is known."""

    agent: str
    known: bool


class Gate:
    """What is known of who answers what."""

    def __init__(self, questions: Iterable[tuple[str, str]] = ()) -> None:
        """Args: questions: Each with the id of the agent that answers it."""
        self._agents: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._features: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._totals: Counter[str] = Counter()
        self._known: Counter[str] = Counter()
        self._vocabulary: Counter[str] = Counter()
        self._learned: deque[tuple[str, str]] = deque()
        for text, agent in questions:
            self._add(text, agent)

    def learn(self, text: str, agent: str) -> None:
        """A question that was asked here, and answered by `agent`."""
        if words := tuple(words_of(text)):
            if agent in self._agents[words]:
                return
            self._add(text, agent)
            self._learned.append((text, agent))
            if len(self._learned) > MAX_LEARNED:
                self._add(*self._learned.popleft(), sign=-1)

    def decide(self, text: str, among: Collection[str], *, alone: bool = True) -> GateMatch | None:
        """The agent for a question, where the words leave no doubt.

        Args:
            among: Ids of those to choose among.
            alone: It follows no other. One that does is decided only where it is known.
        """
        words = tuple(words_of(text))
        if known := [agent for agent in self._agents.get(words, ()) if agent in among]:
            return GateMatch(known[0], known=True) if len(known) == 1 else None
        if alone and (agent := self._alike(words, among)):
            return GateMatch(agent, known=False)
        return None

    def _alike(self, words: tuple[str, ...], among: Collection[str]) -> str | None:
        found = features(words)
        known = [feature for feature in found if feature in self._vocabulary]
        scores = sorted(
            ((self._score(agent, known), agent) for agent in among if self._known[agent]),
            reverse=True,
        )
        if len(scores) < 2 or not known:
            return None
        (best, agent), (second, other) = scores[:2]
        few = _FEW / min(self._known[agent], self._known[other])
        is_ahead = (best - second) / math.sqrt(len(found)) >= _MARGIN + few
        return agent if is_ahead else None

    def _score(self, agent: str, known: Iterable[str]) -> float:
        counts = self._features[agent]
        total = self._totals[agent] + _SMOOTHING * len(self._vocabulary)
        return sum(math.log((counts[feature] + _SMOOTHING) / total) for feature in known)

    def _add(self, text: str, agent: str, sign: int = 1) -> None:
        words = tuple(words_of(text))
        found = features(words)
        self._known[agent] += sign
        self._totals[agent] += sign * len(found)
        for counts, names in (
            (self._agents[words], (agent,)),
            (self._features[agent], found),
            (self._vocabulary, found),
        ):
            for name in names:
                counts[name] += sign
                if not counts[name]:
                    del counts[name]
        if not self._agents[words]:
            del self._agents[words]


class Gates:
    """A gate for each tenant, for the life of a process."""

    _MAX = 50

    def __init__(self) -> None:
        self._gates: dict[str, tuple[object, Gate]] = {}

    def of(self, tenant: str, agents: Mapping[str, Agent]) -> Gate:
        """The tenant's gate. Where its agents have changed, it knows only their examples again."""
        state = tuple((agent.id, agent.version, agent.examples) for agent in agents.values())
        known, gate = self._gates.pop(tenant, (None, None))
        if gate is None or known != state:
            examples = [(text, a.id) for a in agents.values() for text in a.examples]
            gate = Gate(examples)
        self._gates[tenant] = (state, gate)
        if len(self._gates) > self._MAX:
            del self._gates[next(iter(self._gates))]
        return gate


def features(words: tuple[str, ...]) -> frozenset[str]:
    """The words and their pairs, the beginning and the end included."""
    framed = ("^", *words, "$")
    pairs = (f"{one} {other}" for one, other in pairwise(framed))
    return frozenset([*words, *pairs])


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))
