"""A prompt cache: the prefix that a cachePoint marks is cached for five minutes, as on Bedrock.

https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
"""

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from waypost_local.bedrock.model import ConverseRequest, Model, Piece, Stop
from waypost_local.bedrock.tokens import tokens

TTL_SECONDS = 300
MIN_TOKENS = 1_000
"""A shorter prefix is not cached."""


class PromptCache:
    """Counts a model's marked prefixes as cache writes the first time, later as cache reads."""

    def __init__(self, model: Model, clock: Callable[[], float] = time.monotonic) -> None:
        self.model = model
        self._clock = clock
        self._expiry: dict[str, float] = {}
        """By the hash of a prefix, in seconds of the clock."""

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        prefix = _marked_prefix(request)
        size = len(tokens(prefix))
        hit = size >= MIN_TOKENS and self._look_up(f"{request.model_id}\0{prefix}")
        async for piece in self.model.reply(request):
            if isinstance(piece, Stop) and size >= MIN_TOKENS:
                piece = _with_cache_usage(piece, size, hit=hit)
            yield piece

    def _look_up(self, prefix: str) -> bool:
        """Whether the prefix is cached. It is from now on, for five more minutes."""
        now = self._clock()
        self._expiry = {key: expiry for key, expiry in self._expiry.items() if expiry > now}
        key = hashlib.sha256(prefix.encode()).hexdigest()
        hit = key in self._expiry
        self._expiry[key] = now + TTL_SECONDS
        return hit


def _marked_prefix(request: ConverseRequest) -> str:
    """The system prompt up to its last cachePoint."""
    blocks = request.body.get("system") or []
    marks = [index for index, block in enumerate(blocks) if "cachePoint" in block]
    return "\n".join(block.get("text", "") for block in blocks[: marks[-1]]) if marks else ""


def _with_cache_usage(stop: Stop, size: int, *, hit: bool) -> Stop:
    uncached = max(stop.input_tokens - size, 0)
    if hit:
        return replace(stop, input_tokens=uncached, cache_read_tokens=size)
    return replace(stop, input_tokens=uncached, cache_write_tokens=size)
