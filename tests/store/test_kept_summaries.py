"""A thread's summary is kept with it, and only ever moves on."""

from itertools import permutations

import pytest

from tests.store.conftest import ME, OTHER, STRANGER
from tests.store.test_store import a_thread, answered
from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Thread
from waypost.store import Table, deletions, threads
from waypost.store.keys import TenantKeys


@pytest.fixture
async def thread(table: Table) -> Thread:
    begun = a_thread()
    await answered(table, ME, begun)
    return begun


async def kept(table: Table, thread: Thread) -> tuple[str | None, str | None]:
    found = await threads.thread(table, ME, thread.id)
    return found.summary, found.summary_through


async def test_a_thread_has_no_summary_at_first(table: Table, thread: Thread) -> None:
    assert await kept(table, thread) == (None, None)


@pytest.mark.parametrize("order", [*permutations(["msg_1", "msg_2", "msg_3"])])
async def test_the_one_that_reaches_furthest_stays(
    table: Table, thread: Thread, order: tuple[str, ...]
) -> None:
    for through in order:
        await threads.save_summary(table, ME, thread.id, f"Up to {through}.", through)
    assert await kept(table, thread) == ("Up to msg_3.", "msg_3")


async def test_the_same_place_is_summarised_once(table: Table, thread: Thread) -> None:
    await threads.save_summary(table, ME, thread.id, "The first.", "msg_1")
    await threads.save_summary(table, ME, thread.id, "Another.", "msg_1")
    assert await kept(table, thread) == ("The first.", "msg_1")


async def test_the_next_run_leaves_it_there(table: Table, thread: Thread) -> None:
    await threads.save_summary(table, ME, thread.id, "In short.", "msg_1")
    await answered(table, ME, await threads.thread(table, ME, thread.id))
    assert await kept(table, thread) == ("In short.", "msg_1")
    shown = await threads.thread(table, ME, thread.id)
    assert "summary" not in shown.model_dump_json()


@pytest.mark.parametrize("who", [OTHER, STRANGER])
async def test_nobody_else_can_write_it(table: Table, thread: Thread, who: Identity) -> None:
    await threads.save_summary(table, who, thread.id, "Mine.", "msg_9")
    assert await kept(table, thread) == (None, None)
    assert await table.get(TenantKeys(STRANGER.tenant_id).thread(thread.id)) is None


async def test_a_thread_that_was_deleted_stays_deleted(table: Table, thread: Thread) -> None:
    await deletions.hide(table, ME, thread.id, 30)
    await threads.save_summary(table, ME, thread.id, "Late.", "msg_9")
    with pytest.raises(NotFound):
        await threads.thread(table, ME, thread.id)
    stored = await table.get(TenantKeys(ME.tenant_id).thread(thread.id))
    assert stored is not None
    assert "summary" not in stored


async def test_a_thread_that_never_was_is_not_made(table: Table) -> None:
    await threads.save_summary(table, ME, "thread_none", "Nothing.", "msg_1")
    assert await table.get(TenantKeys(ME.tenant_id).thread("thread_none")) is None
