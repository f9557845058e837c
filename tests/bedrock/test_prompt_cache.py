"""Marked prefixes: written to the cache once, and read from then on."""

from collections.abc import AsyncIterator
from typing import Any

from waypost_local.bedrock.model import ConverseRequest, Piece, Stop, TextPiece
from waypost_local.bedrock.prompt_cache import MIN_TOKENS, TTL_SECONDS, PromptCache

MARK = {"cachePoint": {"type": "default"}}
LONG = " ".join(["word"] * MIN_TOKENS)


class FixedUsageModel:
    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        yield TextPiece("Yes")
        yield Stop("end_turn", 1_500, 1)


class ManualClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def usage(
    model: PromptCache, *system: dict[str, Any], model_id: str = "m"
) -> tuple[int, int, int]:
    """Tokens that are new, read from the cache and written to it."""
    request = ConverseRequest(model_id, {"system": list(system)})
    *_, stop = [piece async for piece in model.reply(request)]
    assert isinstance(stop, Stop)
    return stop.input_tokens, stop.cache_read_tokens, stop.cache_write_tokens


async def test_a_prefix_is_written_and_then_read_whatever_follows_it() -> None:
    model = PromptCache(FixedUsageModel())

    first = await usage(model, {"text": LONG}, MARK, {"text": "one"})
    second = await usage(model, {"text": LONG}, MARK, {"text": "two"})

    assert (first, second) == ((500, 0, 1_000), (500, 1_000, 0))


async def test_another_prefix_or_another_model_is_not_in_the_cache() -> None:
    model = PromptCache(FixedUsageModel())
    await usage(model, {"text": LONG}, MARK)

    assert (await usage(model, {"text": f"{LONG}more"}, MARK))[1] == 0
    assert (await usage(model, {"text": LONG}, MARK, model_id="other"))[1] == 0


async def test_a_prefix_expires_after_five_minutes_without_use() -> None:
    clock = ManualClock()
    model = PromptCache(FixedUsageModel(), clock)
    await usage(model, {"text": LONG}, MARK)
    clock.now = TTL_SECONDS - 1
    assert (await usage(model, {"text": LONG}, MARK))[1] > 0
    clock.now += TTL_SECONDS

    assert (await usage(model, {"text": LONG}, MARK))[1] == 0


async def test_a_prefix_without_a_mark_or_too_short_is_not_cached() -> None:
    model = PromptCache(FixedUsageModel())

    for _ in range(2):
        assert await usage(model, {"text": LONG}) == (1_500, 0, 0)
        assert await usage(model, {"text": "short"}, MARK) == (1_500, 0, 0)
