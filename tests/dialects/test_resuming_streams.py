"""A stream has the same bytes however its events are batched and wherever it resumes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.recorded_runs import RUNS, wire
from waypost.events import Event
from waypost_chat import sse
from waypost_chat.dialects import DIALECTS
from waypost_chat.streaming import RunStream


class RecordedRun:
    """A run whose events come in batches of the sizes given, the rest at once."""

    id, thread_id = "run_1", "thread_1"

    def __init__(self, events: list[Event], sizes: list[int]) -> None:
        self._events = events
        self._sizes = iter(sizes)
        self._read_count = 0

    @property
    def finished(self) -> bool:
        return self._read_count >= len(self._events)

    async def read(self, after: int, timeout: float) -> list[Event]:
        assert after == self._read_count
        self._read_count = min(len(self._events), after + next(self._sizes, len(self._events)))
        return self._events[after : self._read_count]


async def stream(dialect: str, events: list[Event], sizes: list[int], after: int = 0) -> bytes:
    run: object = RecordedRun(events, sizes)
    response = RunStream(run, DIALECTS[dialect](), 60, {"type": "http"}, after)  # type: ignore[arg-type]
    parts = [part async for part in response.body_iterator]
    return b"".join(part for part in parts if isinstance(part, bytes))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_resuming_after_any_event_gives_exactly_the_rest(dialect: str, run: str) -> None:
    """A client that has event n whole, and part of the next, is sent everything after n."""
    events = RUNS[run]
    whole = wire(dialect, events)
    for after in range(len(events) + 1):
        encoder = DIALECTS[dialect]()
        before = b"".join(map(encoder.encode, events[:after]))
        assert (
            before + (await stream(dialect, events, [], after)).removeprefix(sse.OPENING) == whole
        )


@given(
    run=st.sampled_from(sorted(RUNS)),
    dialect=st.sampled_from(sorted(DIALECTS)),
    sizes=st.lists(st.integers(0, 5), max_size=40),
    after=st.integers(0, 50),
)
@settings(max_examples=150, deadline=None)
async def test_batch_sizes_do_not_change_the_bytes(
    run: str, dialect: str, sizes: list[int], after: int
) -> None:
    body = await stream(dialect, RUNS[run], sizes, after)
    assert body == await stream(dialect, RUNS[run], [], after)
    assert body.startswith(sse.OPENING)
