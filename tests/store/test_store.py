"""Threads, messages, runs and steps in the table, and who may read them."""

import asyncio
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.store.conftest import ME, OTHER, STRANGER
from waypost.errors import Invalid, NotFound
from waypost.events import RunFailed, Usage
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.records import Message, Route, Run, Source, Step, Thread
from waypost.store import Table, deletions, run_end, run_start, runs, threads
from waypost.store.items import MAX_TEXT_BYTES, from_item, split_text, to_item
from waypost.store.keys import TenantKeys

ROUTE = Route(agent="sql", agent_version=1, method="model", confidence=0.93, reason="a count")


def new_thread(who: Identity = ME, thread_id: str | None = None, at: str = "2026-01-01") -> Thread:
    return Thread(
        id=thread_id or new_id("thread"),
        user_id=who.user_id,
        title="How many?",
        created_at=at,
        updated_at=at,
    )


def new_run(thread: Thread) -> tuple[Run, Message]:
    message = Message(
        id=new_id("msg"),
        thread_id=thread.id,
        run_id=new_id("run"),
        role="user",
        text="How many?",
        created_at=thread.updated_at,
    )
    run = Run(
        id=message.run_id,
        thread_id=thread.id,
        user_id=thread.user_id,
        state="running",
        user_message_id=message.id,
        message_id=new_id("msg"),
        created_at=thread.updated_at,
    )
    return run, message


async def begin_run(table: Table, who: Identity, thread: Thread) -> Run:
    run, message = new_run(thread)
    await run_start.begin(table, who, thread, run, message, time.time() + 60)
    return run


def run_end_of(run: Run, answer: Message, *steps: Step) -> run_end.RunEnd:
    """The end of a run whose journal holds no other event."""
    run = run if run.state != "running" else run.model_copy(update={"state": "failed"})
    end = RunFailed(code="x", message="x", retryable=False, partial=False)
    return run_end.RunEnd(run, answer, steps, [end.stamped(1, run.id, run.created_at)], 2**31)


async def answer_run(table: Table, who: Identity, thread: Thread, text: str = "Five.") -> Run:
    run = await begin_run(table, who, thread)
    ended = run.model_copy(
        update={
            "state": "completed",
            "usage": Usage(input_tokens=9, output_tokens=3),
            "cost_usd": 0.000012345,
            "route": Route(
                agent="sql", agent_version=1, method="model", confidence=0.93, reason="x"
            ),
        }
    )
    answer = Message(
        id=run.message_id,
        thread_id=thread.id,
        run_id=run.id,
        role="assistant",
        text=text,
        created_at="2026-01-02",
        agent="sql",
        sources=[Source(index=1, document="a.md", heading="A", chunk_id="a.md#1", quote="…")],
    )
    step = Step(
        id="step_1",
        run_id=run.id,
        kind="tool",
        name="query_database",
        started_at="2026-01-01",
        status="ok",
        elapsed_ms=3,
        input={"sql": "SELECT 1.5"},
        output={"rows": [[1.5, None, ""]]},
    )
    await run_end.finish(table, who, run_end_of(ended, answer, step))
    return ended


async def test_a_finished_run_is_read_back(table: Table) -> None:
    thread = new_thread()
    ended = await answer_run(table, ME, thread)
    run, steps = await runs.run(table, ME, ended.id)
    assert run == ended
    assert [(s.name, s.input, s.output) for s in steps] == [
        ("query_database", {"sql": "SELECT 1.5"}, {"rows": [[1.5, None, ""]]})
    ]
    messages = await threads.messages(table, ME, thread.id, 10)
    assert [(m.role, m.text, m.agent) for m in messages] == [
        ("user", "How many?", None),
        ("assistant", "Five.", "sql"),
    ]
    assert messages[1].sources[0].document == "a.md"
    assert await threads.message(table, ME, thread.id, run.message_id) == messages[1]
    assert (await threads.thread(table, ME, thread.id)).version == 2


