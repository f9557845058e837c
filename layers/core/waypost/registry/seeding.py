"""From the deployment's files to a tenant's agents."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Sequence

from waypost.agents.definition import Agent, Agents
from waypost.events import now
from waypost.identity import Identity
from waypost.records import AgentVersion, CurrentAgent
from waypost.store import Table
from waypost.store import agents as store
from waypost.store.table import ConditionFailed


async def seed(table: Table, who: Identity, files: Agents, found: Sequence[CurrentAgent]) -> bool:
    """Adds a version wherever a file is new or has changed; False where none has.

    An agent that was edited or deleted stays so: the file is then only among its versions.
    """
    stored = {agent.id: agent for agent in found}
    changed = [
        file
        for file in files.values()
        if _fingerprint(file) != getattr(stored.get(file.id), "seed", None)
    ]
    await asyncio.gather(*(_seed(table, who, file, stored.get(file.id)) for file in changed))
    return bool(changed)


async def _seed(table: Table, who: Identity, file: Agent, before: CurrentAgent | None) -> None:
    number = before.latest + 1 if before else 1
    added = AgentVersion(
        id=file.id, version=number, definition=file.content, source="file", created_at=now()
    )
    if before and (before.source == "api" or before.deleted):
        current = before
    else:
        current = CurrentAgent(**added.model_dump(), latest=number)
    current = current.model_copy(update={"latest": number, "seed": _fingerprint(file)})
    # Another process may do the same at the same time, to the same effect.
    with contextlib.suppress(ConditionFailed):
        await store.write(table, who, current, before, added)


def _fingerprint(file: Agent) -> str:
    return hashlib.sha256(json.dumps(file.content, sort_keys=True).encode()).hexdigest()
