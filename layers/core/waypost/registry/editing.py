"""Changes to a tenant's agents: each is a new version."""

from typing import Any

from waypost.agents.definition import Agent
from waypost.errors import Conflict, Invalid, NotFound
from waypost.events import now
from waypost.identity import Identity
from waypost.records import AgentVersion, CurrentAgent
from waypost.registry.allowed import Allowed
from waypost.registry.registry import Registry
from waypost.store import Table
from waypost.store import agents as store
from waypost.store.items import ItemRefused
from waypost.store.table import ConditionFailed

_MAX_AGENTS = 100
_MAX_VERSIONS = 200


class Editor:
    """Every method takes the caller's identity; whether they may do it is checked before."""

    def __init__(self, table: Table, registry: Registry, allowed: Allowed) -> None:
        self._table = table
        self._registry = registry
        self.allowed = allowed

    async def agents(self, who: Identity, *, deleted: bool = False) -> list[CurrentAgent]:
        """By id. `deleted` for those that were deleted, instead of the others."""
        found = await self._registry.current(who)
        return [agent for agent in found if agent.deleted == deleted]

    async def agent(self, who: Identity, name: str) -> CurrentAgent:
        """By id or alias. Raises NotFound."""
        found = await self.agents(who)
        for agent in found:
            if agent.id == name:
                return agent
        for agent in found:
            if name in agent.definition.get("aliases", ()):
                return agent
        raise _no_such_agent()

    async def versions(self, who: Identity, agent_id: str) -> list[AgentVersion]:
        """The last 200, newest first; also of an agent that was deleted. Raises NotFound."""
        found = await store.versions(self._table, who, agent_id, _MAX_VERSIONS)
        if not found:
            raise _no_such_agent()
        return found

    async def version(self, who: Identity, agent_id: str, number: int) -> AgentVersion:
        """Raises NotFound."""
        found = await store.version(self._table, who, agent_id, number)
        if found is None:
            raise NotFound("Agent version not found.", code="version_not_found")
        return found

    async def create(self, who: Identity, fields: dict[str, Any]) -> CurrentAgent:
        """Raises Invalid, and Conflict where the id or an alias is taken."""
        agent = self.allowed.agent(fields)
        before = await self._stored(who, agent.id)
        if before and not before.deleted:
            raise Conflict("An agent with this id exists already.", code="agent_exists")
        return await self._write(who, agent.id, agent, before)

    async def replace(
        self, who: Identity, agent_id: str, fields: dict[str, Any], version: int
    ) -> CurrentAgent:
        """The next version of an agent.

        Args:
            version: The one that was edited.

        Raises:
            NotFound: There is no such agent.
            Invalid: The fields are not a valid agent.
            Conflict: Somebody else has changed it since, or an alias is taken.
        """
        before = await self._at(who, agent_id, version)
        if before.deleted:
            raise _no_such_agent()
        return await self._write(
            who, agent_id, self.allowed.agent({**fields, "id": agent_id}), before
        )

    async def restore(
        self, who: Identity, agent_id: str, number: int, version: int
    ) -> CurrentAgent:
        """A new version with the content of version `number`, of a deleted agent too.

        Raises as `replace`.
        """
        before = await self._at(who, agent_id, version)
        old = await self.version(who, agent_id, number)
        return await self._write(
            who, agent_id, self.allowed.agent({**old.definition, "id": agent_id}), before
        )

    async def delete(self, who: Identity, agent_id: str, version: int | None) -> CurrentAgent:
        """Takes an agent away; its versions stay. Raises NotFound and Conflict."""
        before = await self._at(who, agent_id, version)
        if before.deleted:
            raise _no_such_agent()
        return await self._write(who, agent_id, None, before)

    async def _stored(self, who: Identity, agent_id: str) -> CurrentAgent | None:
        found = await self._registry.current(who)
        return next((agent for agent in found if agent.id == agent_id), None)

    async def _at(self, who: Identity, agent_id: str, version: int | None) -> CurrentAgent:
        found = await self._stored(who, agent_id)
        if found is None:
            raise _no_such_agent()
        if version is not None and version != found.version:
            raise _changed(found)
        return found

    async def _write(
        self, who: Identity, agent_id: str, agent: Agent | None, before: CurrentAgent | None
    ) -> CurrentAgent:
        """`agent` None for what is deleted."""
        if agent:
            await self._check_names(who, agent)
        number = before.latest + 1 if before else 1
        written = CurrentAgent(
            id=agent_id,
            version=number,
            latest=number,
            definition=agent.content if agent else before.definition if before else {},
            source="api",
            created_at=now(),
            created_by=who.user_id,
            deleted=agent is None,
            seed=before.seed if before else None,
        )
        try:
            await store.write(self._table, who, written, before)
        except ItemRefused:
            raise Invalid("The agent holds a value that cannot be stored.") from None
        except ConditionFailed:
            # The response to an earlier try may have been lost: then what is stored is ours.
            stored = await self._stored(who, agent_id)
            if stored != written:
                raise _changed(stored) from None
        self._registry.forget(who)
        return written

    async def _check_names(self, who: Identity, agent: Agent) -> None:
        others = [other for other in await self.agents(who) if other.id != agent.id]
        if len(others) >= _MAX_AGENTS:
            raise Conflict(f"There are {_MAX_AGENTS} agents already.", code="too_many_agents")
        taken = {other.id for other in others}
        taken.update(alias for o in others for alias in o.definition.get("aliases", ()))
        if twice := next((name for name in (agent.id, *agent.aliases) if name in taken), None):
            error = Conflict(f"Another agent is called {twice!r}.", code="name_taken")
            error.details["field"] = "id" if twice == agent.id else "aliases"
            raise error


def _changed(stored: CurrentAgent | None) -> Conflict:
    error = Conflict("The agent was changed by somebody else.", code="version_conflict")
    if stored:
        error.details["version"] = stored.version
    return error


def _no_such_agent() -> NotFound:
    return NotFound("Agent not found.", code="agent_not_found")
