"""The model itself: which of the known prompts this is, and who answers it."""

from collections.abc import AsyncIterator, Iterator

from waypost_local.bedrock.model import ConverseRequest, Piece, Text
from waypost_local.bedrock.tokens import metered
from waypost_local.builtin import introduction


class Builtin:
    """Deterministic: no clock, no randomness, nothing kept between calls."""

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        pieces = list(_answer(request))
        for piece in metered(pieces, "end_turn", request):
            yield piece


def _answer(request: ConverseRequest) -> Iterator[Piece]:
    yield Text(introduction.TEXT)
