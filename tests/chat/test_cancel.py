"""Cancelling a run, from any process."""

import asyncio
import os
from typing import Any

import pytest

from tests.chat.conftest import (
    ME,
    Api,
    Running,
    another_environment,
    answer,
    events,
    wait_for_answer,
    wait_for_event,
)
from waypost.warehouse import QueryResult
from waypost.warehouse.processes import QueryProcess
from waypost_local.bedrock import Fault


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """A run reads its cancel flag three times in its lease."""
    return environment | {"WAYPOST_LEASE": "0.6", "WAYPOST_QUERY_SECONDS": "600"}


async def cancel(http: Any, run_id: str) -> tuple[int, dict[str, Any]]:
    response = await http.post(f"/v1/runs/{run_id}/cancel", headers=ME)
    return response.status_code, response.json()


async def replay(api: Api, run_id: str) -> list[dict[str, Any]]:
    return events((await api.http.get(f"/v1/runs/{run_id}/events", headers=ME)).text)


async def test_a_run_cancelled_from_another_process_keeps_its_partial_answer(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply(
        "26 days ", "of leave", asyncio.Event(), "never sent"
    )
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    async with another_environment(api) as other_process:
        path = f"/v1/runs/{run.id}/events"
        attached = [asyncio.create_task(api.http.get(path, headers=ME)) for _ in range(2)]
        status, view = await cancel(other_process, run.id)
        streams = [events((await reader).text) for reader in attached]
    assert (status, view["state"], view["stop_reason"]) == (200, "cancelled", "user")
    assert view["output"]["text"] == "26 days of leave"
    assert view["output"]["partial"] is True
    for stream in streams:
        assert (stream[-1]["type"], stream[-1]["reason"]) == ("run.cancelled", "user")
        assert stream[-1]["partial"] is True
        assert answer(stream) == "26 days of leave"


async def test_the_usage_of_a_cancelled_answer_is_estimated(api: Api) -> None:
    """Bedrock sends usage at a stream's end, which never comes: the notes say estimated."""
    words = [f"word{n} " for n in range(100)]
    api.model.add_reply("rag | 1 | - | x").add_reply(*words, asyncio.Event())
    run = await api.begin()
    await wait_for_answer(run, "".join(words))
    _, view = await cancel(api.http, run.id)
    answering = view["steps"][-1]
    assert answering["kind"] == "model"
    assert answering["status"] == "failed"
    assert answering["notes"] == ["usage is estimated"]
    assert 50 < answering["usage"]["output_tokens"] < 400
    assert answering["usage"]["input_tokens"] > 50
    assert view["usage"]["output_tokens"] == 10 + answering["usage"]["output_tokens"]
    assert view["cost_usd"] > answering["cost_usd"] > 0


async def test_open_texts_and_steps_are_closed(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("Let me ", asyncio.Event(), "look.")
    run = await api.begin("How many?")
    await wait_for_event(run, "text.delta")
    await cancel(api.http, run.id)
    types = [event["type"] for event in await replay(api, run.id)]
    assert types[-5:] == [
        "text.completed",
        "step.updated",
        "step.completed",
        "usage",
        "run.cancelled",
    ]
    assert types.count("step.started") == types.count("step.completed")


@pytest.mark.parametrize("where", ["converse", "converse-stream"])
async def test_a_run_without_a_token_yet_is_cancelled(api: Api, where: str) -> None:
    api.faults.set(Fault("stall_after", operation=where, seconds=60))
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    run = await api.begin()
    await wait_for_event(run, "step.started")
    status, view = await cancel(api.http, run.id)
    assert (status, view["state"], view["output"], view["partial"]) == (
        200,
        "cancelled",
        None,
        False,
    )


async def test_the_query_of_a_cancelled_run_is_killed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: asyncio.Queue[QueryProcess] = asyncio.Queue()
    loop, run_query = asyncio.get_running_loop(), QueryProcess.run

    def noted(process: QueryProcess, *query: Any) -> QueryResult:
        loop.call_soon_threadsafe(asked.put_nowait, process)
        return run_query(process, *query)

    monkeypatch.setattr(QueryProcess, "run", noted)
    sql = "SELECT instr(printf('%.2000000c', 'w'), printf('%.1000000c', 'w') || 'v')"
    api.model.add_reply("sql | 1 | - | x").add_query(sql)
    run = await api.begin("How many technicians are there?")
    process = await asked.get()
    status, view = await cancel(api.http, run.id)
    assert (status, view["state"]) == (200, "cancelled")
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_the_next_question_of_the_thread_is_answered(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days", asyncio.Event())
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    await cancel(api.http, run.id)
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    found = await api.ask("Really?", f"/v1/threads/{run.thread_id}/runs")
    assert found[-1]["type"] == "run.completed"
    messages = [(m["role"], m["content"][0]["text"]) for m in api.model.requests[-1].messages]
    assert messages[:2] == [("user", "How much leave?"), ("assistant", "26 days")]


async def test_cancelling_a_finished_run_returns_its_state(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    for _ in range(2):
        status, view = await cancel(api.http, run_id)
        assert (status, view["state"], view["output"]["text"]) == (200, "completed", "26 days.")


async def test_concurrent_cancels_cancel_once(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days", asyncio.Event())
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    both = await asyncio.gather(cancel(api.http, run.id), cancel(api.http, run.id))
    assert [view["state"] for _, view in both] == ["cancelled", "cancelled"]
    types = [event["type"] for event in await replay(api, run.id)]
    assert types.count("run.cancelled") == 1


async def test_cancelling_a_run_of_a_crashed_function_interrupts_it(
    environment: dict[str, str], running: Running
) -> None:
    async with running(environment | {"WAYPOST_LEASE": "0.3"}) as api:
        api.model.add_reply("rag | 1 | - | x").add_reply("26 days", asyncio.Event())
        run = await api.begin()
        await wait_for_event(run, "text.delta")
        run._journal.close()
        run._task.cancel()
        status, view = await cancel(api.http, run.id)
    assert (status, view["state"]) == (200, "interrupted")
