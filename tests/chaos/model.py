"""The model behind the stack: it answers as the script has it, and continues a partial answer."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator

from tests.chaos import model_script
from tests.chaos.model_script import AnswerScript, ModelOutput, words
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
_TOOL = "query_database"


class ChaosModel:
    """Answers any number of questions at once, and keeps no state between calls."""

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        found = model_script.tag_in(request.messages)
        if found is None:
            yield TextPiece("A summary of earlier turns.")
            yield Stop("end_turn", 50, 6)
            return
        tag, index = found
        script = model_script.script_for(tag)
        if _ROUTER in request.system_text:
            for piece in _label(script):
                yield piece
            return
        async for piece in _answer(script, request, index):
            yield piece


def _label(script: AnswerScript) -> Iterator[Piece]:
    other = "rag" if script.agent == "sql" else "sql"
    yield TextPiece(f"{script.agent} | 0.8 | {other} | it says so")
    yield Stop("end_turn", 200, 12)


async def _answer(
    script: AnswerScript, request: ConverseRequest, index: int
) -> AsyncIterator[Piece]:
    since = request.messages[index + 1 :]
    if all(tool["name"] != _TOOL for tool in request.tools):
        script = model_script.without_tools(script)
    output = model_script.remaining_output(script, since)
    reason = "tool_use" if output.statements else "end_turn"
    if script.shortened and output.text == script.calls[-1].text:
        half = words(output.text)[: max(1, len(words(output.text)) // 2)]
        output, reason = ModelOutput(output.reasoning, "".join(half)), "max_tokens"
    sent = 0
    await asyncio.sleep(script.first)
    for piece in _pieces(output):
        yield piece
        sent += 1
        await asyncio.sleep(script.gap)
    yield Stop(reason, 100 + len(str(request.messages)) // 4, max(1, sent))


def _pieces(output: ModelOutput) -> Iterator[Piece]:
    yield from (ReasoningPiece(word) for word in words(output.reasoning))
    if output.reasoning:
        yield ReasoningPiece(signature="signed")
    yield from (TextPiece(word) for word in words(output.text))
    for statement in output.statements:
        yield ToolUseStart(f"tooluse_{uuid.uuid4().hex}", _TOOL)
        whole = json.dumps({"sql": statement})
        yield from (ToolUseInput(whole[at : at + 12]) for at in range(0, len(whole), 12))
