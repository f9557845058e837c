"""Threads, messages, runs and steps in the table, and who may see them."""

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


def a_thread(who: Identity = ME, thread_id: str | None = None, at: str = "2026-01-01") -> Thread:
    return Thread(
        id=thread_id or new_id("thread"),
        user_id=who.user_id,
        title="How many?",
        created_at=at,
        updated_at=at,
    )


def a_run(thread: Thread) -> tuple[Run, Message]:
    message = Message(
        id=new_id("msg"), thread_id=thread.id, run_id=new_id("run"), role="user",
        text="How many?", created_at=thread.updated_at,
    )  # fmt: skip
    run = Run(
        id=message.run_id, thread_id=thread.id, user_id=thread.user_id, state="running",
        user_message_id=message.id, message_id=new_id("msg"), created_at=thread.updated_at,
    )  # fmt: skip
    return run, message


async def asked(table: Table, who: Identity, thread: Thread) -> Run:
    run, message = a_run(thread)
    await run_start.begin(table, who, thread, run, message, time.time() + 60)
    return run


def ending(run: Run, answer: Message, *steps: Step) -> run_end.RunEnd:
    """What is stored of a run whose journal is empty but for its end."""
    run = run if run.state != "running" else run.model_copy(update={"state": "failed"})
    end = RunFailed(code="x", message="x", retryable=False, partial=False)
    return run_end.RunEnd(run, answer, steps, [end.stamped(1, run.id, run.created_at)], 2**31)


async def answered(table: Table, who: Identity, thread: Thread, text: str = "Five.") -> Run:
    run = await asked(table, who, thread)
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
        id=run.message_id, thread_id=thread.id, run_id=run.id, role="assistant", text=text,
        created_at="2026-01-02", agent="sql",
        sources=[Source(index=1, document="a.md", heading="A", chunk_id="a.md#1", quote="…")],
    )  # fmt: skip
    step = Step(
        id="step_1", run_id=run.id, kind="tool", name="query_database", started_at="2026-01-01",
        status="ok", elapsed_ms=3, input={"sql": "SELECT 1.5"}, output={"rows": [[1.5, None, ""]]},
    )  # fmt: skip
    await run_end.finish(table, who, ending(ended, answer, step))
    return ended


async def test_what_was_asked_and_answered_is_read_back(table: Table) -> None:
    thread = a_thread()
    ended = await answered(table, ME, thread)
    run, steps = await runs.run(table, ME, ended.id)
    assert run == ended
    assert [(s.name, s.input, s.output) for s in steps] == [
        ("query_database", {"sql": "SELECT 1.5"}, {"rows": [[1.5, None, ""]]})
    ]
    said = await threads.messages(table, ME, thread.id, 10)
    assert [(m.role, m.text, m.agent) for m in said] == [
        ("user", "How many?", None),
        ("assistant", "Five.", "sql"),
    ]
    assert said[1].sources[0].document == "a.md"
    assert await threads.message(table, ME, thread.id, run.message_id) == said[1]
    assert (await threads.thread(table, ME, thread.id)).version == 2


async def test_only_the_last_messages_are_read_oldest_first(table: Table) -> None:
    thread = a_thread()
    for number in range(4):
        await answered(table, ME, thread, text=f"Answer {number}")
    said = await threads.messages(table, ME, thread.id, 3)
    assert [m.text for m in said] == ["Answer 2", "How many?", "Answer 3"]
    earlier = await threads.messages(table, ME, thread.id, 3, before=said[0].id)
    assert [m.text for m in earlier] == ["How many?", "Answer 1", "How many?"]


async def test_a_very_long_text_is_kept_whole(table: Table) -> None:
    thread = a_thread()
    text = "é" * MAX_TEXT_BYTES
    await answered(table, ME, thread, text=text)
    assert (await threads.messages(table, ME, thread.id, 10))[-1].text == text


@pytest.mark.parametrize("who", [OTHER, STRANGER, Identity("company-789", "user-45")])
async def test_nobody_else_sees_a_thread_or_a_run(table: Table, who: Identity) -> None:
    thread = a_thread(thread_id="conv-test-123")
    run = await answered(table, ME, thread)
    with pytest.raises(NotFound):
        await threads.thread(table, who, thread.id)
    with pytest.raises(NotFound):
        await runs.run(table, who, run.id)
    assert (await threads.threads(table, who, 10, None))[0] == []


async def test_nobody_asks_in_the_thread_of_a_colleague(table: Table) -> None:
    thread = a_thread(thread_id="conv-test-123")
    await answered(table, ME, thread)
    with pytest.raises(NotFound):
        await asked(table, OTHER, a_thread(OTHER, "conv-test-123"))
    assert len(await threads.messages(table, ME, "conv-test-123", 10)) == 2


async def test_two_tenants_may_use_the_same_thread_id(table: Table) -> None:
    await answered(table, ME, a_thread(ME, "conv-1"), text="Mine")
    await answered(table, STRANGER, a_thread(STRANGER, "conv-1"), text="Theirs")
    assert (await threads.messages(table, ME, "conv-1", 10))[-1].text == "Mine"
    assert (await threads.messages(table, STRANGER, "conv-1", 10))[-1].text == "Theirs"


async def test_threads_are_listed_latest_first_page_by_page(table: Table) -> None:
    made = [a_thread(at=f"2026-01-0{day}") for day in (3, 1, 2, 5, 4)]
    await asyncio.gather(*(asked(table, ME, thread) for thread in made))
    listed: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = await threads.threads(table, ME, 2, cursor)
        listed += [thread.updated_at for thread in page]
        if cursor is None:
            break
    assert listed == [f"2026-01-0{day}" for day in (5, 4, 3, 2, 1)]


