"""Each tenant's agents, as the table has them now."""

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

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
        self._reading: dict[str, asyncio.Task[Agents]] = {}

    async def agents_of(self, who: Identity) -> Agents:
        """The agents that can be asked. Raises StoreUnavailable where none are cached yet."""
        cached = self._cache.get(who.tenant_id)
        if cached and time.monotonic() - cached.read_at < CACHE_SECONDS:
            return cached.agents
        try:
            return await asyncio.shield(self._reading_of(who))
        except StoreUnavailable:
            if cached is None:
                raise
            return cached.agents

    def _reading_of(self, who: Identity) -> asyncio.Task[Agents]:
        """The read of a tenant's agents: one for all who ask at once."""
        reading = self._reading.get(who.tenant_id)
        if reading is None or reading.done():
            reading = asyncio.create_task(self._read(who))
            self._reading[who.tenant_id] = reading
            reading.add_done_callback(partial(self._has_read, who.tenant_id))
        return reading

    async def _read(self, who: Identity) -> Agents:
        agents = _usable(await self.current(who))
        # What was forgotten meanwhile has been changed meanwhile.
        if self._reading.get(who.tenant_id) is asyncio.current_task():
            self._remember(who.tenant_id, agents)
        return agents

    def _has_read(self, tenant_id: str, reading: asyncio.Task[Agents]) -> None:
        if self._reading.get(tenant_id) is reading:
            del self._reading[tenant_id]

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
        self._reading.pop(who.tenant_id, None)
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
