"""The model itself: which of the known prompts this is, and who answers it."""

from collections.abc import AsyncIterator

from waypost_local.bedrock.model import ConverseRequest, Piece, Text
from waypost_local.bedrock.tokens import metered
from waypost_local.builtin import documents, introduction, prompts, routing


class Builtin:
    """Deterministic: no clock, no randomness, nothing kept between calls."""

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        pieces = _answer(request)
        for piece in metered(pieces, "end_turn", request):
            yield piece


def _answer(request: ConverseRequest) -> list[Piece]:
    system = request.system_text
    said = prompts.turns(request)
    asked = [turn.text for turn in said if turn.role == "user"]
    question = asked[-1] if asked else ""
    if "<agents>" in system:
        return [Text(routing.route(system, question))]
    if introduction.is_asked(question):
        return [Text(introduction.TEXT)]
    if "<passages>" in system:
        return [Text(documents.answer(system, asked))]
    return [Text(introduction.WITHOUT_CONTEXT)]
