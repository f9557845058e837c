"""A run's journal in the table: batches, the head, the lease, and idempotency keys."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.conftest import ME, OTHER
from tests.store.test_store import begin_run, new_run, new_thread, run_end_of
from waypost.errors import Conflict, NotFound, RunLive
from waypost.events import Event, RunFailed, TextDelta
from waypost.records import Run, Thread
from waypost.store import Table, idempotency, journals, run_end, run_start, threads
from waypost.store.idempotency import AlreadyClaimed, Claim
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed

LATER = int(time.time()) + 86_400


def texts(run_id: str, first: int, *deltas: str) -> list[Event]:
    return [
        TextDelta(text_id="t", delta=text).stamped(seq, run_id, "2026-01-01T00:00:00Z")
        for seq, text in enumerate(deltas, first)
    ]


async def write(table: Table, run_id: str, events: list[Event], expires_at: int = LATER) -> None:
    encoded = [journals.encode(event) for event in events]
    await journals.append(table, ME, run_id, events[0].seq, encoded, expires_at)


async def test_events_are_read_after_any_event(table: Table) -> None:
    run = await begin_run(table, ME, new_thread())
    whole = texts(run.id, 1, "a", "b", "c", "d", "e", "f")
    for batch in (whole[:1], whole[1:4], whole[4:]):
        await write(table, run.id, batch)
    for seq in range(8):
        head, events = await journals.read(table, ME, run.id, seq)
        assert events == whole[seq:]
        assert head
        assert head.live


async def test_a_batch_written_twice_is_stored_once(table: Table) -> None:
    run = await begin_run(table, ME, new_thread())
    batch = texts(run.id, 1, "a", "b")
    for _ in range(2):
        await write(table, run.id, batch)
    assert (await journals.read(table, ME, run.id, 0))[1] == batch


@pytest.mark.parametrize("late", [1, 5])
async def test_a_batch_written_after_the_end_is_not_read(table: Table, late: int) -> None:
    """A process that lost its lease writes once more, a shorter batch or a longer one."""
    run = await begin_run(table, ME, new_thread())
    whole = texts(run.id, 1, "a", "b")
    await write(table, run.id, whole)
    end = RunFailed(code="interrupted", message="x", retryable=True, partial=True)
    closing = [*texts(run.id, 3, "c"), end.stamped(4, run.id, "2026-01-01T00:00:00Z")]
    await write(table, run.id, closing)
    await write(table, run.id, texts(run.id, 3, *["late"] * late))
    assert (await journals.read(table, ME, run.id, 0))[1] == [*whole, *closing]


async def test_an_event_larger_than_an_item_is_read_back_whole(table: Table) -> None:
    run = await begin_run(table, ME, new_thread())
    long_text = "".join(random.Random(1).choices("0123456789abcdef", k=2_000_000))
    whole = texts(run.id, 1, "a", long_text, "c")
    await write(table, run.id, whole[:2])
    await write(table, run.id, whole[2:])
    assert (await journals.read(table, ME, run.id, 0))[1] == whole
    assert (await journals.read(table, ME, run.id, 2))[1] == whole[2:]


async def test_expired_events_are_not_read_though_they_are_still_stored(table: Table) -> None:
    run = await begin_run(table, ME, new_thread())
    await write(table, run.id, texts(run.id, 1, "a"), expires_at=int(time.time()) - 1)
    assert (await journals.read(table, ME, run.id, 0))[1] == []


async def test_an_event_is_stored_without_its_runs_id() -> None:
    assert "run_1" not in journals.encode(texts("run_1", 1, "x")[0])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    texts_=st.lists(st.text(max_size=20), min_size=30, max_size=30),
)
async def test_events_are_read_back_in_batches_of_any_size(
    table: Table, sizes: list[int], texts_: list[str]
) -> None:
    run = await begin_run(table, ME, new_thread())
    whole = texts(run.id, 1, *texts_[: sum(sizes)])
    start = 0
    for size in sizes:
        await write(table, run.id, whole[start : start + size])
        start += size
    for seq in range(len(whole) + 1):
        assert (await journals.read(table, ME, run.id, seq))[1] == whole[seq:]


async def test_renewing_a_lease_returns_the_cancel_flag(table: Table) -> None:
    run = await begin_run(table, ME, new_thread())
    until = time.time() + 100
    assert not (await journals.renew_lease(table, ME, run.id, until)).cancel_requested
    await journals.request_cancel(table, ME, run.id)
    head = await journals.renew_lease(table, ME, run.id, until)
    assert (head.cancel_requested, head.lost) == (True, False)
    assert (await journals.renew_lease(table, ME, run.id, time.time() - 1)).lost


async def test_another_user_cannot_cancel_a_run(table: Table) -> None:
    run = await begin_run(table, ME, new_thread())
    with pytest.raises(NotFound):
        await journals.request_cancel(table, OTHER, run.id)
    assert not (await journals.head(table, ME, run.id)).cancel_requested


async def test_a_finished_run_is_neither_renewed_nor_cancelled(table: Table) -> None:
    thread = new_thread()
    run = await finished_run(table, thread)
    with pytest.raises(ConditionFailed):
        await journals.renew_lease(table, ME, run.id, time.time() + 100)
    head = await journals.request_cancel(table, ME, run.id)
    assert (head.state, head.cancel_requested, head.last) == ("failed", False, 1)


async def test_a_thread_has_one_live_run(table: Table) -> None:
    thread = new_thread()
    first = await begin_run(table, ME, thread)
    assert (await threads.thread(table, ME, thread.id)).live_run == first.id
    with pytest.raises(RunLive) as refused:
        await begin_run(table, ME, thread)
    assert refused.value.details == {"run_id": first.id}
    _, message = new_run(thread)
    await run_end.finish(
        table, ME, run_end_of(first, message.model_copy(update={"run_id": first.id, "text": ""}))
    )
    assert (await threads.thread(table, ME, thread.id)).live_run is None
    await begin_run(table, ME, thread)


async def test_a_run_begins_only_on_the_thread_that_was_read(table: Table) -> None:
    thread = new_thread()
    await finished_run(table, thread)
    current = await threads.thread(table, ME, thread.id)
    run, _ = new_run(current)
    await finished_run(table, current)
    with pytest.raises(Conflict):
        await run_start.begin(table, ME, current, run, None, time.time() + 60, unchanged=True)
    current = await threads.thread(table, ME, thread.id)
    await run_start.begin(table, ME, current, run, None, time.time() + 60, unchanged=True)


async def test_an_idempotency_key_names_one_run_until_it_expires(table: Table) -> None:
    claim = Claim("my key", "hash of the request")
    run, message = new_run(thread := new_thread())
    await run_start.begin(table, ME, thread, run, message, time.time() + 60, claim=claim)
    other, message = new_run(thread := new_thread())
    with pytest.raises(AlreadyClaimed):
        await run_start.begin(table, ME, thread, other, message, time.time() + 60, claim=claim)
    claimed = await idempotency.find(table, ME, "my key")
    assert claimed == idempotency.ClaimedRun(run.id, "hash of the request")
    assert await idempotency.find(table, OTHER, "my key") is None
    key = TenantKeys(ME.tenant_id, ME.user_id).idempotency(ME.user_id, "my key")
    item = await table.get(key)
    assert item
    past = {**item, "expires_at": int(time.time()) - 1}
    await table.put(past, "attribute_exists(pk)")
    assert await idempotency.find(table, ME, "my key") is None
    await run_start.begin(table, ME, thread, other, message, time.time() + 60, claim=claim)
    assert (await idempotency.find(table, ME, "my key") or claimed).run_id == other.id


async def finished_run(table: Table, thread: Thread) -> Run:
    """A run that has begun and failed without any text."""
    run = await begin_run(table, ME, thread)
    _, message = new_run(thread)
    message = message.model_copy(update={"run_id": run.id, "text": ""})
    await run_end.finish(table, ME, run_end_of(run, message))
    return run
