"""A run's events, read again from any event on, by any process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.chat.conftest import (
    ME,
    Api,
    Running,
    another_environment,
    answer,
    events,
    wait_for_event,
)
from waypost.store.items import to_item
from waypost_chat.dialects import DIALECTS


@pytest_asyncio.fixture(loop_scope="session")
async def other_process(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with another_environment(api) as http:
        yield http


async def follow(http: httpx.AsyncClient, run_id: str, **params: Any) -> httpx.Response:
    return await http.get(f"/v1/runs/{run_id}/events", params=params, headers=ME)


async def test_a_finished_run_is_replayed_after_any_event(
    api: Api, other_process: httpx.AsyncClient
) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days ", "[1].")
    found = await api.ask("How much leave?")
    run_id = found[0]["run_id"]
    for after in range(len(found)):
        rest = await follow(other_process, run_id, after=after)
        assert events(rest.text) == found[after:]
        assert rest.headers["x-run-id"] == run_id
    nothing = await follow(other_process, run_id, after=len(found))
    assert (nothing.status_code, nothing.content) == (204, b"")


LIVE_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "waypost": ("/v1/runs", {"input": "How many?"}),
    "internal": (
        "/internal/chat/stream",
        {
            "input": {"message": "How many?"},
            "conversation": {"id": "c1", "user_id": "user-456", "company_id": "company-789"},
        },
    ),
    "support": ("/chat", {"message": "How many?"}),
    "execution": ("/api/agent/stream", {"input": "How many?"}),
    "agents": ("/api/agents/sql/chat", {"message": "How many?"}),
    "serving": ("/api/chat/stream", {"messages": [{"role": "user", "content": "How many?"}]}),
    "ai-sdk": (
        "/api/ai-sdk/chat",
        {
            "id": "chat-1",
            "messages": [
                {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "How many?"}]}
            ],
            "trigger": "submit-message",
        },
    ),
    "ag-ui": (
        "/api/ag-ui",
        {
            "threadId": "t1",
            "runId": "r1",
            "messages": [{"id": "m1", "role": "user", "content": "How many?"}],
            "tools": [],
            "context": [],
        },
    ),
    "openai-responses": ("/openai/v1/responses", {"model": "sql", "input": "?", "stream": True}),
    "agentcore": ("/invocations", {"prompt": "How many?"}),
}
"""A request that streams each dialect. OpenAI's chat completions are left out: each names the
model of its request."""
FRAMES_WITH_CLIENT_VALUES = {"ag-ui": 1, "openai-responses": 99}
"""How many frames hold values of the client's request: its own run id, the model's name."""


def frames(text: str) -> list[str]:
    return text.removeprefix(": open\nretry: 1000\n").split("\n\n")[:-1]


@pytest.mark.parametrize("dialect", LIVE_REQUESTS)
async def test_a_replay_has_the_bytes_of_the_live_stream(
    api: Api, other_process: httpx.AsyncClient, dialect: str
) -> None:
    path, body = LIVE_REQUESTS[dialect]
    if "agents" not in path and "openai" not in path:
        api.model.add_reply("sql | 1 | - | x")
    api.model.add_query("SELECT 1").add_reply("One", ".")
    live = await api.http.post(f"{path}?ids=1", json=body, headers=ME)
    assert live.status_code == 200, live.text
    run_id = live.headers["x-run-id"]
    replayed = await follow(other_process, run_id, dialect=dialect)
    if dialect in FRAMES_WITH_CLIENT_VALUES:
        assert len(frames(replayed.text)) == len(frames(live.text))
    else:
        assert replayed.content == live.content
    numbered = [
        (int(f.partition("id: ")[2].split("\n")[0]), f)
        for f in frames(replayed.text)
        if "id: " in f
    ]
    for seq, frame in numbered[:-1]:
        rest = await follow(other_process, run_id, dialect=dialect, after=seq)
        following = replayed.text.partition(frame + "\n\n")[2]
        assert rest.text == ": open\nretry: 1000\n" + following


async def test_any_run_is_replayed_in_any_dialect(
    api: Api, other_process: httpx.AsyncClient
) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query("SELECT 1").add_reply("One", ".")
    run_id = (await api.ask("How many?"))[0]["run_id"]
    for dialect in DIALECTS:
        first = await follow(other_process, run_id, dialect=dialect)
        assert first.status_code == 200
        assert "One" in first.text
        again = await follow(api.http, run_id, dialect=dialect)
        assert again.content == first.content


async def test_a_live_run_is_followed_by_several_readers_from_different_events(
    api: Api, other_process: httpx.AsyncClient
) -> None:
    gates = [asyncio.Event() for _ in range(4)]
    words = [piece for n, gate in enumerate(gates) for piece in (f"word{n} ", gate)]
    api.model.add_reply("rag | 1 | - | x").add_reply(*words)
    run = await api.begin()
    await wait_for_event(run, "text.delta")
    readers = [asyncio.create_task(follow(other_process, run.id, after=n)) for n in (0, 1, 2, 3)]
    for gate in gates:
        gate.set()
        await asyncio.sleep(0.03)
    whole, *rest = [events((await reader).text) for reader in readers]
    assert answer(whole) == "word0 word1 word2 word3 "
    assert [event["seq"] for event in whole] == list(range(1, len(whole) + 1))
    assert whole[-1]["type"] == "run.completed"
    for after, found in enumerate(rest, 1):
        assert found == whole[after:]


async def test_last_event_id_overrides_the_query_parameter(
    api: Api,
) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    found = await api.ask("How much leave?")
    path = f"/v1/runs/{found[0]['run_id']}/events?after=2"
    rest = await api.http.get(path, headers={**ME, "Last-Event-ID": "5"})
    assert events(rest.text) == found[5:]


async def test_a_reader_waits_for_an_event_that_is_not_stored_yet(
    environment: dict[str, str], running: Running
) -> None:
    """A reader in the run's own process is ahead of the journal, and reconnects to another one."""
    environment["WAYPOST_JOURNAL_SECONDS"] = "0.4"
    gate = asyncio.Event()
    async with running(environment) as api, another_environment(api) as other_process:
        api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate, "days.")
        run = await api.begin()
        await wait_for_event(run, "text.delta")
        known = len(await run.read(0, 0))
        task = asyncio.create_task(follow(other_process, run.id, after=known))
        gate.set()
        found = events((await task).text)
    assert [event["seq"] for event in found][:1] == [known + 1]
    assert found[-1]["type"] == "run.completed"


