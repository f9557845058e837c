"""Agents, their sources and the router's prompt, as a deployment has them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.builtin.asking import ROOT, reply, request, said, user
from waypost.agents import covering, definition
from waypost.agents.definition import Agent
from waypost.agents.task import Resources
from waypost.knowledge import Folder
from waypost.routing import prompt
from waypost.warehouse import Database
from waypost.warehouse.query import Caps

AGENTS = definition.load(ROOT / "agents")
ROUTED = {agent.id: agent for agent in AGENTS.values() if agent.routed}
DESK = {name: AGENTS[name] for name in ("billing", "technical", "policy")}


@dataclass(frozen=True)
class Deployment:
    resources: Resources

    @classmethod
    def of(cls, documents: Path, database: Path, cache: Path) -> "Deployment":
        warehouse = Database(database, frozenset({"*"}), Caps(rows=10, seconds=5))
        return cls(Resources(None, Folder(documents, cache), warehouse))

    async def route(
        self,
        question: str,
        agents: dict[str, Agent] = ROUTED,
        previous: Sequence[tuple[str, str]] = (),
    ) -> prompt.Choice:
        covers = await covering.covers(agents.values(), self.resources, question)
        return await choice(question, agents, covers, previous)


async def choice(
    question: str,
    agents: dict[str, Agent],
    covers: dict[str, str],
    previous: Sequence[tuple[str, str]] = (),
) -> prompt.Choice:
    asked = user({"text": prompt.question(question, previous)})
    line = said(await reply(request(prompt.system(agents, covers), [asked])))
    found = prompt.read(line, agents)
    assert found, line
    return found


def company(folder: Path) -> Deployment:
    """The demo company's documents and database."""
    file = folder / "company.sqlite"
    db = sqlite3.connect(file)
    db.executescript((ROOT / "demo/company.sql").read_text())
    db.commit()
    db.close()
    return Deployment.of(ROOT / "demo/documents", file, folder)
