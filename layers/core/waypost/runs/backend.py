"""What a process keeps between questions: clients, agents, documents, the database."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waypost import store
from waypost.agents import definition
from waypost.agents.coverage import coverage
from waypost.agents.definition import Agent, Agents
from waypost.agents.task import Resources
from waypost.events import Usage
from waypost.identity import Identity
from waypost.knowledge import Folder
from waypost.models import bedrock, catalogue
from waypost.registry import Allowed, Editor, Registry
from waypost.routing import Gates, Router
from waypost.runs.activity import Activity
from waypost.runs.history import MIN_BUDGET
from waypost.settings import SMALL_MODEL, Settings, SettingsError
from waypost.warehouse import Database
from waypost.warehouse.query import QueryLimits

_MAX_COVERED = 100


@dataclass(frozen=True)
class Backend:
    settings: Settings
    table: store.Table
    registry: Registry
    editor: Editor
    router: Router
    resources: Resources
    activity: Activity = field(default_factory=Activity)
    gates: Gates = field(default_factory=Gates)
    covered: dict[tuple[Any, ...], dict[str, str]] = field(default_factory=dict)

    @classmethod
    async def open(cls, settings: Settings) -> "Backend":
        """Connects and reads the agents; what is slow and not needed first loads behind.

        Raises:
            SettingsError, AgentFileError: The deployment is not complete; the text says what is
                missing.
        """
        files = definition.load(settings.agents)
        _check_regions(settings)
        for profile, model in settings.profile_models.items():
            catalogue.know(profile, model)
        _check_default(settings, files)
        table, client = await asyncio.gather(
            asyncio.to_thread(store.connect, settings.table),
            asyncio.to_thread(bedrock.connect, settings.model_timeout, settings.calls),
        )
        router = Router(
            client, settings.router_model, settings.route_deadline, settings.route_min_confidence
        )
        resources = Resources(
            client, _knowledge(settings), _warehouse(settings), settings.calls.price_factor
        )
        registry = Registry(table, files)
        editor = Editor(table, registry, _allowed(settings, files))
        return cls(settings, table, registry, editor, router, resources)

    def close(self) -> None:
        """Ends the processes that wait for queries."""
        if self.resources.warehouse:
            self.resources.warehouse.close()

    async def agents_of(self, who: Identity) -> Agents:
        """The agents of a tenant, as they are now or were a few seconds ago."""
        return await self.registry.agents_of(who)

    def default(self, agents: Mapping[str, Agent]) -> Agent:
        """The one of `agents` that answers where the router makes no choice."""
        named = agents.get(self.settings.default_agent or "")
        return named or next(iter(agents.values()))

    def model_id(self, name: str) -> str:
        """The id of a model that an agent names."""
        return self.settings.model_id(name)

    def model_of(self, agent: Agent | None) -> str:
        """The id of the model that an agent asks first."""
        return self.model_id((agent and agent.model) or self.settings.model)

    def router_cost(self, usage: Usage) -> float | None:
        """US dollars of a call of the router's model, which also makes the summaries."""
        return catalogue.cost(self.settings.router_model, usage, self.settings.calls.price_factor)

    def history_budget(self, agents: Agents) -> int:
        """Tokens that earlier turns may have, whichever of `agents` and of the models answers."""
        own = {name for agent in agents.values() for name in (agent.model, *agent.fallbacks)}
        ids = {self.model_id(name) for name in own if name}
        room = catalogue.history_tokens(
            {*self.settings.models.values(), *self.settings.fallback_models, *ids}
        )
        return max(MIN_BUDGET, min(self.settings.history_tokens, room))

    async def coverage(self, agents: Mapping[str, Agent]) -> dict[str, str]:
        """By agent id: what its documents or tables are about, for the router.

        Made once for the same agents: a process has the same documents and tables for its life.
        """
        key = tuple(
            (agent.id, agent.strategy, agent.documents, agent.tools) for agent in agents.values()
        )
        if key not in self.covered:
            if len(self.covered) >= _MAX_COVERED:
                self.covered.clear()
            self.covered[key] = await coverage(agents.values(), self.resources)
        return self.covered[key]


def _allowed(settings: Settings, files: Agents) -> Allowed:
    named = [agent.runnable for agent in files.values() if agent.runnable]
    models = dict.fromkeys([*settings.models, *settings.fallback_models, SMALL_MODEL])
    return Allowed(
        models=tuple(models),
        runnables=tuple(dict.fromkeys([*settings.runnables, *named])),
        default_model=settings.model,
        unpriced=frozenset(
            name for name in models if not catalogue.has_price(settings.model_id(name))
        ),
    )


def _check_regions(settings: Settings) -> None:
    region = os.environ.get("AWS_REGION", "")
    asked = {settings.model, settings.router_model, *settings.fallback_models}
    for model in sorted({*asked, *settings.models.values()}):
        if not catalogue.is_in(model, region):
            raise SettingsError(
                f"{model} is an inference profile that {region} does not have. Take that of this "
                f"region, or global.{catalogue.base_model(model)}."
            )


def _check_default(settings: Settings, agents: Agents) -> None:
    if settings.default_agent and settings.default_agent not in agents:
        raise SettingsError(
            f"WAYPOST_DEFAULT_AGENT is {settings.default_agent!r}; there are: {', '.join(agents)}."
        )


def _knowledge(settings: Settings) -> Folder | None:
    if settings.documents is None:
        return None
    if not settings.documents.is_dir():
        raise SettingsError(f"WAYPOST_DOCUMENTS: there is no folder {settings.documents}.")
    return Folder(settings.documents)


def _warehouse(settings: Settings) -> Database | None:
    if settings.database is None:
        return None
    if not settings.database.is_file():
        raise SettingsError(f"WAYPOST_DATABASE: there is no file {settings.database}.")
    limits = QueryLimits(settings.result_rows, settings.query_seconds)
    return Database(settings.database, settings.shared_tables, limits)
