"""What each agent's documents and tables are about, for the router."""

from collections.abc import Iterable

from waypost.agents.definition import Agent
from waypost.agents.task import Resources
from waypost.knowledge import Folder
from waypost.warehouse import Database, QueryError


async def coverage(agents: Iterable[Agent], resources: Resources, question: str) -> dict[str, str]:
    """By agent id; agents with no documents and no tables are left out.

    An agent whose patterns match no document may answer from all of them, but covers none.
    """
    agents = list(agents)
    tables = ""
    if resources.warehouse and any("query_database" in agent.tools for agent in agents):
        tables = await _tables(resources.warehouse, question)
    found: dict[str, str] = {}
    for agent in agents:
        documents = await _documents(agent, resources.knowledge)
        rows = tables if "query_database" in agent.tools else ""
        if covered := "\n".join(part for part in (documents, rows) if part):
            found[agent.id] = covered
    return found


async def _documents(agent: Agent, knowledge: Folder | None) -> str:
    reads = agent.strategy != "none" or "search_documents" in agent.tools
    if knowledge is None or not reads:
        return ""
    own = await knowledge.named(agent.documents) if agent.documents else await knowledge.names()
    return await knowledge.outline(among=own) if own else ""


async def _tables(warehouse: Database, question: str) -> str:
    """Tables with their columns, and the values of them that the question names."""
    try:
        return "\n".join([await warehouse.summary(), *await warehouse.named(question)])
    except QueryError:
        # The agent itself says so when it is asked; the others can still answer.
        return ""
