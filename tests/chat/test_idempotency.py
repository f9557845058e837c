"""The same request under the same key is the same run; a thread has one live run."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, another_environment, answer, events, wait_for_event


async def ask(http: Any, key: str, text: str = "How much leave?", **more: Any) -> Any:
    headers = {**ME, "Idempotency-Key": key, **more.pop("headers", {})}
    return await http.post(
        more.pop("path", "/v1/runs"), json={"input": text, **more}, headers=headers
    )


async def test_a_finished_run_is_replayed(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    first = await ask(api.http, "k1")
    written = api.item_count()
    second = await ask(api.http, "k1")
    assert second.content == first.content
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert (len(api.model.requests), api.item_count()) == (2, written)


async def test_a_run_in_progress_is_attached_to(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate, "days.")
    async with another_environment(api) as other_process:
        asking = [asyncio.create_task(ask(http, "k1")) for http in (api.http, other_process)]
        await api.model.wait_for_requests(2)
        asking.append(asyncio.create_task(ask(other_process, "k1")))
        gate.set()
        answers = [await task for task in asking]
    assert [response.status_code for response in answers] == [200] * 3, answers[0].text
    streams = [events(response.text) for response in answers]
    assert streams[0] == streams[1] == streams[2]
    assert answer(streams[0]) == "26 days."
    assert len(api.model.requests) == 2


async def test_concurrent_requests_are_one_run(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    answers = await asyncio.gather(*(ask(api.http, "k1") for _ in range(8)))
    assert {response.status_code for response in answers} == {200}
    assert len({response.headers["x-run-id"] for response in answers}) == 1
    assert len({response.content for response in answers}) == 1
    page = (await api.http.get("/v1/threads", headers=ME)).json()
    assert len(page["threads"]) == 1


async def test_the_same_key_on_a_busy_thread_attaches_to_its_run(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    thread = (await api.ask("How much leave?"))[0]["thread_id"]
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.", gate)
    path = f"/v1/threads/{thread}/runs"
    first = asyncio.create_task(ask(api.http, "k2", "Really?", path=path))
    await api.model.wait_for_requests(4)
    second = asyncio.create_task(ask(api.http, "k2", "Really?", path=path))
    gate.set()
    assert (await first).content == (await second).content


async def test_json_is_replayed_too(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    json: dict[str, Any] = {"headers": {"Accept": "application/json"}}
    first, second = [(await ask(api.http, "k1", **json)).json() for _ in range(2)]
    assert first == second
    assert first["output"]["text"] == "26 days."


@pytest.mark.parametrize("other", [{"text": "Something else"}, {"agent": "sql"}])
async def test_another_request_under_the_same_key_is_refused(api: Api, other: Any) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    await ask(api.http, "k1")
    refused = await ask(api.http, "k1", **other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_mismatch")


async def test_each_user_has_keys_of_their_own(api: Api) -> None:
    for user in ("a", "b"):
        api.model.add_reply("rag | 0.8 | - | x").add_reply(user)
        response = await ask(api.http, "k1", headers={"X-User-Id": user})
        assert answer(events(response.text)) == user


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
async def test_an_invalid_key_is_refused(api: Api, key: str) -> None:
    refused = await ask(api.http, key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        422,
        "invalid_idempotency_key",
    )
    assert api.item_count() == 0


async def test_a_refused_request_does_not_use_up_its_key(api: Api) -> None:
    refused = await ask(api.http, "k1", agent="nobody")
    assert refused.status_code == 422
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    assert events((await ask(api.http, "k1")).text)[-1]["type"] == "run.completed"


async def test_a_second_question_is_refused_with_the_id_of_the_first(api: Api) -> None:
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate, "days.")
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    written = api.item_count()
    path = f"/v1/threads/{run.thread_id}/runs"
    refused = await api.http.post(path, json={"input": "And now?"}, headers=ME)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["run_id"]) == (409, "run_live", run.id)
    assert api.item_count() <= written + 2  # batches of the live run
    thread = (await api.http.get(f"/v1/threads/{run.thread_id}", headers=ME)).json()
    assert (thread["live_run"], len(thread["messages"])) == (run.id, 1)
    gate.set()
    await run.wait()
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    assert (await api.ask("And now?", path))[-1]["type"] == "run.completed"


async def test_of_two_concurrent_questions_one_is_answered(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    thread = (await api.ask("How much leave?"))[0]["thread_id"]
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
    both = await asyncio.gather(
        *(
            api.http.post(f"/v1/threads/{thread}/runs", json={"input": text}, headers=ME)
            for text in ("Really?", "Why?")
        )
    )
    assert sorted(response.status_code for response in both) == [200, 409]


async def test_a_continuation_takes_a_key(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", reason="max_tokens")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    api.model.add_reply("days.")
    headers = {**ME, "Idempotency-Key": "k1"}
    path = f"/v1/runs/{run_id}/continue"
    first, second = [await api.http.post(path, headers=headers) for _ in range(2)]
    assert first.content == second.content
    assert answer(events(first.text)) == "days."
