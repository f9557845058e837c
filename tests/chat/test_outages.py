"""A table that cannot be written, for a while or for good."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.chat.conftest import ME, WHO, Api, answer, events
from waypost.errors import StoreUnavailable
from waypost.runs import follow, live


@pytest.fixture
def broken(api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Lets an operation of the table fail, so many times."""

    def fail(operation: str, times: int) -> None:
        table = api.app.state.backend.table
        real = getattr(table, operation)
        left = times

        async def failing(*given: Any, **named: Any) -> Any:
            nonlocal left
            if left > 0:
                left -= 1
                raise StoreUnavailable
            return await real(*given, **named)

        monkeypatch.setattr(table, operation, failing)

    return fail


async def replay(api: Api, run_id: str) -> list[dict[str, Any]]:
    return events((await api.http.get(f"/v1/runs/{run_id}/events", headers=ME)).text)


@pytest.mark.parametrize("times", [1, 4])
async def test_a_batch_that_fails_is_written_again(
    api: Api, broken: Callable[[str, int], None], times: int
) -> None:
    api.script.says("rag | 1 | - | x").says("26 ", "days.")
    broken("put", times)
    told = await api.ask("How much leave?")
    assert told[-1]["type"] == "run.completed"
    assert await replay(api, told[0]["run_id"]) == told


async def test_an_end_that_fails_is_written_again(
    api: Api, broken: Callable[[str, int], None]
) -> None:
    api.script.says("rag | 1 | - | x").says("26 ", "days.")
    run = await api.begin()
    broken("transact", 3)
    await run.wait()
    view = await api.run(run.id)
    assert (view["state"], view["output"]["text"]) == ("completed", "26 days.")
    assert [event["type"] for event in await replay(api, run.id)].count("run.completed") == 1


async def test_where_nothing_can_be_written_the_stream_goes_on_and_says_so(
    api: Api, broken: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_SAVING", 0.3)
    api.script.says("rag | 1 | - | x").says("26 ", "days.")
    broken("put", 10**9)
    told = await api.ask("How much leave?")
    assert answer(told) == "26 days."
    assert (told[-1]["type"], told[-1]["code"]) == ("run.failed", "not_saved")
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))


async def test_a_reader_waits_for_a_table_that_is_away(
    api: Api, broken: Callable[[str, int], None]
) -> None:
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("26 ", gate, "days.")
    run = await api.begin()
    await api.script.has_been_asked(2)
    reader = await follow(api.app.state.backend, WHO, run.id)
    broken("query", 5)
    gate.set()
    while not reader.finished:
        await reader.read(reader.last, timeout=1)
    told = [event.model_dump() for event in await reader.read(0, timeout=10)]
    assert (answer(told), told[-1]["type"]) == ("26 days.", "run.completed")


async def test_a_table_that_is_away_refuses_a_question_and_nothing_is_written(
    api: Api, broken: Callable[[str, int], None]
) -> None:
    broken("transact", 10**9)
    refused = await api.http.post("/v1/runs", json={"input": "How much leave?"}, headers=ME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert api.written() == 0
