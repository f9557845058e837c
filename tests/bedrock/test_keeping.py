"""Marked prefixes, written once and read from then on."""

from collections.abc import AsyncIterator
from typing import Any

from waypost_local.bedrock.keeping import LEAST, SECONDS, Keeping
from waypost_local.bedrock.model import ConverseRequest, Piece, Stop, Text

MARK = {"cachePoint": {"type": "default"}}
LONG = " ".join(["word"] * LEAST)


class Model:
    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        yield Text("Yes")
        yield Stop("end_turn", 1_500, 1)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def counted(model: Keeping, *system: dict[str, Any], name: str = "m") -> tuple[int, int, int]:
    """Tokens that are new, read again and written."""
    *_, stop = [p async for p in model.reply(ConverseRequest(name, {"system": list(system)}))]
    assert isinstance(stop, Stop)
    return stop.input_tokens, stop.cache_read_tokens, stop.cache_write_tokens


async def test_a_prefix_is_written_and_then_read_whatever_follows_it() -> None:
    model = Keeping(Model())

    first = await counted(model, {"text": LONG}, MARK, {"text": "one"})
    second = await counted(model, {"text": LONG}, MARK, {"text": "two"})

    assert (first, second) == ((500, 0, 1_000), (500, 1_000, 0))


async def test_another_prefix_or_another_model_has_not_been_read_before() -> None:
    model = Keeping(Model())
    await counted(model, {"text": LONG}, MARK)

    assert (await counted(model, {"text": f"{LONG}more"}, MARK))[1] == 0
    assert (await counted(model, {"text": LONG}, MARK, name="other"))[1] == 0


async def test_a_prefix_is_forgotten_after_five_minutes_without_use() -> None:
    clock = Clock()
    model = Keeping(Model(), clock)
    await counted(model, {"text": LONG}, MARK)
    clock.now = SECONDS - 1
    assert (await counted(model, {"text": LONG}, MARK))[1] > 0
    clock.now += SECONDS

    assert (await counted(model, {"text": LONG}, MARK))[1] == 0


async def test_what_is_not_marked_or_too_short_is_not_kept() -> None:
    model = Keeping(Model())

    for _ in range(2):
        assert await counted(model, {"text": LONG}) == (1_500, 0, 0)
        assert await counted(model, {"text": "short"}, MARK) == (1_500, 0, 0)
