"""What an agent answers with: its prompt, its tools, and the passages that it may cite."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator

from waypost.agents import context, prompts
from waypost.agents.citations import Citations
from waypost.agents.mcp import McpError, Server
from waypost.agents.mcp.tools import offered
from waypost.agents.steps import Step
from waypost.agents.task import Resources, Task
from waypost.agents.tools import QueryDatabase, SearchDocuments, Tool, restore
from waypost.errors import Unavailable
from waypost.events import Event
from waypost.knowledge import Folder
from waypost.models.turns import System, UserTurn
from waypost.warehouse import QueryError

_LEANING = re.compile(
    r"^(and|but|or|so|also|why|how so|what about|how about|more)\b|"
    r"\b(it|its|they|them|their|that|those|these|this|ones?|first|second|third|last|there|else)\b",
    re.IGNORECASE,
)
"""Words that point at an earlier question."""

_Source = Callable[[], AsyncGenerator[Event, None]]


class Preparation:
    """Complete once its events are over."""

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._resources = resources
        self._servers: list[Server] = []
        self._missing: list[str] = []
        self.system = System(task.agent.instructions)
        self.tools: dict[str, Tool] = {}
        self.citations = Citations()

    async def events(self) -> AsyncGenerator[Event, None]:
        """What an agent of several sources lacks here, its model is told.

        Raises:
            Unavailable: Nothing is here that the agent answers from.
        """
        sources = list(self._sources())
        for source in sources:
            try:
                async for event in source():
                    yield event
            except Unavailable as lacking:
                self._missing.append(lacking.message)
                if len(self._missing) == len(sources):
                    raise
        async for event in self._connect():
            yield event
        if self._missing:
            self._tell(prompts.with_missing(self.system.text, self._missing))
        restore(self.citations, self._task.said)

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers))

    def _sources(self) -> Iterator[_Source]:
        agent = self._task.agent
        if agent.strategy != "none" or "search_documents" in agent.tools:
            yield self._open_documents
        if "query_database" in agent.tools:
            yield self._read_schema

    async def _open_documents(self) -> AsyncGenerator[Event, None]:
        knowledge, agent = self._resources.knowledge, self._task.agent
        if knowledge is None:
            raise Unavailable(prompts.NO_DOCUMENTS, code="no_documents")
        if agent.strategy != "none":
            step = Step("retrieval", "documents")
            yield step.started
            await self._retrieve(knowledge)
            yield step.completed("ok")
        if "search_documents" in agent.tools:
            among = await context.reach(agent, knowledge)
            self.tools["search_documents"] = SearchDocuments(knowledge, among, self.citations)

    async def _retrieve(self, knowledge: Folder) -> None:
        agent, longest = self._task.agent, context.room(self._task.models)
        given = await context.gather(agent, knowledge, _search_text(self._task), longest)
        self.citations.number([*given.whole, *given.found])
        if given.whole:
            self.system = System("", prompts.with_documents(agent.instructions, given.whole))
        if given.found or not given.whole:
            first = len(given.whole) + 1
            self._tell(prompts.with_passages(self.system.text, given.found, first))

    async def _read_schema(self) -> AsyncGenerator[Event, None]:
        warehouse = self._resources.warehouse
        if warehouse is None:
            raise Unavailable(prompts.NO_DATABASE, code="no_database")
        step = Step("retrieval", "schema")
        yield step.started
        try:
            schema = await warehouse.schema()
            values = await warehouse.mentioned(_asked(self._task))
        except QueryError as error:
            yield step.completed("failed")
            raise Unavailable(error.message, code=error.code) from error
        if not schema:
            yield step.completed("failed")
            raise Unavailable("No table of the database is open to you.", code="no_open_tables")
        self._tell(prompts.with_schema(self.system.text, schema, values, self._task.today))
        self.tools["query_database"] = QueryDatabase(warehouse)
        yield step.completed("ok")

    async def _connect(self) -> AsyncGenerator[Event, None]:
        """A server that cannot be reached is missing, and the others are there."""
        names = list(self._task.mcp_servers)
        steps = [Step("retrieval", f"mcp:{name}") for name in names]
        for step in steps:
            yield step.started
        servers = [Server(self._task.mcp_servers[name]) for name in names]
        self._servers += servers
        given = await asyncio.gather(*map(offered, names, servers), return_exceptions=True)
        for name, step, tools in zip(names, steps, given, strict=True):
            if isinstance(tools, McpError):
                self._missing.append(f"The tools of {name} are not there: {tools}")
                yield step.note(str(tools))
                yield step.completed("failed")
            elif isinstance(tools, BaseException):
                raise tools
            else:
                self.tools |= tools
                yield step.completed("ok")

    def _tell(self, text: str) -> None:
        self.system = System(text, self.system.prefix)


def _previous(task: Task) -> str:
    asked = [turn.text for turn in task.history if isinstance(turn, UserTurn)]
    asked = [text for text in asked if not text.startswith("<summary>")]
    return asked[-1] if asked else ""


def _asked(task: Task) -> str:
    """The question and the one before, which it may lean on ("list them")."""
    return f"{task.question}\n{_previous(task)}"


def _search_text(task: Task) -> str:
    """What to look for: a question that leans on the one before cannot be looked up without it."""
    leans = _LEANING.search(task.question) or len(task.question.split()) <= 2
    return _asked(task) if leans else task.question
