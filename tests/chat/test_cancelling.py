"""Stopping a run, from anywhere."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, Running, another_environment, answer, events, said, seen
from waypost_local.bedrock import Fault


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """A run asks three times in its lease whether it is still wanted."""
    return environment | {"WAYPOST_LEASE": "0.6"}


async def cancel(http: Any, run_id: str) -> tuple[int, dict[str, Any]]:
    response = await http.post(f"/v1/runs/{run_id}/cancel", headers=ME)
    return response.status_code, response.json()


async def test_a_run_is_stopped_from_elsewhere_and_keeps_what_was_said(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days ", "of leave", asyncio.Event(), "never said")
    run = await api.begin()
    await seen(run, "text.delta")
    async with another_environment(api) as elsewhere:
        path = f"/v1/runs/{run.id}/events"
        attached = [asyncio.create_task(api.http.get(path, headers=ME)) for _ in range(2)]
        status, view = await cancel(elsewhere, run.id)
        streams = [events((await reader).text) for reader in attached]
    assert (status, view["state"], view["stop_reason"]) == (200, "cancelled", "user")
    assert view["output"]["text"] == "26 days of leave"
    assert view["output"]["partial"] is True
    for stream in streams:
        assert (stream[-1]["type"], stream[-1]["reason"]) == ("run.cancelled", "user")
        assert stream[-1]["partial"] is True
        assert answer(stream) == "26 days of leave"


async def test_what_was_spent_on_a_cancelled_answer_is_recorded(api: Api) -> None:
    """Bedrock counts at a stream's end, which never comes: the rest is an estimate, and says so."""
    words = [f"word{n} " for n in range(100)]
    api.script.says("rag | 1 | - | x").says(*words, asyncio.Event())
    run = await api.begin()
    await said(run, "".join(words))
    _, view = await cancel(api.http, run.id)
    answering = view["steps"][-1]
    assert answering["kind"] == "model"
    assert answering["status"] == "failed"
    assert answering["notes"] == ["usage is estimated"]
    assert 50 < answering["usage"]["output_tokens"] < 400
    assert answering["usage"]["input_tokens"] > 50
    assert view["usage"]["output_tokens"] == 10 + answering["usage"]["output_tokens"]
    assert view["cost_usd"] > answering["cost_usd"] > 0


async def test_everything_open_is_closed(api: Api) -> None:
    api.script.says("sql | 1 | - | x").says("Let me ", asyncio.Event(), "look.")
    run = await api.begin("How many?")
    await seen(run, "text.delta")
    await cancel(api.http, run.id)
    told = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)
    kinds = [event["type"] for event in told]
    assert kinds[-5:] == [
        "text.completed", "step.updated", "step.completed", "usage", "run.cancelled",
    ]  # fmt: skip
    assert kinds.count("step.started") == kinds.count("step.completed")


@pytest.mark.parametrize("where", ["converse", "converse-stream"])
async def test_a_run_that_has_said_nothing_yet_is_stopped(api: Api, where: str) -> None:
    api.faults.set(Fault("stall_after", operation=where, seconds=60))
    api.script.says("rag | 1 | - | x").says("26 days.")
    run = await api.begin()
    await seen(run, "step.started")
    status, view = await cancel(api.http, run.id)
    assert (status, view["state"], view["output"], view["partial"]) == (
        200, "cancelled", None, False,
    )  # fmt: skip


async def test_the_thread_takes_the_next_question(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days", asyncio.Event())
    run = await api.begin()
    await seen(run, "text.delta")
    await cancel(api.http, run.id)
    api.script.says("rag | 1 | - | x").says("Yes.")
    told = await api.ask("Really?", f"/v1/threads/{run.thread_id}/runs")
    assert told[-1]["type"] == "run.completed"
    said = [(m["role"], m["content"][0]["text"]) for m in api.script.asked[-1].messages]
    assert said[:2] == [("user", "How much leave?"), ("assistant", "26 days")]


async def test_a_run_that_is_over_answers_its_state(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    for _ in range(2):
        status, view = await cancel(api.http, run_id)
        assert (status, view["state"], view["output"]["text"]) == (200, "completed", "26 days.")


async def test_cancelling_twice_at_once_is_cancelling(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days", asyncio.Event())
    run = await api.begin()
    await seen(run, "text.delta")
    both = await asyncio.gather(cancel(api.http, run.id), cancel(api.http, run.id))
    assert [view["state"] for _, view in both] == ["cancelled", "cancelled"]
    told = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)
    assert [event["type"] for event in told].count("run.cancelled") == 1


async def test_a_cancelled_run_whose_function_is_gone_is_interrupted(
    environment: dict[str, str], running: Running
) -> None:
    async with running(environment | {"WAYPOST_LEASE": "0.3"}) as api:
        api.script.says("rag | 1 | - | x").says("26 days", asyncio.Event())
        run = await api.begin()
        await seen(run, "text.delta")
        run._journal.close()
        run._task.cancel()
        status, view = await cancel(api.http, run.id)
    assert (status, view["state"]) == (200, "interrupted")
