"""A prompt's prefix, kept for five minutes where a cachePoint marks it, as Bedrock counts it.

https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
"""

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from waypost_local.bedrock.model import ConverseRequest, Model, Piece, Stop
from waypost_local.bedrock.tokens import tokens

SECONDS = 300
LEAST = 1_000
"""Tokens; a shorter prefix is read as if it were not marked."""


class Keeping:
    """A model whose marked prefixes are counted as written the first time, as read from then on."""

    def __init__(self, model: Model, clock: Callable[[], float] = time.monotonic) -> None:
        self.model = model
        self._clock = clock
        self._kept: dict[str, float] = {}

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        prefix = _marked(request)
        size = len(tokens(prefix))
        known = size >= LEAST and self._touch(f"{request.model_id}\0{prefix}")
        async for piece in self.model.reply(request):
            if isinstance(piece, Stop) and size >= LEAST:
                piece = _counted(piece, size, known=known)
            yield piece

    def _touch(self, prefix: str) -> bool:
        """Whether it is kept still; from now on it is."""
        now = self._clock()
        self._kept = {key: until for key, until in self._kept.items() if until > now}
        key = hashlib.sha256(prefix.encode()).hexdigest()
        known = key in self._kept
        self._kept[key] = now + SECONDS
        return known


def _marked(request: ConverseRequest) -> str:
    """The system prompt up to its last cachePoint."""
    blocks = request.body.get("system") or []
    marks = [place for place, block in enumerate(blocks) if "cachePoint" in block]
    return "\n".join(block.get("text", "") for block in blocks[: marks[-1]]) if marks else ""


def _counted(stop: Stop, size: int, *, known: bool) -> Stop:
    rest = max(stop.input_tokens - size, 0)
    if known:
        return replace(stop, input_tokens=rest, cache_read_tokens=size)
    return replace(stop, input_tokens=rest, cache_write_tokens=size)
