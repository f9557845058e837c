"""A thread's summary is stored with it, and is replaced only by one of more messages."""

from itertools import permutations

import pytest

from tests.store.conftest import ME, OTHER, STRANGER
from tests.store.test_store import answer_run, new_thread
from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Thread
from waypost.store import Table, deletions, threads
from waypost.store.keys import TenantKeys


@pytest.fixture
async def thread(table: Table) -> Thread:
    thread = new_thread()
    await answer_run(table, ME, thread)
    return thread


async def stored_summary(table: Table, thread: Thread) -> tuple[str | None, str | None]:
    found = await threads.thread(table, ME, thread.id)
    return found.summary, found.summary_through


async def test_a_thread_has_no_summary_at_first(table: Table, thread: Thread) -> None:
    assert await stored_summary(table, thread) == (None, None)


@pytest.mark.parametrize("order", [*permutations(["msg_1", "msg_2", "msg_3"])])
async def test_the_summary_of_the_most_messages_stays(
    table: Table, thread: Thread, order: tuple[str, ...]
) -> None:
    for through in order:
        await threads.save_summary(table, ME, thread.id, f"Up to {through}.", through)
    assert await stored_summary(table, thread) == ("Up to msg_3.", "msg_3")


async def test_a_second_summary_of_the_same_messages_is_ignored(
    table: Table, thread: Thread
) -> None:
    await threads.save_summary(table, ME, thread.id, "The first.", "msg_1")
    await threads.save_summary(table, ME, thread.id, "Another.", "msg_1")
    assert await stored_summary(table, thread) == ("The first.", "msg_1")


async def test_the_next_run_does_not_change_the_summary(table: Table, thread: Thread) -> None:
    await threads.save_summary(table, ME, thread.id, "In short.", "msg_1")
    await answer_run(table, ME, await threads.thread(table, ME, thread.id))
    assert await stored_summary(table, thread) == ("In short.", "msg_1")
    shown = await threads.thread(table, ME, thread.id)
    assert "summary" not in shown.model_dump_json()


@pytest.mark.parametrize("who", [OTHER, STRANGER])
async def test_another_user_or_tenant_cannot_write_the_summary(
    table: Table, thread: Thread, who: Identity
) -> None:
    await threads.save_summary(table, who, thread.id, "Mine.", "msg_9")
    assert await stored_summary(table, thread) == (None, None)
    assert (
        await table.get(TenantKeys(STRANGER.tenant_id, STRANGER.user_id).thread(thread.id)) is None
    )


async def test_a_summary_does_not_restore_a_deleted_thread(table: Table, thread: Thread) -> None:
    await deletions.hide(table, ME, thread.id, 30)
    await threads.save_summary(table, ME, thread.id, "Late.", "msg_9")
    with pytest.raises(NotFound):
        await threads.thread(table, ME, thread.id)
    stored = await table.get(TenantKeys(ME.tenant_id, ME.user_id).thread(thread.id))
    assert stored is not None
    assert "summary" not in stored


async def test_a_summary_does_not_create_a_thread(table: Table) -> None:
    await threads.save_summary(table, ME, "thread_none", "Nothing.", "msg_1")
    assert await table.get(TenantKeys(ME.tenant_id, ME.user_id).thread("thread_none")) is None
