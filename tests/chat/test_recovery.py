"""A function that crashes in the middle of a run."""

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
    wait_for_answer,
    wait_for_event,
)
from waypost.runs import LiveRun
from waypost.runs.journal import Journal
from waypost.store import journals


async def crashed_run(api: Api) -> LiveRun:
    """A run whose function crashed after the answer `26 days `."""
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days ", asyncio.Event(), "[1].")
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    await wait_for_answer(run, "26 days ")
    while await stored_event_count(api, run.id) < len(run._events):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    crash(run)
    return run


async def stored_event_count(api: Api, run_id: str) -> int:
    return len((await journals.read(api.app.state.backend.table, WHO, run_id, 0))[1])


async def expire_lease(api: Api, run: LiveRun) -> None:
    """Sets the end of the lease to the past."""
    await journals.renew_lease(api.app.state.backend.table, WHO, run.id, time.time() - 1)


async def get_run(http: Any, run: LiveRun) -> None:
    await http.get(f"/v1/runs/{run.id}", headers=ME)


async def get_thread(http: Any, run: LiveRun) -> None:
    await http.get(f"/v1/threads/{run.thread_id}", headers=ME)


async def get_events(http: Any, run: LiveRun) -> None:
    await http.get(f"/v1/runs/{run.id}/events", headers=ME)


async def cancel_run(http: Any, run: LiveRun) -> None:
    await http.post(f"/v1/runs/{run.id}/cancel", headers=ME)


@pytest.mark.parametrize("reader", [get_run, get_thread, get_events, cancel_run])
async def test_the_next_reader_finds_the_run_interrupted(api: Api, reader: Any) -> None:
    run = await crashed_run(api)
    assert (await api.run(run.id))["state"] == "running"
    await expire_lease(api, run)
    async with another_environment(api) as other_process:
        await reader(other_process, run)
    view = await api.run(run.id)
    assert (view["state"], view["failure"]["code"]) == ("interrupted", "interrupted")
    assert (view["failure"]["retryable"], view["partial"]) == (True, True)
    assert (view["output"]["text"], view["output"]["partial"]) == ("26 days ", True)
    assert [step["status"] for step in view["steps"]] == ["ok", "ok", "failed"]
    found = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "interrupted")
    assert answer(found) == "26 days "


async def test_a_follower_gets_the_end_once_the_lease_expires(api: Api) -> None:
    run = await crashed_run(api)
    async with another_environment(api) as other_process:
        path = f"/v1/runs/{run.id}/events"
        following = asyncio.create_task(other_process.get(path, headers=ME))
        await asyncio.sleep(0.2)
        await expire_lease(api, run)
        found = events((await following).text)
    assert (found[-1]["code"], answer(found)) == ("interrupted", "26 days ")


async def test_concurrent_readers_end_the_run_once(api: Api) -> None:
    run = await crashed_run(api)
    await expire_lease(api, run)
    path = f"/v1/runs/{run.id}/events"
    streams = await asyncio.gather(*(api.http.get(path, headers=ME) for _ in range(6)))
    assert len({stream.content for stream in streams}) == 1
    thread = (await api.http.get(f"/v1/threads/{run.thread_id}", headers=ME)).json()
    assert [message["text"] for message in thread["messages"]] == ["How much leave?", "26 days "]
    assert thread["live_run"] is None


async def test_the_next_question_of_the_thread_is_answered(api: Api) -> None:
    run = await crashed_run(api)
    path = f"/v1/threads/{run.thread_id}/runs"
    refused = await api.http.post(path, json={"input": "Hello?"}, headers=ME)
    assert refused.status_code == 409
    await expire_lease(api, run)
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    assert (await api.ask("Hello?", path))[-1]["type"] == "run.completed"
    assert (await api.run(run.id))["state"] == "interrupted"


async def test_a_run_that_stored_no_event_is_interrupted(
    environment: dict[str, str], running: Running
) -> None:
    async with running(environment | {"WAYPOST_JOURNAL_SECONDS": "30"}) as api:
        api.model.add_reply("rag | 1 | - | x").add_reply("26 days ", asyncio.Event())
        run = await api.begin()
        await wait_for_event(run, "text.delta")
        crash(run)
        await expire_lease(api, run)
        found = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)
        known = len(run._events)
        beyond = await api.http.get(f"/v1/runs/{run.id}/events?after={known}", headers=ME)
    assert [event["type"] for event in found] == ["run.started", "run.failed"]
    assert found[-1]["partial"] is False
    assert beyond.json()["error"]["code"] == "event_id_beyond_end"


async def test_a_function_that_lost_its_lease_does_not_overwrite_the_end(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days ", gate, "of leave.")
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    assert isinstance(run._journal, Journal)
    heartbeat = run._journal._tasks[1]
    heartbeat.cancel()
    await expire_lease(api, run)
    view = await api.run(run.id)
    assert view["state"] == "interrupted"
    gate.set()
    await run.wait()
    end = run._events[-1].model_dump()
    assert (end["type"], end["code"]) == ("run.failed", "interrupted")
    assert (await api.run(run.id)) == view
