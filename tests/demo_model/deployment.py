"""Agents, their sources and the router's prompt, as a deployment has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.demo_model.conversation import ROOT, reply, request, text_of, user
from waypost.agents import definition
from waypost.agents.coverage import coverage, names
from waypost.agents.definition import Agent
from waypost.agents.task import Resources
from waypost.knowledge import Folder
from waypost.routing import prompt
from waypost.warehouse import Database
from waypost.warehouse.query import QueryLimits

AGENTS = definition.load(ROOT / "agents")
ROUTED_AGENTS = {agent.id: agent for agent in AGENTS.values() if agent.routed}
SUPPORT_AGENTS = {name: AGENTS[name] for name in ("billing", "technical", "policy")}


@dataclass(frozen=True)
class Deployment:
    resources: Resources

    @classmethod
    def of(cls, documents: Path, database: Path, cache: Path) -> "Deployment":
        warehouse = Database(database, frozenset({"*"}), QueryLimits(rows=10, seconds=5), cache)
        return cls(Resources(None, Folder(documents, cache), warehouse))

    async def route(
        self,
        question: str,
        agents: dict[str, Agent] = ROUTED_AGENTS,
        previous: Sequence[tuple[str, str]] = (),
    ) -> prompt.RouterChoice:
        covered = await coverage(agents.values(), self.resources)
        named = await names(agents.values(), self.resources, question)
        return await choose(question, agents, covered, previous, named)


async def choose(
    question: str,
    agents: dict[str, Agent],
    coverage: dict[str, str],
    previous: Sequence[tuple[str, str]] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> prompt.RouterChoice:
    message = user({"text": prompt.question(question, previous)})
    line = text_of(await reply(request(prompt.system(agents, coverage, names).whole, [message])))
    choice = prompt.parse_choice(line, agents)
    assert choice, line
    return choice
