"""Each tenant's agents, as the table has them now."""

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass

from pydantic import ValidationError

from waypost.agents.definition import Agent, Agents
from waypost.errors import StoreUnavailable
from waypost.identity import Identity
from waypost.records import CurrentAgent
from waypost.registry.seeding import seed
from waypost.store import Table
from waypost.store import agents as store

logger = logging.getLogger(__name__)
CACHE_SECONDS = 4.0
"""How long what was read is used: a change elsewhere is live after as many seconds."""
_MAX_TENANTS = 1000


@dataclass(frozen=True)
class _CachedAgents:
    agents: Agents
    read_at: float


class Registry:
    """Seeded from the deployment's files, for each tenant at its first request.

    A tenant's changes are its own. Where an agent was never edited, it is as its file is.
    """

    def __init__(self, table: Table, files: Agents) -> None:
        self._table = table
        self._files = files
        self._cache: OrderedDict[str, _CachedAgents] = OrderedDict()

    async def agents_of(self, who: Identity) -> Agents:
        """The agents that can be asked. Raises StoreUnavailable where none are cached yet."""
        cached = self._cache.get(who.tenant_id)
        if cached and time.monotonic() - cached.read_at < CACHE_SECONDS:
            return cached.agents
        try:
            agents = _usable(await self.current(who))
        except StoreUnavailable:
            if cached is None:
                raise
            return cached.agents
        self._remember(who.tenant_id, agents)
        return agents

    async def current(self, who: Identity) -> list[CurrentAgent]:
        """Every agent of a tenant, the deleted ones too, by id.

        Where an agent was never edited and its file is gone, it counts as deleted.
        """
        found = await store.current(self._table, who)
        if who.tenant_id not in self._cache and await seed(self._table, who, self._files, found):
            found = await store.current(self._table, who)
        return list(map(self._without_file, found))

    def forget(self, who: Identity) -> None:
        """Drops what is cached: the next question is answered by the agents as they are now."""
        if cached := self._cache.get(who.tenant_id):
            self._cache[who.tenant_id] = _CachedAgents(cached.agents, -CACHE_SECONDS)

    def _without_file(self, agent: CurrentAgent) -> CurrentAgent:
        gone = agent.source == "file" and agent.id not in self._files
        return agent.model_copy(update={"deleted": True}) if gone else agent

    def _remember(self, tenant_id: str, agents: Agents) -> None:
        self._cache[tenant_id] = _CachedAgents(agents, time.monotonic())
        self._cache.move_to_end(tenant_id)
        while len(self._cache) > _MAX_TENANTS:
            self._cache.popitem(last=False)


def usable(agent: CurrentAgent) -> Agent:
    """Raises ValidationError where this release does not accept what an older one stored."""
    fields = {**agent.definition, "id": agent.id, "version": agent.version}
    return Agent.model_validate(fields)


def _usable(found: list[CurrentAgent]) -> Agents:
    agents: list[Agent] = []
    for agent in found:
        if agent.deleted:
            continue
        try:
            agents.append(usable(agent))
        except ValidationError:
            logger.error("agent is not valid", extra={"agent": agent.id, "version": agent.version})
    return Agents(agents)
