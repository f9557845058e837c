"""A table that cannot be read or written, for a while or for good."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.chat.conftest import ME, WHO, Api, answer, events
from waypost.errors import StoreUnavailable
from waypost.runs import follow, live


@pytest.fixture
def fail_table(api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Makes an operation of the table fail the given number of times."""

    def fail(operation: str, times: int) -> None:
        table = api.app.state.backend.table
        real = getattr(table, operation)
        remaining = times

        async def failing(*args: Any, **kwargs: Any) -> Any:
            nonlocal remaining
            if remaining > 0:
                remaining -= 1
                raise StoreUnavailable
            return await real(*args, **kwargs)

        monkeypatch.setattr(table, operation, failing)

    return fail


async def replay(api: Api, run_id: str) -> list[dict[str, Any]]:
    return events((await api.http.get(f"/v1/runs/{run_id}/events", headers=ME)).text)


@pytest.mark.parametrize("times", [1, 4])
async def test_a_failed_batch_is_retried(
    api: Api, fail_table: Callable[[str, int], None], times: int
) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    fail_table("put", times)
    found = await api.ask("How much leave?")
    assert found[-1]["type"] == "run.completed"
    assert await replay(api, found[0]["run_id"]) == found


async def test_a_failed_end_is_retried(api: Api, fail_table: Callable[[str, int], None]) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    run = await api.begin()
    fail_table("transact", 3)
    await run.wait()
    view = await api.run(run.id)
    assert (view["state"], view["output"]["text"]) == ("completed", "26 days.")
    assert [event["type"] for event in await replay(api, run.id)].count("run.completed") == 1


async def test_an_answer_is_streamed_and_ends_with_not_saved_where_writes_fail(
    api: Api, fail_table: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_SAVING", 0.3)
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    fail_table("put", 10**9)
    found = await api.ask("How much leave?")
    assert answer(found) == "26 days."
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "not_saved")
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))


async def test_a_reader_waits_for_an_unavailable_table(
    api: Api, fail_table: Callable[[str, int], None]
) -> None:
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate, "days.")
    run = await api.begin()
    await api.model.wait_for_requests(2)
    reader = await follow(api.app.state.backend, WHO, run.id)
    fail_table("query", 5)
    gate.set()
    while not reader.finished:
        await reader.read(reader.last, timeout=1)
    found = [event.model_dump() for event in await reader.read(0, timeout=10)]
    assert (answer(found), found[-1]["type"]) == ("26 days.", "run.completed")


async def test_a_question_is_refused_while_the_table_is_unavailable(
    api: Api, fail_table: Callable[[str, int], None]
) -> None:
    fail_table("transact", 10**9)
    refused = await api.http.post("/v1/runs", json={"input": "How much leave?"}, headers=ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert api.item_count() == 0
