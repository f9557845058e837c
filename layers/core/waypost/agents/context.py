"""The documents that an agent is given, by its strategy."""

from dataclasses import dataclass

from waypost.agents.definition import Agent
from waypost.knowledge import Folder, Passage
from waypost.models import catalogue

MAX_CHARACTERS = 80_000
"""Of whole documents in a prompt: about the 20,000 tokens that Nova models cache."""
_CHARACTERS_PER_TOKEN = 3
_SHARE = 4
"""Documents may have a quarter of the smallest window."""


@dataclass(frozen=True)
class DocumentContext:
    """`whole` are all passages of some documents, the same for every question."""

    whole: tuple[Passage, ...] = ()
    found: tuple[Passage, ...] = ()


def max_document_characters(models: tuple[str, ...]) -> int:
    """Of whole documents, whichever of `models` answers."""
    window = min(map(catalogue.window, models))
    return min(MAX_CHARACTERS, window * _CHARACTERS_PER_TOKEN // _SHARE)


async def retrieve(
    agent: Agent, knowledge: Folder, query: str, words: str, max_characters: int
) -> DocumentContext:
    """The agent's documents: whole as far as its strategy and `max_characters` allow.

    The others are searched for `query` and for `words`, where there are any: for `cag` that is what
    did not fit, for `hybrid` all other documents too.
    """
    if agent.strategy == "none":
        return DocumentContext()
    own = await own_documents(agent, knowledge)
    if agent.strategy == "rag":
        return DocumentContext(found=tuple(await knowledge.search(query, words, among=own)))
    whole = await knowledge.whole(max_characters, own)
    rest = await searchable_documents(agent, knowledge) - {passage.document for passage in whole}
    found = await knowledge.search(query, words, among=rest) if rest else []
    return DocumentContext(tuple(whole), tuple(found))


async def own_documents(agent: Agent, knowledge: Folder) -> frozenset[str]:
    """Those that the agent's patterns match; all where it has none, or none matches."""
    return await knowledge.named(agent.documents) or await knowledge.names()


async def searchable_documents(agent: Agent, knowledge: Folder) -> frozenset[str]:
    """Those that it can search: its own; for `hybrid`, whose own are in the prompt, all."""
    hybrid = agent.strategy == "hybrid"
    return await (knowledge.names() if hybrid else own_documents(agent, knowledge))
