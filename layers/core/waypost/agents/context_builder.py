"""Builds what an agent answers with: its prompt, its tools, and the passages it may cite."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator

from waypost.agents import context, prompts
from waypost.agents.citations import Citations
from waypost.agents.definition import Agent
from waypost.agents.mcp import McpError, McpServer
from waypost.agents.mcp.tools import mcp_tools
from waypost.agents.references import leans
from waypost.agents.steps import OpenStep
from waypost.agents.task import Resources, Task
from waypost.agents.tools import QueryDatabase, SearchDocuments, Tool, restore_citations
from waypost.errors import Unavailable
from waypost.events import Event
from waypost.knowledge import Folder
from waypost.models.turns import SystemPrompt, UserTurn
from waypost.warehouse import QueryError

_Source = Callable[[], AsyncGenerator[Event, None]]


class ContextBuilder:
    """`system`, `tools` and `citations` are complete once the events are over."""

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._resources = resources
        self._servers: list[McpServer] = []
        self._missing: list[str] = []
        self.system = SystemPrompt(task.agent.instructions)
        self.tools: dict[str, Tool] = {}
        self.citations = Citations()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Retrieves and connects. Where one of several sources is missing, the prompt says so.

        Raises:
            Unavailable: All sources that the agent answers from are missing.
        """
        sources = list(self._sources())
        for source in sources:
            try:
                async for event in source():
                    yield event
            except Unavailable as error:
                self._missing.append(error.message)
                if len(self._missing) == len(sources):
                    raise
        async for event in self._connect():
            yield event
        if self._task.overview:
            offered = [agent.name for agent in self._task.offered]
            self._set_prompt(prompts.with_overview(self.system.text, self._task.overview, offered))
        if self._missing:
            self._set_prompt(prompts.with_missing(self.system.text, self._missing))
        restore_citations(self.citations, self._task.prior_output)

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers))

    def _sources(self) -> Iterator[_Source]:
        agent = self._task.agent
        if agent.strategy != "none" or _may_search(agent):
            yield self._open_documents
        if "query_database" in agent.tools:
            yield self._read_schema

    async def _open_documents(self) -> AsyncGenerator[Event, None]:
        knowledge, agent = self._resources.knowledge, self._task.agent
        if knowledge is None:
            raise Unavailable(prompts.NO_DOCUMENTS, code="no_documents")
        if agent.strategy != "none":
            step = OpenStep("retrieval", "documents")
            yield step.started
            await self._retrieve(knowledge)
            yield step.completed("ok")
        if _may_search(agent):
            among = await context.searchable_documents(agent, knowledge)
            self.tools["search_documents"] = SearchDocuments(knowledge, among, self.citations)

    async def _retrieve(self, knowledge: Folder) -> None:
        agent = self._task.agent
        given = await context.retrieve(
            agent,
            knowledge,
            _search_text(self._task),
            self._task.search,
            context.max_document_characters(self._task.models),
        )
        self.citations.number([*given.whole, *given.found])
        if given.whole:
            self.system = SystemPrompt("", prompts.with_documents(agent.instructions, given.whole))
        if given.found or not given.whole:
            first = len(given.whole) + 1
            self._set_prompt(prompts.with_passages(self.system.text, given.found, first))

    async def _read_schema(self) -> AsyncGenerator[Event, None]:
        warehouse = self._resources.warehouse
        if warehouse is None:
            raise Unavailable(prompts.NO_DATABASE, code="no_database")
        step = OpenStep("retrieval", "schema")
        yield step.started
        try:
            schema = await warehouse.schema(_question_and_previous(self._task))
            values = await warehouse.mentioned(_question_and_previous(self._task))
        except QueryError as error:
            yield step.completed("failed")
            raise Unavailable(error.message, code=error.code) from error
        if not schema:
            yield step.completed("failed")
            raise Unavailable("No table of the database is open to you.", code="no_open_tables")
        self._set_prompt(prompts.with_schema(self.system.text, schema, values, self._task.today))
        self.tools["query_database"] = QueryDatabase(warehouse)
        yield step.completed("ok")

    async def _connect(self) -> AsyncGenerator[Event, None]:
        """Where a server cannot be reached, the agent goes on with the others' tools."""
        names = list(self._task.mcp_servers)
        steps = [OpenStep("retrieval", f"mcp:{name}") for name in names]
        for step in steps:
            yield step.started
        servers = [McpServer(self._task.mcp_servers[name]) for name in names]
        self._servers += servers
        found = await asyncio.gather(*(s.tools() for s in servers), return_exceptions=True)
        listed = []
        for name, server, step, tools in zip(names, servers, steps, found, strict=True):
            if isinstance(tools, McpError):
                self._missing.append(f"The tools of {name} are not available: {tools}")
                yield step.note(str(tools))
                yield step.completed("failed")
            elif isinstance(tools, BaseException):
                raise tools
            else:
                listed.append((name, server, tools))
                yield step.completed("ok")
        self.tools |= mcp_tools(listed)

    def _set_prompt(self, text: str) -> None:
        self.system = SystemPrompt(text, self.system.prefix)


def _may_search(agent: Agent) -> bool:
    """Who answers from passages alone may look for others."""
    return agent.strategy == "rag" or "search_documents" in agent.tools


def _previous(task: Task) -> str:
    questions = [turn.text for turn in task.history if isinstance(turn, UserTurn)]
    questions = [text for text in questions if not text.startswith("<summary>")]
    return questions[-1] if questions else ""


def _question_and_previous(task: Task) -> str:
    """The question and the one before, which it may refer to ("list them")."""
    return f"{task.question}\n{_previous(task)}"


def _search_text(task: Task) -> str:
    """What to search for; with the previous question where this one refers to it.

    Words that were written for the search say what it refers to.
    """
    if task.search:
        return task.question
    return _question_and_previous(task) if leans(task.question) else task.question
