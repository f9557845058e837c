"""What a process keeps between questions: clients, agents, documents, the database."""

import asyncio
from dataclasses import dataclass

from waypost import store
from waypost.agents import definition
from waypost.agents.definition import Agent, Agents
from waypost.agents.loop import Resources
from waypost.knowledge import Folder
from waypost.models import bedrock, budget, loading
from waypost.routing import Router
from waypost.runs.history import LEAST_BUDGET
from waypost.settings import Settings, SettingsError
from waypost.warehouse import Database, QueryError
from waypost.warehouse.query import Caps


@dataclass(frozen=True)
class Backend:
    settings: Settings
    table: store.Table
    agents: Agents
    router: Router
    resources: Resources

    @classmethod
    async def open(cls, settings: Settings) -> "Backend":
        """Connects and reads the agents; what is slow and not needed first loads behind.

        Raises:
            SettingsError, AgentFileError: The deployment is not complete; the text says what is
                missing.
        """
        agents = definition.load(settings.agents)
        table, client = await asyncio.gather(
            asyncio.to_thread(store.connect, settings.table),
            asyncio.to_thread(bedrock.connect, settings.model_timeout),
        )
        loading.preload()
        router = Router(
            client,
            settings.router_model,
            agents,
            _default(settings, agents),
            settings.route_deadline,
        )
        resources = Resources(client, _knowledge(settings), _warehouse(settings))
        return cls(settings, table, agents, router, resources)

    @property
    def history_budget(self) -> int:
        """Tokens that earlier turns may have, whichever agent and model will answer."""
        agents = self.agents.values()
        own = {model for agent in agents for model in (agent.model, *agent.fallbacks) if model}
        room = budget.room({*self.settings.models, *self.settings.fallback_models, *own})
        return max(LEAST_BUDGET, min(self.settings.history_tokens, room))

    async def covers(self, question: str) -> dict[str, str]:
        """By agent id: what its documents or tables are about, for the router."""
        about = {agent.id: await self._about(agent, question) for agent in self.agents.values()}
        return {agent_id: text for agent_id, text in about.items() if text}

    async def _about(self, agent: Agent, question: str) -> str:
        parts: list[str] = []
        if agent.strategy == "rag" and self.resources.knowledge:
            parts.append(await self.resources.knowledge.outline())
        if "query_database" in agent.tools and self.resources.warehouse:
            try:
                parts.append(await self.resources.warehouse.summary())
                parts += await self.resources.warehouse.named(question)
            except QueryError:
                # The agent itself says so when it is asked; the others can still answer.
                return ""
        return "\n".join(parts)


def _default(settings: Settings, agents: Agents) -> Agent:
    if settings.default_agent is None:
        return next(iter(agents.values()))
    if settings.default_agent not in agents:
        raise SettingsError(
            f"WAYPOST_DEFAULT_AGENT is {settings.default_agent!r}; there are: {', '.join(agents)}."
        )
    return agents[settings.default_agent]


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
    caps = Caps(settings.result_rows, settings.query_seconds)
    return Database(settings.database, settings.shared_tables, caps)
