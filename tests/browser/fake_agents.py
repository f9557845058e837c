"""The agents of the fake backend: every version of each, as the API shows them."""

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
    defaults = {
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
    return {**defaults, **fields}


@dataclass
class FakeAgents:
    """The versions of each agent, the oldest first."""

    versions_by_id: dict[str, list[View]] = field(default_factory=dict)
    may_write: bool = True
    user: str = "me"
    """Who saves versions."""

    def __post_init__(self) -> None:
        self.seed("sql", "Data", description="Answers from rows.", tools=["query_database"])
        self.seed("rag", "Documents", description="Answers from rules.", strategy="rag")

    def seed(self, agent_id: str, name: str, **fields: Any) -> View:
        """Adds an agent from a file."""
        self.versions_by_id[agent_id] = []
        agent = definition(agent_id, name, **fields)
        return self.save_version(agent, source="file", created_by=None)

    def list_agents(self, deleted: bool) -> View:
        agents = [self.current(agent_id) for agent_id in self.versions_by_id]
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
        if agent_id not in self.versions_by_id:
            raise NotFound("Agent not found.", code="agent_not_found")
        return self.versions_by_id[agent_id]

    def existing(self, agent_id: str) -> View:
        """The current version, unless the agent is deleted."""
        if self.current(agent_id)["deleted"]:
            raise NotFound("Agent not found.", code="agent_not_found")
        return self.current(agent_id)

    def create(self, fields: View) -> View:
        self._require_admin()
        agent_id = fields.pop("id")
        if agent_id in self.versions_by_id:
            raise Conflict("An agent with this id exists already.", code="agent_exists")
        _require_known_model(fields)
        self.versions_by_id[agent_id] = []
        return self.save_version(definition(agent_id, **fields))

    def save(self, agent_id: str, fields: View) -> View:
        self._require_admin()
        self._require_current(agent_id, fields.pop("version"))
        _require_known_model(fields)
        return self.save_version({**self.existing(agent_id), **fields, "id": agent_id})

    def delete(self, agent_id: str, version: int) -> None:
        self._require_admin()
        self._require_current(agent_id, version)
        self.save_version({**self.existing(agent_id), "deleted": True})

    def roll_back(self, agent_id: str, version: int, current: int) -> View:
        self._require_admin()
        self._require_current(agent_id, current)
        return self.save_version({**self.versions(agent_id)[version - 1], "deleted": False})

    def save_version(self, agent: View, **fields: Any) -> View:
        versions = self.versions_by_id[agent["id"]]
        saved = {
            **agent,
            "source": "api",
            "created_at": now(),
            "created_by": self.user,
            "deleted": agent.get("deleted", False),
            **fields,
            "version": len(versions) + 1,
        }
        versions.append(saved)
        return saved

    def _require_admin(self) -> None:
        if not self.may_write:
            raise Forbidden("Only an admin may change agents.")

    def _require_current(self, agent_id: str, version: int) -> None:
        current = self.current(agent_id)["version"]
        if version != current:
            conflict = Conflict("The agent has changed since.", code="version_conflict")
            conflict.details["version"] = current
            raise conflict


def _require_known_model(fields: View) -> None:
    if fields.get("model") and fields["model"] not in ALLOWED["models"]:
        error = Invalid("There is no such model.", code="unknown_model")
        error.details["allowed"] = ALLOWED["models"]
        raise error
