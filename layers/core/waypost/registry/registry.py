"""Each tenant's agents, as its table says they are now."""

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
FRESH = 4.0
"""Seconds for which what was read is taken to be so: a change elsewhere is live after as many."""
_TENANTS = 1000


@dataclass(frozen=True)
class _Known:
    agents: Agents
    read_at: float


class Registry:
    """Seeded from the deployment's files, for each tenant when it is first met.

    A tenant's changes are its own. Where an agent was never edited, it is as its file is.
    """

    def __init__(self, table: Table, files: Agents) -> None:
        self._table = table
        self._files = files
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def of(self, who: Identity) -> Agents:
        """The agents that can be asked. Raises StoreUnavailable where nothing is known yet."""
        known = self._known.get(who.tenant_id)
        if known and time.monotonic() - known.read_at < FRESH:
            return known.agents
        try:
            agents = _usable(await self.current(who))
        except StoreUnavailable:
            if known is None:
                raise
            return known.agents
        self._keep(who.tenant_id, agents)
        return agents

    async def current(self, who: Identity) -> list[CurrentAgent]:
        """Every agent of a tenant, the deleted ones too, by id.

        Where an agent was never edited and its file is gone, it counts as deleted.
        """
        found = await store.current(self._table, who)
        if who.tenant_id not in self._known and await seed(self._table, who, self._files, found):
            found = await store.current(self._table, who)
        return list(map(self._without_file, found))

    def forget(self, who: Identity) -> None:
        """What is asked next is asked of the agents as they are now."""
        if known := self._known.get(who.tenant_id):
            self._known[who.tenant_id] = _Known(known.agents, -FRESH)

    def _without_file(self, agent: CurrentAgent) -> CurrentAgent:
        gone = agent.source == "file" and agent.id not in self._files
        return agent.model_copy(update={"deleted": True}) if gone else agent

    def _keep(self, tenant_id: str, agents: Agents) -> None:
        self._known[tenant_id] = _Known(agents, time.monotonic())
        self._known.move_to_end(tenant_id)
        while len(self._known) > _TENANTS:
            self._known.popitem(last=False)


def usable(agent: CurrentAgent) -> Agent:
    """Raises ValidationError where a newer release does not take what an older one took."""
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
