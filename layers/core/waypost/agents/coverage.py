"""What each agent's documents and tables are about, for the router."""

from collections.abc import Iterable

from waypost.agents.definition import Agent
from waypost.agents.task import Resources
from waypost.errors import Unavailable
from waypost.knowledge import Folder
from waypost.warehouse import Database, QueryError


async def coverage(agents: Iterable[Agent], resources: Resources) -> dict[str, str]:
    """By agent id, the same for every question; agents without documents and tables are left out.

    An agent whose patterns match no document may answer from all of them, but covers none.
    """
    agents = list(agents)
    tables = ""
    if resources.warehouse and any("query_database" in agent.tools for agent in agents):
        tables = await _tables(resources.warehouse)
    found: dict[str, str] = {}
    for agent in agents:
        documents = await _documents(agent, resources.knowledge)
        rows = tables if "query_database" in agent.tools else ""
        if covered := "\n".join(part for part in (documents, rows) if part):
            found[agent.id] = covered
    return found


async def names(agents: Iterable[Agent], resources: Resources, question: str) -> dict[str, str]:
    """By agent id: the names of a question that occur in the tables that the agent can query.

    And the tables that the question is about, where there are too many for `coverage`.
    """
    asked = [agent.id for agent in agents if "query_database" in agent.tools]
    if not asked or resources.warehouse is None:
        return {}
    try:
        found = await resources.warehouse.named(question)
        found += await resources.warehouse.unlisted(question)
    except QueryError:
        return {}
    return dict.fromkeys(asked, "\n".join(found)) if found else {}


async def _documents(agent: Agent, knowledge: Folder | None) -> str:
    reads = agent.strategy != "none" or "search_documents" in agent.tools
    if knowledge is None or not reads:
        return ""
    try:
        own = await knowledge.named(agent.documents) if agent.documents else await knowledge.names()
        return await knowledge.outline(among=own) if own else ""
    except Unavailable:
        # As with tables: the agent itself says so.
        return ""


async def _tables(warehouse: Database) -> str:
    """Tables with their columns."""
    try:
        return await warehouse.summary()
    except QueryError:
        # The agent itself says so when it is asked; the others can still answer.
        return ""
