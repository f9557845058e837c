"""One turn with documents: words where a passage answers, a search where none does yet."""

import json
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from waypost_local.bedrock.model import Piece, TextPiece, ToolUseInput, ToolUseStart
from waypost_local.demo_model.documents.answer import answer, leaned_on, quoted
from waypost_local.demo_model.documents.latest import latest
from waypost_local.demo_model.documents.passages import found, shown

TOOL = "search_documents"


def next_piece(
    system: str, asked: Sequence[str], results: Sequence[dict[str, Any]], *, may_search: bool
) -> list[Piece]:
    """The answer, or the call of a search: one, and only where the prompt does not answer."""
    if news := latest(system, asked[-1]):
        return [TextPiece(news)]
    question = f"{asked[-1]} {leaned_on(asked)}"
    passages = [*shown(system, question), *found(results)]
    said = quoted(passages, asked)
    if said or results or not may_search:
        return [TextPiece(said or answer(passages, asked))]
    return search(question, 1)


def search(query: str, number: int) -> list[Piece]:
    """A call of the tool, the `number`th of this answer."""
    query = " ".join(query.split())
    call = f"call_{number}_{crc32(query.encode()):08x}"
    return [ToolUseStart(call, TOOL), ToolUseInput(json.dumps({"query": query}))]
