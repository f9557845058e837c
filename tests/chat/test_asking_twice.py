"""The same request sent again is the same run; one run at a time on a thread."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, another_environment, answer, events, seen


async def ask(http: Any, key: str, text: str = "How much leave?", **more: Any) -> Any:
    headers = {**ME, "Idempotency-Key": key, **more.pop("headers", {})}
    return await http.post(more.pop("path", "/v1/runs"), json={"input": text, **more},
                           headers=headers)  # fmt: skip


async def test_a_finished_run_is_replayed(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    first = await ask(api.http, "k1")
    written = api.written()
    second = await ask(api.http, "k1")
    assert second.content == first.content
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert (len(api.script.asked), api.written()) == (2, written)


async def test_a_run_in_progress_is_attached_to(api: Api) -> None:
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("26 ", gate, "days.")
    async with another_environment(api) as elsewhere:
        asking = [asyncio.create_task(ask(http, "k1")) for http in (api.http, elsewhere)]
        await api.script.has_been_asked(2)
        asking.append(asyncio.create_task(ask(elsewhere, "k1")))
        gate.set()
        answers = [await task for task in asking]
    assert [response.status_code for response in answers] == [200] * 3, answers[0].text
    told = [events(response.text) for response in answers]
    assert told[0] == told[1] == told[2]
    assert answer(told[0]) == "26 days."
    assert len(api.script.asked) == 2


async def test_many_at_once_are_one_run(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    answers = await asyncio.gather(*(ask(api.http, "k1") for _ in range(8)))
    assert {response.status_code for response in answers} == {200}
    assert len({response.headers["x-run-id"] for response in answers}) == 1
    assert len({response.content for response in answers}) == 1
    page = (await api.http.get("/v1/threads", headers=ME)).json()
    assert len(page["threads"]) == 1


async def test_the_same_key_in_a_thread_that_is_busy_with_it(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    thread = (await api.ask("How much leave?"))[0]["thread_id"]
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("Yes.", gate)
    path = f"/v1/threads/{thread}/runs"
    first = asyncio.create_task(ask(api.http, "k2", "Really?", path=path))
    await api.script.has_been_asked(4)
    second = asyncio.create_task(ask(api.http, "k2", "Really?", path=path))
    gate.set()
    assert (await first).content == (await second).content


async def test_json_is_replayed_too(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    json: dict[str, Any] = {"headers": {"Accept": "application/json"}}
    first, second = [(await ask(api.http, "k1", **json)).json() for _ in range(2)]
    assert first == second
    assert first["output"]["text"] == "26 days."


@pytest.mark.parametrize("other", [{"text": "Something else"}, {"agent": "sql"}])
async def test_another_request_under_the_same_key_is_refused(api: Api, other: Any) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    await ask(api.http, "k1")
    refused = await ask(api.http, "k1", **other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_mismatch")


async def test_keys_are_each_users_own(api: Api) -> None:
    for user in ("a", "b"):
        api.script.says("rag | 1 | - | x").says(user)
        response = await ask(api.http, "k1", headers={"X-User-Id": user})
        assert answer(events(response.text)) == user


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
async def test_a_key_that_is_none(api: Api, key: str) -> None:
    refused = await ask(api.http, key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        422, "invalid_idempotency_key",
    )  # fmt: skip
    assert api.written() == 0


async def test_a_refused_request_does_not_use_up_its_key(api: Api) -> None:
    refused = await ask(api.http, "k1", agent="nobody")
    assert refused.status_code == 422
    api.script.says("rag | 1 | - | x").says("26 days.")
    assert events((await ask(api.http, "k1")).text)[-1]["type"] == "run.completed"


async def test_a_second_question_is_refused_with_the_id_of_the_first(api: Api) -> None:
    gate = asyncio.Event()
    api.script.says("rag | 1 | - | x").says("26 ", gate, "days.")
    run = await api.begin()
    await seen(run, "text.delta")
    written = api.written()
    path = f"/v1/threads/{run.thread_id}/runs"
    refused = await api.http.post(path, json={"input": "And now?"}, headers=ME)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["run_id"]) == (409, "run_live", run.id)
    assert api.written() <= written + 2  # batches of the live run
    thread = (await api.http.get(f"/v1/threads/{run.thread_id}", headers=ME)).json()
    assert (thread["live_run"], len(thread["messages"])) == (run.id, 1)
    gate.set()
    await run.wait()
    api.script.says("rag | 1 | - | x").says("Yes.")
    assert (await api.ask("And now?", path))[-1]["type"] == "run.completed"


async def test_of_two_questions_at_once_one_is_answered(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    thread = (await api.ask("How much leave?"))[0]["thread_id"]
    api.script.says("rag | 1 | - | x").says("Yes.")
    both = await asyncio.gather(
        *(
            api.http.post(f"/v1/threads/{thread}/runs", json={"input": text}, headers=ME)
            for text in ("Really?", "Why?")
        )
    )
    assert sorted(response.status_code for response in both) == [200, 409]


async def test_the_key_of_a_continuation(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 ", reason="max_tokens")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    api.script.says("days.")
    headers = {**ME, "Idempotency-Key": "k1"}
    path = f"/v1/runs/{run_id}/continue"
    first, second = [await api.http.post(path, headers=headers) for _ in range(2)]
    assert first.content == second.content
    assert answer(events(first.text)) == "days."
