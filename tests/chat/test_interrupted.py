"""A function that is gone in the middle of a run."""

import asyncio
import time
from typing import Any

import pytest

from tests.chat.conftest import (
    ME,
    WHO,
    Api,
    Running,
    another_environment,
    answer,
    crash,
    events,
    said,
    seen,
)
from waypost.runs import LiveRun
from waypost.store import journals


async def dead_run(api: Api) -> LiveRun:
    """A run that has said `26 days `, and whose function is gone since then."""
    api.script.says("rag | 1 | - | x").says("26 ", "days ", asyncio.Event(), "[1].")
    run = await api.begin()
    await seen(run, "text.delta")
    await said(run, "26 days ")
    while await written(api, run.id) < len(run._events):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    crash(run)
    return run


async def written(api: Api, run_id: str) -> int:
    return len((await journals.read(api.app.state.backend.table, WHO, run_id, 0))[1])


async def lease_is_over(api: Api, run: LiveRun) -> None:
    """As if its time had passed."""
    await journals.renew_lease(api.app.state.backend.table, WHO, run.id, time.time() - 1)


async def by_run(http: Any, run: LiveRun) -> None:
    await http.get(f"/v1/runs/{run.id}", headers=ME)


async def by_thread(http: Any, run: LiveRun) -> None:
    await http.get(f"/v1/threads/{run.thread_id}", headers=ME)


async def by_events(http: Any, run: LiveRun) -> None:
    await http.get(f"/v1/runs/{run.id}/events", headers=ME)


async def by_cancelling(http: Any, run: LiveRun) -> None:
    await http.post(f"/v1/runs/{run.id}/cancel", headers=ME)


@pytest.mark.parametrize("reader", [by_run, by_thread, by_events, by_cancelling])
async def test_whoever_reads_next_finds_it_interrupted(api: Api, reader: Any) -> None:
    run = await dead_run(api)
    assert (await api.run(run.id))["state"] == "running"
    await lease_is_over(api, run)
    async with another_environment(api) as elsewhere:
        await reader(elsewhere, run)
    view = await api.run(run.id)
    assert (view["state"], view["failure"]["code"]) == ("interrupted", "interrupted")
    assert (view["failure"]["retryable"], view["partial"]) == (True, True)
    assert (view["output"]["text"], view["output"]["partial"]) == ("26 days ", True)
    assert [step["status"] for step in view["steps"]] == ["ok", "ok", "failed"]
    told = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert (told[-1]["type"], told[-1]["code"]) == ("run.failed", "interrupted")
    assert answer(told) == "26 days "


async def test_who_follows_it_is_told_when_the_lease_is_over(api: Api) -> None:
    run = await dead_run(api)
    async with another_environment(api) as elsewhere:
        path = f"/v1/runs/{run.id}/events"
        following = asyncio.create_task(elsewhere.get(path, headers=ME))
        await asyncio.sleep(0.2)
        await lease_is_over(api, run)
        told = events((await following).text)
    assert (told[-1]["code"], answer(told)) == ("interrupted", "26 days ")


async def test_many_readers_end_it_once(api: Api) -> None:
    run = await dead_run(api)
    await lease_is_over(api, run)
    path = f"/v1/runs/{run.id}/events"
    streams = await asyncio.gather(*(api.http.get(path, headers=ME) for _ in range(6)))
    assert len({stream.content for stream in streams}) == 1
    thread = (await api.http.get(f"/v1/threads/{run.thread_id}", headers=ME)).json()
    assert [message["text"] for message in thread["messages"]] == ["How much leave?", "26 days "]
    assert thread["live_run"] is None


async def test_the_thread_takes_the_next_question(api: Api) -> None:
    run = await dead_run(api)
    path = f"/v1/threads/{run.thread_id}/runs"
    refused = await api.http.post(path, json={"input": "Hello?"}, headers=ME)
    assert refused.status_code == 409
    await lease_is_over(api, run)
    api.script.says("rag | 1 | - | x").says("Yes.")
    assert (await api.ask("Hello?", path))[-1]["type"] == "run.completed"
    assert (await api.run(run.id))["state"] == "interrupted"


async def test_a_run_that_never_wrote_an_event(
    environment: dict[str, str], running: Running
) -> None:
    async with running(environment | {"WAYPOST_JOURNAL_SECONDS": "30"}) as api:
        api.script.says("rag | 1 | - | x").says("26 days ", asyncio.Event())
        run = await api.begin()
        await seen(run, "text.delta")
        crash(run)
        await lease_is_over(api, run)
        told = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)
        known = len(run._events)
        beyond = await api.http.get(f"/v1/runs/{run.id}/events?after={known}", headers=ME)
    assert [event["type"] for event in told] == ["run.started", "run.failed"]
    assert told[-1]["partial"] is False
    assert beyond.json()["error"]["code"] == "event_id_beyond_end"


async def test_a_function_that_comes_back_from_the_dead_does_not_write_over_it(api: Api) -> None:
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("26 days ", gate, "of leave.")
    run = await api.begin()
    await seen(run, "text.delta")
    beating = run._journal._tasks[1]
    beating.cancel()
    await lease_is_over(api, run)
    view = await api.run(run.id)
    assert view["state"] == "interrupted"
    gate.set()
    await run.wait()
    end = run._events[-1].model_dump()
    assert (end["type"], end["code"]) == ("run.failed", "interrupted")
    assert (await api.run(run.id)) == view
