"""How fast a model answers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from waypost_local.bedrock.model import Piece, Stop


@dataclass(frozen=True)
class Pace:
    """Seconds before the first token, and tokens a second after it (0 for no limit)."""

    first_token: float = 0.0
    tokens_per_second: float = 0.0


async def paced(pieces: AsyncIterator[Piece], pace: Pace) -> AsyncIterator[Piece]:
    """`pieces`, none sent earlier than `pace` allows."""
    clock = asyncio.get_running_loop().time
    due = clock() + pace.first_token
    gap = 1 / pace.tokens_per_second if pace.tokens_per_second else 0.0
    async for piece in pieces:
        if not isinstance(piece, Stop):
            if (wait := due - clock()) > 0:
                await asyncio.sleep(wait)
            due += gap
        yield piece
