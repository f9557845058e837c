"""What an agent is given of the documents, by its strategy."""

from dataclasses import dataclass

from waypost.agents.definition import Agent
from waypost.knowledge import Folder, Passage
from waypost.models import budget

MOST = 80_000
"""Characters of whole documents in a prompt: about the 20,000 tokens that Nova models keep."""
_CHARACTERS_PER_TOKEN = 3
_SHARE = 4
"""Documents may have a quarter of the smallest window."""


@dataclass(frozen=True)
class Context:
    """`whole` are all passages of some documents, the same for every question."""

    whole: tuple[Passage, ...] = ()
    found: tuple[Passage, ...] = ()


def room(models: tuple[str, ...]) -> int:
    """Characters that whole documents may have, whichever of `models` answers."""
    window = min(map(budget.window, models))
    return min(MOST, window * _CHARACTERS_PER_TOKEN // _SHARE)


async def gather(agent: Agent, knowledge: Folder, sought: str, longest: int) -> Context:
    """The agent's documents, whole as far as its strategy and `longest` characters say so.

    What is not there whole is searched for `sought`: for `cag` that is what did not fit, for
    `hybrid` all other documents too.
    """
    if agent.strategy == "none":
        return Context()
    own = await documents(agent, knowledge)
    if agent.strategy == "rag":
        return Context(found=tuple(await knowledge.search(sought, among=own)))
    whole = await knowledge.whole(longest, own)
    rest = await reach(agent, knowledge) - {passage.document for passage in whole}
    found = await knowledge.search(sought, among=rest) if rest else []
    return Context(tuple(whole), tuple(found))


async def documents(agent: Agent, knowledge: Folder) -> frozenset[str]:
    """Those that the agent's patterns name; all where it has none, or none of them is here."""
    return await knowledge.named(agent.documents) or await knowledge.names()


async def reach(agent: Agent, knowledge: Folder) -> frozenset[str]:
    """Those that it can search: its own; for `hybrid`, whose own are there whole, all."""
    return await (knowledge.names() if agent.strategy == "hybrid" else documents(agent, knowledge))