@pytest.mark.parametrize(
    ("after", "code"),
    [
        ("-1", "invalid_event_id"),
        ("x", "invalid_event_id"),
        ("1.5", "invalid_event_id"),
        ("٣", "invalid_event_id"),
        ("9" * 16, "invalid_event_id"),
        ("999", "event_id_beyond_end"),
    ],
)
async def test_an_invalid_event_id_is_422(api: Api, after: str, code: str) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    refused = await follow(api.http, run_id, after=after)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)


async def test_a_run_of_another_user_or_tenant_is_404(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    found = await api.ask("How much leave?")
    run_id = found[0]["run_id"]
    strangers = [{**ME, "X-User-Id": "other"}, {**ME, "X-Tenant-Id": "company-78"}]
    for headers in strangers:
        for method, what in (("GET", "events"), ("POST", "cancel"), ("POST", "continue")):
            path = f"/v1/runs/{run_id}/{what}"
            refused = await api.http.request(method, path, headers=headers)
            assert refused.status_code == 404
            assert refused.json()["error"]["code"] == "run_not_found"
    await api.http.delete(f"/v1/threads/{found[0]['thread_id']}", headers=ME)
    assert (await follow(api.http, run_id)).status_code == 404
    assert (await follow(api.http, "run_x")).status_code == 404


async def test_an_unknown_dialect_is_refused(api: Api) -> None:
    refused = await follow(api.http, "run_x", dialect="latin")
    assert refused.json()["error"]["code"] == "unknown_dialect"
    assert "waypost, internal" in refused.json()["error"]["message"]


async def test_expired_events_are_410_and_the_run_is_still_readable(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    for item in journal_items(api, run_id):
        api.dynamodb.update_item(
            TableName=api.table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues=to_item({":past": 1}),
        )
    gone = await follow(api.http, run_id)
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "journal_expired")
    assert (await api.run(run_id))["output"]["text"] == "26 days."


async def test_events_are_written_in_batches_that_expire(
    environment: dict[str, str], running: Running
) -> None:
    environment |= {"WAYPOST_JOURNAL_SECONDS": "30", "WAYPOST_JOURNAL_DAYS": "2"}
    async with running(environment) as api:
        api.model.add_reply("rag | 1 | - | x").add_reply(*[f"word{n} " for n in range(400)])
        found = await api.ask("How much leave?")
        items = journal_items(api, found[0]["run_id"])
    assert [(int(i["first"]["N"]), int(i["last"]["N"])) for i in items] == [
        (1, len(found) - 1),
        (len(found), len(found)),
    ]
    size = sum(len(item["events"]["B"]) for item in items)
    assert size < 20_000
    assert all(float(i["expires_at"]["N"]) - started_at(found) > 1.9 * 86_400 for i in items)


def journal_items(api: Api, run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.dynamodb.query(
        TableName=api.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :e)",
        ExpressionAttributeValues=to_item({":pk": f"T#company-789#R#{run_id}#", ":e": "E#"}),
    )["Items"]
    return found


def started_at(found: list[dict[str, Any]]) -> float:
    return datetime.fromisoformat(found[0]["at"]).timestamp()
