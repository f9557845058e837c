"""The model behind the stack: it says what the script says, and goes on from what it is shown."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator

from tests.chaos import script as scripts
from tests.chaos.script import Said, Script, words
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock.model import (
    Piece,
    ReasoningPiece,
    Stop,
    TextPiece,
    ToolUseInput,
    ToolUseStart,
)

_ROUTER = "You route questions"


class Chaotic:
    """Any number of questions at once; nothing is remembered from one call to the next."""

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        found = scripts.tag_in(request.messages)
        if found is None:
            yield TextPiece("A summary of earlier turns.")
            yield Stop("end_turn", 50, 6)
            return
        tag, place = found
        script = scripts.script(tag)
        if _ROUTER in request.system_text:
            for piece in _label(script):
                yield piece
            return
        async for piece in _answer(script, request, place):
            yield piece


def _label(script: Script) -> Iterator[Piece]:
    other = "rag" if script.agent == "sql" else "sql"
    yield TextPiece(f"{script.agent} | 0.9 | {other} | it says so")
    yield Stop("end_turn", 200, 12)


async def _answer(script: Script, request: ConverseRequest, place: int) -> AsyncIterator[Piece]:
    since = request.messages[place + 1 :]
    if not request.tools:
        script = scripts.without_tools(script)
    said = scripts.rest(script, since)
    reason = "tool_use" if said.statements else "end_turn"
    if script.shortened and said.text == script.calls[-1].text:
        half = words(said.text)[: max(1, len(words(said.text)) // 2)]
        said, reason = Said(said.reasoning, "".join(half)), "max_tokens"
    sent = 0
    await asyncio.sleep(script.first)
    for piece in _pieces(said):
        yield piece
        sent += 1
        await asyncio.sleep(script.gap)
    yield Stop(reason, 100 + len(str(request.messages)) // 4, max(1, sent))


def _pieces(said: Said) -> Iterator[Piece]:
    yield from (ReasoningPiece(word) for word in words(said.reasoning))
    if said.reasoning:
        yield ReasoningPiece(signature="signed")
    yield from (TextPiece(word) for word in words(said.text))
    for statement in said.statements:
        yield ToolUseStart(f"tooluse_{uuid.uuid4().hex}", "query_database")
        whole = json.dumps({"sql": statement})
        yield from (ToolUseInput(whole[at : at + 12]) for at in range(0, len(whole), 12))