async def test_only_the_last_messages_are_read_oldest_first(table: Table) -> None:
    thread = new_thread()
    for number in range(4):
        await answer_run(table, ME, thread, text=f"Answer {number}")
    messages = await threads.messages(table, ME, thread.id, 3)
    assert [m.text for m in messages] == ["Answer 2", "How many?", "Answer 3"]
    earlier = await threads.messages(table, ME, thread.id, 3, before=messages[0].id)
    assert [m.text for m in earlier] == ["How many?", "Answer 1", "How many?"]


async def test_a_text_longer_than_an_item_is_stored_whole(table: Table) -> None:
    thread = new_thread()
    text = "é" * MAX_TEXT_BYTES
    await answer_run(table, ME, thread, text=text)
    assert (await threads.messages(table, ME, thread.id, 10))[-1].text == text


@pytest.mark.parametrize("who", [OTHER, STRANGER, Identity("company-789", "user-45")])
async def test_another_user_or_tenant_finds_no_thread_or_run(table: Table, who: Identity) -> None:
    thread = new_thread(thread_id="conv-test-123")
    run = await answer_run(table, ME, thread)
    with pytest.raises(NotFound):
        await threads.thread(table, who, thread.id)
    with pytest.raises(NotFound):
        await runs.run(table, who, run.id)
    assert (await threads.threads(table, who, 10, None))[0] == []


async def test_two_users_of_a_tenant_may_use_the_same_thread_id(table: Table) -> None:
    await answer_run(table, ME, new_thread(thread_id="conv-test-123"), text="Mine")
    with pytest.raises(NotFound):
        await threads.thread(table, OTHER, "conv-test-123")
    await answer_run(table, OTHER, new_thread(OTHER, "conv-test-123"), text="Theirs")
    assert (await threads.messages(table, ME, "conv-test-123", 10))[-1].text == "Mine"
    assert (await threads.messages(table, OTHER, "conv-test-123", 10))[-1].text == "Theirs"


async def test_two_tenants_may_use_the_same_thread_id(table: Table) -> None:
    await answer_run(table, ME, new_thread(ME, "conv-1"), text="Mine")
    await answer_run(table, STRANGER, new_thread(STRANGER, "conv-1"), text="Theirs")
    assert (await threads.messages(table, ME, "conv-1", 10))[-1].text == "Mine"
    assert (await threads.messages(table, STRANGER, "conv-1", 10))[-1].text == "Theirs"


async def test_threads_are_listed_latest_first_page_by_page(table: Table) -> None:
    created = [new_thread(at=f"2026-01-0{day}") for day in (3, 1, 2, 5, 4)]
    await asyncio.gather(*(begin_run(table, ME, thread) for thread in created))
    listed: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = await threads.threads(table, ME, 2, cursor)
        listed += [thread.updated_at for thread in page]
        if cursor is None:
            break
    assert listed == [f"2026-01-0{day}" for day in (5, 4, 3, 2, 1)]


async def test_a_cursor_of_another_user_is_invalid(table: Table) -> None:
    for day in (1, 2):
        await begin_run(table, ME, new_thread(at=f"2026-01-0{day}"))
    _, cursor = await threads.threads(table, ME, 1, None)
    assert cursor
    with pytest.raises(Invalid):
        await threads.threads(table, OTHER, 1, cursor)
    with pytest.raises(Invalid):
        await threads.threads(table, ME, 1, "nonsense")


async def test_a_deleted_thread_is_not_found(table: Table) -> None:
    thread = new_thread()
    run = await answer_run(table, ME, thread)
    await deletions.hide(table, ME, thread.id, 30)
    await deletions.expire(table, ME, thread.id, 30)
    assert (await threads.threads(table, ME, 10, None))[0] == []
    for read in (threads.thread(table, ME, thread.id), runs.run(table, ME, run.id)):
        with pytest.raises(NotFound):
            await read
    with pytest.raises(NotFound):
        await deletions.hide(table, ME, thread.id, 30)
    with pytest.raises(NotFound):
        await begin_run(table, ME, thread)
    stored = await table.get(TenantKeys(ME.tenant_id, ME.user_id).thread(thread.id))
    assert stored
    assert stored["expires_at"] > 1_790_000_000


