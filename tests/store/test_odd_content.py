"""Whatever a run holds, it can be written, read back and ended, and its thread goes on."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.conftest import ME
from tests.store.test_store import begin_run, new_thread, run_end_of
from waypost.events import (
    Event,
    RunStarted,
    StepCompleted,
    StepStarted,
    TextDelta,
    TextStarted,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost.json_values import MAX_DEPTH, encodable, plain
from waypost.records import Message, Run, Step
from waypost.runs.projection import RunProjection
from waypost.store import Table, journals, run_end, runs, threads
from waypost.store.keys import TenantKeys
from waypost.store.steps import MAX_CONTENT_BYTES
from waypost.store.table import dumped

TEXTS = st.text(st.characters(codec=None), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**37, 10**80)
    | st.floats()
    | st.sampled_from([1e308, 5e-324, 0.1 + 0.2])
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"": [value]}
    return value


async def answered(
    table: Table, arguments: dict[str, Any], output: Any, text: str = "x"
) -> tuple[Run, list[Step], Message]:
    """A run with one tool call, ended and read back; then the thread takes the next question."""
    thread = new_thread()
    run = await begin_run(table, ME, thread)
    projection = RunProjection(run)
    events: Sequence[Event] = (
        RunStarted(thread_id=thread.id, user_message_id=run.user_message_id, message_id="msg_x"),
        StepStarted(step_id="s", kind="tool", name="query_database"),
        ToolStarted(call_id="c", name="query_database", step_id="s"),
        ToolInput(call_id="c", arguments=arguments),
        ToolOutput(call_id="c", output=output, elapsed_ms=1),
        StepCompleted(step_id="s", status="ok", elapsed_ms=1),
        TextStarted(text_id="t", channel="final"),
        TextDelta(text_id="t", delta=text),
    )
    journal = [journals.encode(projection.append(event)) for event in events]
    end = projection.append(projection.completed("end_turn"))
    await journals.append(table, ME, run.id, 1, journal, 2**31)

    await run_end.finish(
        table,
        ME,
        run_end.RunEnd(projection.run(), projection.message(), projection.steps(), [end], 2**31),
    )

    found, steps = await runs.run(table, ME, run.id)
    _, written = await journals.read(table, ME, run.id, 0)
    assert [event.seq for event in written] == list(range(1, end.seq + 1))
    message = await threads.message(table, ME, thread.id, run.message_id)
    assert message
    assert (await begin_run(table, ME, thread)).state == "running"
    return found, steps, message


@given(arguments=st.dictionaries(TEXTS, VALUES, max_size=4), output=VALUES, text=TEXTS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_json(table: Table, arguments: dict[str, Any], output: Any, text: str) -> None:
    run, (step,), message = await answered(table, arguments, output, f"{text}.")

    assert run.state == "completed"
    assert (step.input, step.output) == (plain(arguments), plain(output))
    assert message.text == encodable(f"{text}.")


@pytest.mark.parametrize(
    "value",
    [1e308, 2**256 - 1, -(10**40), 10**5000, float("inf"), "\ud83d", "a\0b", {"": {"": 1}}, []],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else "integer",
)
async def test_values_that_dynamodb_does_not_hold(table: Table, value: Any) -> None:
    run, (step,), _ = await answered(table, {"value": value}, [value])

    assert run.state == "completed"
    assert step.input == {"value": plain(value)}
    assert step.output == [plain(value)]


@pytest.mark.parametrize("depth", [31, 33, MAX_DEPTH // 2 - 1, MAX_DEPTH, 400])
async def test_nesting(table: Table, depth: int) -> None:
    run, (step,), _ = await answered(table, {"value": nested(depth)}, nested(depth))

    assert run.state == "completed"
    if depth < MAX_DEPTH // 2:
        assert step.output == nested(depth)
    assert json.loads(json.dumps(step.input)) == step.input


async def test_content_that_is_too_long_is_cut_and_says_so(table: Table) -> None:
    run, (step,), _ = await answered(table, {"sql": "é" * 410_000}, "\x01" * 410_000)

    assert run.state == "completed"
    assert step.input["truncated"]
    assert step.input["bytes"] > 820_000
    assert step.input["text"].startswith('{"sql": "éé')
    assert step.output["truncated"]


async def test_a_step_holds_as_much_as_fits_exactly(table: Table) -> None:
    text = "x" * (MAX_CONTENT_BYTES - 2)

    _, (step,), _ = await answered(table, {"a": 1}, text)

    assert step.output == text


# moto takes transactions of any size.
@pytest.mark.parametrize("table", ["dynamodb_local"], indirect=True)
async def test_an_answer_longer_than_a_transaction_is_kept_in_part(table: Table) -> None:
    run, steps, message = await answered(table, {}, 1, "words " * 1_000_000)

    assert run.state == "failed"
    assert run.failure
    assert run.failure.code == "not_saved"
    assert steps == []
    assert message.partial
    assert message.text.startswith("words words")
    assert len(message.text) > 300_000


async def test_many_large_steps_take_several_transactions(table: Table) -> None:
    thread = new_thread()
    run = await begin_run(table, ME, thread)
    steps = [
        Step(
            id=f"step_{n}",
            run_id=run.id,
            kind="tool",
            name="t",
            started_at="2026-01-01",
            output=f"{n}" + "x" * 140_000,
        )
        for n in range(70)
    ]
    answer = Message(
        id=run.message_id,
        thread_id=thread.id,
        run_id=run.id,
        role="assistant",
        text="Five.",
        created_at="2026-01-02",
    )

    stored = await run_end.finish(table, ME, run_end_of(run, answer, *steps))

    found, read = await runs.run(table, ME, run.id)
    assert found == stored
    assert [step.output[:2] for step in read] == [f"{n}x"[:2] for n in range(70)]


async def test_what_no_item_holds_costs_the_answer_and_not_the_thread(table: Table) -> None:
    thread = new_thread()
    run = await begin_run(table, ME, thread)
    # A name of 500 KB is in the step itself, not in its content.
    step = Step(
        id="s", run_id=run.id, kind="tool", name="n" * 500_000, started_at="2026-01-01", input=1
    )
    answer = Message(
        id=run.message_id,
        thread_id=thread.id,
        run_id=run.id,
        role="assistant",
        text="Five.",
        created_at="2026-01-02",
    )
    completed = run.model_copy(update={"state": "completed"})

    stored = await run_end.finish(table, ME, run_end_of(completed, answer, step))

    assert stored.state == "failed"
    found, read = await runs.run(table, ME, run.id)
    assert (found, read) == (stored, [])
    kept = await threads.message(table, ME, thread.id, run.message_id)
    assert kept
    assert kept.text == "Five."
    assert (await begin_run(table, ME, thread)).state == "running"


async def test_a_step_that_an_earlier_version_wrote_is_read(table: Table) -> None:
    thread = new_thread()
    run = await begin_run(table, ME, thread)
    step = Step(
        id="s",
        run_id=run.id,
        kind="tool",
        name="query_database",
        started_at="2026-01-01",
        input={"sql": "SELECT 1.5"},
        output={"rows": [[1.5, None]]},
    )
    await table.put(
        {**TenantKeys(ME.tenant_id, ME.user_id).step(thread.id, run.id, 1), **dumped(step)},
        "attribute_not_exists(pk)",
    )

    _, steps = await runs.run(table, ME, run.id)

    assert steps == [step]
