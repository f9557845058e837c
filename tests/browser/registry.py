"""The agents on the stage: every version of each, as the API tells them."""

from dataclasses import dataclass, field
from typing import Any

from waypost.errors import Conflict, Forbidden, Invalid, NotFound
from waypost.events import now

ALLOWED: dict[str, list[str]] = {
    "models": ["nova-lite", "nova-pro", "gpt-oss"],
    "strategies": ["none", "rag", "cag", "hybrid"],
    "tools": ["query_database", "search_documents"],
    "runnables": [],
}
View = dict[str, Any]


def definition(agent_id: str, name: str, **fields: Any) -> View:
    given = {
        "id": agent_id,
        "name": name,
        "description": f"Answers what {name} knows.",
        "examples": [f"What does {name} say?"],
        "aliases": [],
        "routed": True,
        "strategy": "none",
        "documents": [],
        "tools": [],
        "model": None,
        "fallbacks": [],
        "max_tokens": 2048,
        "max_steps": 6,
        "max_cost_usd": None,
        "runnable": None,
        "instructions": f"You are {name}.\nAnswer shortly.",
    }
    return {**given, **fields}


@dataclass
class Registry:
    """The versions of each agent, the oldest first."""

    kept: dict[str, list[View]] = field(default_factory=dict)
    may_write: bool = True
    writer: str = "me"

    def clear(self) -> None:
        self.kept.clear()
        self.may_write = True
        self.writer = "me"
        self.seed("sql", "Data", description="Answers from rows.", tools=["query_database"])
        self.seed("rag", "Documents", description="Answers from rules.", strategy="rag")

    def seed(self, agent_id: str, name: str, **fields: Any) -> View:
        """An agent from a file."""
        self.kept[agent_id] = []
        made = definition(agent_id, name, **fields)
        return self.keep(made, source="file", created_by=None)

    def listed(self, deleted: bool) -> View:
        agents = [self.current(agent_id) for agent_id in self.kept]
        agents = [agent for agent in agents if agent["deleted"] == deleted]
        return {
            "agents": agents,
            "total": len(agents),
            "allowed": ALLOWED,
            "may_write": self.may_write,
        }

    def current(self, agent_id: str) -> View:
        return self.versions(agent_id)[-1]

    def versions(self, agent_id: str) -> list[View]:
        if agent_id not in self.kept:
            raise NotFound("There is no such agent.", code="agent_not_found")
        return self.kept[agent_id]

    def live(self, agent_id: str) -> View:
        if self.current(agent_id)["deleted"]:
            raise NotFound("There is no such agent.", code="agent_not_found")
        return self.current(agent_id)

    def create(self, given: View) -> View:
        self._allow()
        if given["id"] in self.kept:
            raise Conflict("There is an agent of that id.", code="agent_exists")
        _check(given)
        self.kept[given["id"]] = []
        return self.keep(definition(**{"agent_id": given.pop("id"), **given}))

    def save(self, agent_id: str, given: View) -> View:
        self._allow()
        self._expect(agent_id, given.pop("version"))
        _check(given)
        return self.keep({**self.live(agent_id), **given, "id": agent_id})

    def delete(self, agent_id: str, version: int) -> None:
        self._allow()
        self._expect(agent_id, version)
        self.keep({**self.live(agent_id), "deleted": True})

    def roll_back(self, agent_id: str, version: int, current: int) -> View:
        self._allow()
        self._expect(agent_id, current)
        return self.keep({**self.versions(agent_id)[version - 1], "deleted": False})

    def _allow(self) -> None:
        if not self.may_write:
            raise Forbidden("Only an admin may change agents.")

    def _expect(self, agent_id: str, version: int) -> None:
        current = self.current(agent_id)["version"]
        if version != current:
            conflict = Conflict("The agent has changed since.", code="version_conflict")
            conflict.details["version"] = current
            raise conflict

    def keep(self, agent: View, **fields: Any) -> View:
        at = now()
        about = {"source": "api", "created_at": at, "created_by": self.writer, "deleted": False}
        deleted = {"deleted": agent.get("deleted", False)}
        versions = self.kept[agent["id"]]
        kept = {**agent, **about, **deleted, **fields, "version": len(versions) + 1}
        versions.append(kept)
        return kept


def _check(given: View) -> None:
    if given.get("model") and given["model"] not in ALLOWED["models"]:
        refused = Invalid("There is no such model.", code="unknown_model")
        refused.details["allowed"] = ALLOWED["models"]
        raise refused