async def test_a_cursor_opens_nobody_elses_list(table: Table) -> None:
    for day in (1, 2):
        await asked(table, ME, a_thread(at=f"2026-01-0{day}"))
    _, cursor = await threads.threads(table, ME, 1, None)
    assert cursor
    with pytest.raises(Invalid):
        await threads.threads(table, OTHER, 1, cursor)
    with pytest.raises(Invalid):
        await threads.threads(table, ME, 1, "nonsense")


async def test_a_deleted_thread_is_gone_at_once(table: Table) -> None:
    thread = a_thread()
    run = await answered(table, ME, thread)
    await deletions.hide(table, ME, thread.id, 30)
    await deletions.expire(table, ME, thread.id, 30)
    assert (await threads.threads(table, ME, 10, None))[0] == []
    for read in (threads.thread(table, ME, thread.id), runs.run(table, ME, run.id)):
        with pytest.raises(NotFound):
            await read
    with pytest.raises(NotFound):
        await deletions.hide(table, ME, thread.id, 30)
    with pytest.raises(NotFound):
        await asked(table, ME, thread)
    stored = await table.get(TenantKeys(ME.tenant_id).thread(thread.id))
    assert stored
    assert stored["expires_at"] > 1_790_000_000


async def test_an_answer_that_ends_after_its_thread_was_deleted_is_kept(table: Table) -> None:
    thread = a_thread()
    run = await asked(table, ME, thread)
    await deletions.hide(table, ME, thread.id, 30)
    answer = Message(
        id=run.message_id, thread_id=thread.id, run_id=run.id, role="assistant", text="Five.",
        created_at="2026-01-02",
    )  # fmt: skip
    await run_end.finish(table, ME, ending(run, answer))
    assert (await threads.messages(table, ME, thread.id, 10))[-1].text == "Five."
    kept = await table.get(TenantKeys(ME.tenant_id).run(thread.id, run.id))
    assert kept
    assert kept["expires_at"] > 1_790_000_000
    assert (await threads.threads(table, ME, 10, None))[0] == []


async def test_a_thread_is_renamed_and_keeps_its_name(table: Table) -> None:
    thread = a_thread()
    await answered(table, ME, thread)
    assert (await threads.rename(table, ME, thread.id, "Customers")).title == "Customers"
    await asked(table, ME, thread)
    assert (await threads.thread(table, ME, thread.id)).title == "Customers"
    with pytest.raises(NotFound):
        await threads.rename(table, OTHER, thread.id, "Mine")


async def test_more_than_a_batch_of_steps_is_written(table: Table) -> None:
    thread = a_thread()
    run = await asked(table, ME, thread)
    steps = [
        Step(id=f"step_{n}", run_id=run.id, kind="model", name="m", started_at="2026")
        for n in range(60)
    ]
    answer = Message(
        id=run.message_id, thread_id=thread.id, run_id=run.id, role="assistant", text="",
        created_at="2026-01-02",
    )  # fmt: skip
    await run_end.finish(table, ME, ending(run, answer, *steps))
    _, found = await runs.run(table, ME, run.id)
    assert [s.id for s in found] == [s.id for s in steps]
    assert len(await threads.messages(table, ME, thread.id, 10)) == 1


def test_values_survive_the_way_through_dynamodbs_types() -> None:
    values = {"a": 1, "b": 1.25, "c": [0.1, None, "x", True], "d": {"e": 1e-9}, "f": 2.0}
    assert from_item(to_item(values)) == {**values, "f": 2}
    assert from_item(to_item({"x": [float("inf")], "gone": None})) == {"x": ["inf"]}


def test_a_text_is_split_between_characters() -> None:
    text = "aé" * MAX_TEXT_BYTES
    parts = list(split_text(text))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= MAX_TEXT_BYTES for part in parts)
    assert list(split_text("")) == [""]


class Conflicting:
    """A client whose first transactions meet another one."""

    def __init__(self, client: Any, conflicts: int) -> None:
        self._client = client
        self.left = conflicts

    def transact_write_items(self, **arguments: Any) -> Any:
        if self.left:
            self.left -= 1
            reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
            error: Any = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": reasons,
            }
            raise ClientError(error, "TransactWriteItems")
        return self._client.transact_write_items(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


async def test_a_transaction_that_met_another_is_tried_again(table: Table) -> None:
    busy = Table(Conflicting(table._client, 3), table.name)
    thread = a_thread()
    await asked(busy, ME, thread)
    assert len(await threads.messages(table, ME, thread.id, 10)) == 1


async def test_a_transaction_is_not_tried_for_ever(table: Table) -> None:
    with pytest.raises(ClientError):
        await asked(Table(Conflicting(table._client, 99), table.name), ME, a_thread())


async def test_a_try_whose_answer_was_lost_is_not_held_against_the_next(table: Table) -> None:
    thread = a_thread()
    run, message = a_run(thread)
    for _ in range(2):
        await run_start.begin(table, ME, thread, run, message, time.time() + 60)
    answer = message.model_copy(update={"id": run.message_id, "role": "assistant"})
    end = ending(run, answer)
    for _ in range(2):
        await run_end.finish(table, ME, end)
    with pytest.raises(run_end.Superseded):
        await run_end.finish(table, ME, ending(run, answer))
    assert len(await threads.messages(table, ME, thread.id, 10)) == 2
