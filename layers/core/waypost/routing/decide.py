"""The decision which agent answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from waypost.agents.definition import Agent
from waypost.errors import ModelError
from waypost.events import RouteDecided, RouteMethod, Usage
from waypost.models import oneshot
from waypost.routing import prompt
from waypost.routing.gate import GateMatch
from waypost.routing.offer import HELP
from waypost.routing.shortlist import abridged, shortlist

_LABEL_TOKENS = 80
_NO_USAGE = Usage()


@dataclass(frozen=True)
class Decision:
    """`failed` says that the router's model gave no usable answer and the default stands in."""

    route: RouteDecided
    usage: Usage = _NO_USAGE
    asked_model: bool = False
    failed: bool = False
    search: str = ""
    """Words to search the documents for."""
    offered: tuple[Agent, ...] = ()
    """The two to choose from, where the run does not guess."""
    question: str = ""
    """What was asked before the offer that this message takes."""


@dataclass(frozen=True)
class Router:
    """Asks a small model for one line. `deadline` is in seconds.

    Below `min_confidence` the agent `help`, where it is among the agents, asks back.
    """

    bedrock: Any
    model: str
    deadline: float
    min_confidence: float = 0.0

    async def decide(
        self,
        question: str,
        previous: Sequence[tuple[str, str]],
        agents: Mapping[str, Agent],
        coverage: Mapping[str, str],
        default: Agent,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> Decision:
        """The agent for `question`.

        Args:
            previous: Earlier questions with the agents that answered them, oldest first.
            agents: Those to choose among, by id.
            coverage: By agent id, what its documents or tables are about.
            default: The one that answers where no choice can be had.
            names: By agent id, names of the question that its tables hold.
        """
        if len(agents) == 1:
            return Decision(_route(default, "default", 1.0, "It is the only agent."))
        told = " ".join([question, *(text for _, text in previous)])
        keep = {default.id, HELP, *(name for name, _ in previous)}
        listed = shortlist(told, agents, coverage, keep)
        if len(listed) < len(agents):
            coverage = abridged(told, {name: coverage.get(name, "") for name in listed})
        try:
            reply = await oneshot.complete(
                self.bedrock,
                self.model,
                prompt.system(listed, coverage, names),
                prompt.question(question, previous),
                max_tokens=_LABEL_TOKENS,
                deadline=self.deadline,
            )
        except TimeoutError:
            return _fallback(default, "The router did not answer in time.", _NO_USAGE)
        except ModelError:
            return _fallback(default, "The router could not be asked.", _NO_USAGE)
        choice = prompt.parse_choice(reply.text.partition("\n")[0], agents)
        if choice is None:
            return _fallback(default, "The router named no agent.", reply.usage)
        agent = agents[choice.agent]
        route = _route(agent, "model", choice.confidence, choice.reason, choice.runner_up)
        decided = Decision(route, reply.usage, asked_model=True, search=choice.search)
        return self._undecided(decided, agents) or decided

    def _undecided(self, decided: Decision, agents: Mapping[str, Agent]) -> Decision | None:
        """The choice left to who asks, where the model's is a guess between two."""
        route = decided.route
        pair = tuple(
            agents[name]
            for name in (route.agent, route.runner_up or "")
            if name in agents and name != HELP
        )
        if route.confidence >= self.min_confidence or HELP not in agents or len(pair) < 2:
            return None
        asks = _route(agents[HELP], "model", route.confidence, "Two agents could answer this.")
        return replace(decided, route=asks, offered=pair)


def pinned(agent: Agent) -> Decision:
    """The caller's own choice."""
    return Decision(_route(agent, "pinned", 1.0, "The request names this agent."))


def taken(agent: Agent, question: str) -> Decision:
    """The caller's choice from the agents that were offered for a question."""
    route = _route(agent, "pinned", 1.0, "It was chosen from those that were offered.")
    return Decision(route, question=question)


def passed(agent: Agent, match: GateMatch) -> Decision:
    """What the words alone decide."""
    if match.known:
        return Decision(_route(agent, "lexical", 1.0, "The same question is known."))
    return Decision(_route(agent, "lexical", 0.99, "It is worded like questions that are known."))


def sticky(agent: Agent) -> Decision:
    """The agent whose answer broke off continues it."""
    return Decision(_route(agent, "sticky", 1.0, "It goes on with its own answer."))


def _fallback(default: Agent, reason: str, usage: Usage) -> Decision:
    return Decision(_route(default, "default", 0.0, reason), usage, asked_model=True, failed=True)


def _route(
    agent: Agent,
    method: RouteMethod,
    confidence: float,
    reason: str,
    runner_up: str | None = None,
) -> RouteDecided:
    return RouteDecided(
        agent=agent.id,
        agent_version=agent.version,
        method=method,
        confidence=confidence,
        reason=reason,
        runner_up=runner_up,
    )
