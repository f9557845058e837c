"""A tenant's agents are seeded from the files of each deployment."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import Api
from waypost.agents.definition import Agent, Agents
from waypost.errors import StoreUnavailable
from waypost.identity import Identity
from waypost.records import CurrentAgent
from waypost.registry import Allowed, Editor, Registry
from waypost.registry import registry as module
from waypost.store import Table, agents

WHO = Identity("new-here", "user")
ALLOWED = Allowed(models=("m",), runnables=())


def file(instructions: str = "As it was.", name: str = "fleet") -> Agent:
    return Agent(
        id=name, name="Fleet", description="Vans.", examples=("Which?",), instructions=instructions
    )


def deployed(api: Api, *files: Agent) -> Registry:
    """A process of a new deployment."""
    return Registry(api.app.state.backend.table, Agents(list(files)))


def editor(api: Api, registry: Registry) -> Editor:
    return Editor(api.app.state.backend.table, registry, ALLOWED)


async def current(registry: Registry, name: str = "fleet") -> CurrentAgent:
    return next(agent for agent in await registry.current(WHO) if agent.id == name)


async def test_an_unchanged_file_stays_version_1(api: Api) -> None:
    for _ in range(2):
        agents = await deployed(api, file()).agents_of(WHO)
        assert (agents["fleet"].version, agents["fleet"].instructions) == (1, "As it was.")


async def test_a_changed_file_is_the_next_version(api: Api) -> None:
    await deployed(api, file()).agents_of(WHO)
    registry = deployed(api, file("Better."))
    agents = await registry.agents_of(WHO)
    assert (agents["fleet"].version, agents["fleet"].instructions) == (2, "Better.")
    versions = await editor(api, registry).versions(WHO, "fleet")
    assert [(v.version, v.source) for v in versions] == [(2, "file"), (1, "file")]


async def test_an_edited_agent_stays_and_can_be_rolled_back_to_the_file(api: Api) -> None:
    registry = deployed(api, file())
    await registry.agents_of(WHO)
    mine = file("Mine.").content
    await editor(api, registry).replace(WHO, "fleet", mine, 1)

    registry = deployed(api, file("Better."))

    assert (await registry.agents_of(WHO))["fleet"].instructions == "Mine."
    assert (await current(registry)).latest == 3
    back = await editor(api, registry).restore(WHO, "fleet", 3, 2)
    assert (back.version, back.definition["instructions"]) == (4, "Better.")
    assert (await registry.agents_of(WHO))["fleet"].version == 4


async def test_a_deleted_agent_stays_deleted(api: Api) -> None:
    registry = deployed(api, file(), file(name="rag"))
    await registry.agents_of(WHO)
    await editor(api, registry).delete(WHO, "fleet", 1)
    assert set(await deployed(api, file("Better."), file(name="rag")).agents_of(WHO)) == {"rag"}


async def test_an_agent_is_deleted_with_its_file_unless_it_was_edited(api: Api) -> None:
    registry = deployed(api, file(), file(name="rag"), file(name="sql"))
    await registry.agents_of(WHO)
    await editor(api, registry).replace(WHO, "sql", file("Mine.").content, 1)

    registry = deployed(api, file(name="rag"))

    assert set(await registry.agents_of(WHO)) == {"rag", "sql"}
    assert (await current(registry)).deleted
    back = await editor(api, registry).restore(WHO, "fleet", 1, 1)
    assert back.version == 2
    assert set(await registry.agents_of(WHO)) == {"fleet", "rag", "sql"}


async def test_two_processes_may_seed_at_once(api: Api) -> None:
    both = [deployed(api, file()) for _ in range(2)]
    found = await asyncio.gather(*(registry.agents_of(WHO) for registry in both))
    assert [agents["fleet"].version for agents in found] == [1, 1]


async def test_each_tenant_is_seeded_on_its_own(api: Api) -> None:
    registry = deployed(api, file())
    await registry.agents_of(WHO)
    await editor(api, registry).replace(WHO, "fleet", file("Mine.").content, 1)
    agents = await registry.agents_of(Identity("another", "user"))
    assert agents["fleet"].instructions == "As it was."


async def test_cached_agents_are_used_while_the_table_is_unavailable(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = deployed(api, file())
    known = await registry.agents_of(WHO)
    monkeypatch.setattr(module, "CACHE_SECONDS", 0.0)

    async def unavailable(self: Table, *args: Any, **kwargs: Any) -> Any:
        raise StoreUnavailable

    monkeypatch.setattr(Table, "query", unavailable)
    assert await registry.agents_of(WHO) is known
    with pytest.raises(StoreUnavailable):
        await registry.agents_of(Identity("another", "user"))


async def test_an_invalid_definition_is_left_out(api: Api) -> None:
    registry = deployed(api, file(), file(name="rag"))
    await registry.agents_of(WHO)
    written = await current(registry)
    broken = {**written.definition, "tools": ["a tool of an older release"]}
    await agents.write(
        api.app.state.backend.table,
        WHO,
        written.model_copy(
            update={"version": 2, "latest": 2, "definition": broken, "source": "api"}
        ),
        written,
    )
    registry.forget(WHO)
    assert set(await registry.agents_of(WHO)) == {"rag"}