async def test_an_answer_to_a_deleted_thread_is_stored_and_expires(table: Table) -> None:
    thread = new_thread()
    run = await begin_run(table, ME, thread)
    await deletions.hide(table, ME, thread.id, 30)
    answer = Message(
        id=run.message_id,
        thread_id=thread.id,
        run_id=run.id,
        role="assistant",
        text="Five.",
        created_at="2026-01-02",
    )
    await run_end.finish(table, ME, run_end_of(run, answer))
    assert (await threads.messages(table, ME, thread.id, 10))[-1].text == "Five."
    stored = await table.get(TenantKeys(ME.tenant_id, ME.user_id).run(thread.id, run.id))
    assert stored
    assert stored["expires_at"] > 1_790_000_000
    assert (await threads.threads(table, ME, 10, None))[0] == []


async def test_a_renamed_thread_keeps_its_title(table: Table) -> None:
    thread = new_thread()
    await answer_run(table, ME, thread)
    assert (await threads.rename(table, ME, thread.id, "Customers")).title == "Customers"
    await begin_run(table, ME, thread)
    assert (await threads.thread(table, ME, thread.id)).title == "Customers"
    with pytest.raises(NotFound):
        await threads.rename(table, OTHER, thread.id, "Mine")


async def test_more_than_a_batch_of_steps_is_written(table: Table) -> None:
    thread = new_thread()
    run = await begin_run(table, ME, thread)
    steps = [
        Step(id=f"step_{n}", run_id=run.id, kind="model", name="m", started_at="2026")
        for n in range(60)
    ]
    answer = Message(
        id=run.message_id,
        thread_id=thread.id,
        run_id=run.id,
        role="assistant",
        text="",
        created_at="2026-01-02",
    )
    await run_end.finish(table, ME, run_end_of(run, answer, *steps))
    _, found = await runs.run(table, ME, run.id)
    assert [s.id for s in found] == [s.id for s in steps]
    assert len(await threads.messages(table, ME, thread.id, 10)) == 1


def test_values_survive_a_round_trip_through_dynamodbs_types() -> None:
    values = {"a": 1, "b": 1.25, "c": [0.1, None, "x", True], "d": {"e": 1e-9}, "f": 2.0}
    assert from_item(to_item(values)) == {**values, "f": 2}
    assert from_item(to_item({"x": [float("inf")], "gone": None})) == {"x": ["inf"]}


def test_a_text_is_split_between_characters() -> None:
    text = "aé" * MAX_TEXT_BYTES
    parts = list(split_text(text))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= MAX_TEXT_BYTES for part in parts)
    assert list(split_text("")) == [""]


class ConflictingClient:
    """A DynamoDB client whose first transactions conflict with another one."""

    def __init__(self, client: Any, conflicts: int) -> None:
        self._client = client
        self.remaining = conflicts

    def transact_write_items(self, **arguments: Any) -> Any:
        if self.remaining:
            self.remaining -= 1
            reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
            error: Any = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": reasons,
            }
            raise ClientError(error, "TransactWriteItems")
        return self._client.transact_write_items(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


async def test_a_conflicting_transaction_is_retried(table: Table) -> None:
    busy = Table(ConflictingClient(table._client, 3), table.name)
    thread = new_thread()
    await begin_run(busy, ME, thread)
    assert len(await threads.messages(table, ME, thread.id, 10)) == 1


async def test_a_transaction_that_always_conflicts_fails(table: Table) -> None:
    with pytest.raises(ClientError):
        await begin_run(Table(ConflictingClient(table._client, 99), table.name), ME, new_thread())


async def test_a_write_repeated_after_a_lost_response_succeeds(table: Table) -> None:
    thread = new_thread()
    run, message = new_run(thread)
    for _ in range(2):
        await run_start.begin(table, ME, thread, run, message, time.time() + 60)
    answer = message.model_copy(update={"id": run.message_id, "role": "assistant"})
    end = run_end_of(run, answer)
    for _ in range(2):
        await run_end.finish(table, ME, end)
    with pytest.raises(run_end.Superseded):
        await run_end.finish(table, ME, run_end_of(run, answer))
    assert len(await threads.messages(table, ME, thread.id, 10)) == 2
