"""The model itself: which of the known prompts this is, and who answers it."""

import asyncio
from collections.abc import AsyncIterator

from waypost_local.bedrock.model import ConverseRequest, Piece, TextPiece, ToolUseStart
from waypost_local.bedrock.tokens import limited
from waypost_local.demo_model import (
    continuing,
    data,
    documents,
    introduction,
    prompts,
    research,
    routing,
    summing_up,
    tools,
    triage,
)


class DemoModel:
    """Deterministic: no clock, no randomness, nothing kept between calls."""

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        # Reading takes a while, and the loop serves other streams meanwhile.
        pieces = await asyncio.to_thread(_answer, request)
        calls = any(isinstance(piece, ToolUseStart) for piece in pieces)
        for piece in limited(pieces, "tool_use" if calls else "end_turn", request):
            yield piece


def _answer(request: ConverseRequest) -> list[Piece]:
    if going_on := continuing.broken_off(request):
        before, said = going_on
        return continuing.rest(_answer(before), said)
    return _whole(request)


def _whole(request: ConverseRequest) -> list[Piece]:
    system = request.system_text
    said = prompts.without_summary(prompts.turns(request))
    asked = [turn.text for turn in said if turn.role == "user"]
    question = asked[-1] if asked else ""
    if routing.is_asked(system):
        return [TextPiece(routing.route(system, question))]
    if summing_up.is_asked(question):
        return [TextPiece(summing_up.summary(system, question))]
    if talk := introduction.said(system, question):
        return [TextPiece(talk.strip())]
    if "<agents>" in system:
        return [TextPiece(introduction.elsewhere(system).strip())]
    results = prompts.tool_results(request)
    offered = {tool["name"] for tool in request.tools}
    if called := tools.answer(request.tools, question, results):
        return called
    rows = "<schema" in system and data.TOOL in offered
    if triage.is_asked(system):
        return triage.answer(system, question, results, may_look=rows)
    if rows and (documents.TOOL in offered or "<passage " in system):
        return research.answer(system, said, results, may_search=documents.TOOL in offered)
    if rows:
        return data.answer(system, said, results)
    if documents.TOOL in offered or "<passages>" in system or "<documents>" in system:
        may_search = documents.TOOL in offered
        return documents.next_piece(system, asked, results, may_search=may_search)
    return [TextPiece(introduction.WITHOUT_CONTEXT)]
