"""A run told in any pieces, from any place on, in any dialect: the same bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.recorded import RUNS, wire
from waypost.events import Event
from waypost_chat import sse
from waypost_chat.dialects import DIALECTS
from waypost_chat.streaming import RunStream


class Recorded:
    """A run whose events come in batches of the sizes given, the rest at once."""

    id, thread_id = "run_1", "thread_1"

    def __init__(self, events: list[Event], sizes: list[int]) -> None:
        self._events = events
        self._sizes = iter(sizes)
        self._told = 0

    @property
    def finished(self) -> bool:
        return self._told >= len(self._events)

    async def read(self, after: int, patience: float) -> list[Event]:
        assert after == self._told
        self._told = min(len(self._events), after + next(self._sizes, len(self._events)))
        return self._events[after : self._told]


async def stream(dialect: str, events: list[Event], sizes: list[int], after: int = 0) -> bytes:
    run: object = Recorded(events, sizes)
    response = RunStream(run, DIALECTS[dialect](), 60, {"type": "http"}, after)  # type: ignore[arg-type]
    parts = [part async for part in response.body_iterator]
    return b"".join(part for part in parts if isinstance(part, bytes))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_resuming_anywhere_gives_exactly_the_rest(dialect: str, run: str) -> None:
    """A client that has seen event n whole, and some of the next, is sent all that comes after."""
    events = RUNS[run]
    whole = wire(dialect, events)
    for after in range(len(events) + 1):
        encoder = DIALECTS[dialect]()
        seen = b"".join(map(encoder.encode, events[:after]))
        assert seen + (await stream(dialect, events, [], after)).removeprefix(sse.OPENING) == whole


@given(
    run=st.sampled_from(sorted(RUNS)),
    dialect=st.sampled_from(sorted(DIALECTS)),
    sizes=st.lists(st.integers(0, 5), max_size=40),
    after=st.integers(0, 50),
)
@settings(max_examples=150, deadline=None)
async def test_how_events_come_changes_nothing(
    run: str, dialect: str, sizes: list[int], after: int
) -> None:
    told = await stream(dialect, RUNS[run], sizes, after)
    assert told == await stream(dialect, RUNS[run], [], after)
    assert told.startswith(sse.OPENING)
