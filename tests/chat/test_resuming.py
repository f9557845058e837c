"""A run's events, from any place on, as often as one likes, from anywhere."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.chat.conftest import ME, Api, Running, another_environment, answer, events, seen
from waypost.store.items import to_item
from waypost_chat.dialects import DIALECTS


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with another_environment(api) as http:
        yield http


async def follow(http: httpx.AsyncClient, run_id: str, **params: Any) -> httpx.Response:
    return await http.get(f"/v1/runs/{run_id}/events", params=params, headers=ME)


async def test_a_finished_run_is_replayed_from_every_place(
    api: Api, elsewhere: httpx.AsyncClient
) -> None:
    api.script.says("rag | 1 | - | x").says("26 ", "days ", "[1].")
    told = await api.ask("How much leave?")
    run_id = told[0]["run_id"]
    for after in range(len(told)):
        rest = await follow(elsewhere, run_id, after=after)
        assert events(rest.text) == told[after:]
        assert rest.headers["x-run-id"] == run_id
    nothing = await follow(elsewhere, run_id, after=len(told))
    assert (nothing.status_code, nothing.content) == (204, b"")


ROUTED: dict[str, tuple[str, dict[str, Any]]] = {
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
"""Where each dialect is spoken live. OpenAI's chat completions name what the client asked for."""
AS_ASKED = {"ag-ui": 1, "openai-responses": 99}
"""How many frames hold what the client itself has said: its own run id, the model's name."""


def frames(text: str) -> list[str]:
    return text.removeprefix(": open\nretry: 1000\n").split("\n\n")[:-1]


@pytest.mark.parametrize("dialect", ROUTED)
async def test_a_replay_has_the_bytes_of_the_stream(
    api: Api, elsewhere: httpx.AsyncClient, dialect: str
) -> None:
    path, body = ROUTED[dialect]
    if "agents" not in path and "openai" not in path:
        api.script.says("sql | 1 | - | x")
    api.script.calls("SELECT 1").says("One", ".")
    live = await api.http.post(path, json=body, headers=ME)
    assert live.status_code == 200, live.text
    run_id = live.headers["x-run-id"]
    replayed = await follow(elsewhere, run_id, dialect=dialect)
    if dialect in AS_ASKED:
        assert len(frames(replayed.text)) == len(frames(live.text))
    else:
        assert replayed.content == live.content
    told = frames(replayed.text)
    numbered = [(int(f.partition("id: ")[2].split("\n")[0]), f) for f in told if "id: " in f]
    for seq, frame in numbered[:-1]:
        rest = await follow(elsewhere, run_id, dialect=dialect, after=seq)
        following = replayed.text.partition(frame + "\n\n")[2]
        assert rest.text == ": open\nretry: 1000\n" + following


async def test_any_run_is_told_in_any_dialect(api: Api, elsewhere: httpx.AsyncClient) -> None:
    api.script.says("sql | 1 | - | x").calls("SELECT 1").says("One", ".")
    run_id = (await api.ask("How many?"))[0]["run_id"]
    for dialect in DIALECTS:
        told = await follow(elsewhere, run_id, dialect=dialect)
        assert told.status_code == 200
        assert "One" in told.text
        again = await follow(api.http, run_id, dialect=dialect)
        assert again.content == told.content


async def test_a_live_run_is_followed_by_several_from_several_places(
    api: Api, elsewhere: httpx.AsyncClient
) -> None:
    gates = [asyncio.Event() for _ in range(4)]
    words = [piece for n, gate in enumerate(gates) for piece in (f"word{n} ", gate)]
    api.script.says("rag | 1 | - | x").says(*words)
    run = await api.begin()
    await seen(run, "text.delta")
    readers = [asyncio.create_task(follow(elsewhere, run.id, after=n)) for n in (0, 1, 2, 3)]
    for gate in gates:
        gate.set()
        await asyncio.sleep(0.03)
    whole, *rest = [events((await reader).text) for reader in readers]
    assert answer(whole) == "word0 word1 word2 word3 "
    assert [event["seq"] for event in whole] == list(range(1, len(whole) + 1))
    assert whole[-1]["type"] == "run.completed"
    for after, found in enumerate(rest, 1):
        assert found == whole[after:]


async def test_the_header_of_a_browser_that_comes_back_counts_before_the_address(
    api: Api,
) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    told = await api.ask("How much leave?")
    path = f"/v1/runs/{told[0]['run_id']}/events?after=2"
    rest = await api.http.get(path, headers={**ME, "Last-Event-ID": "5"})
    assert events(rest.text) == told[5:]


async def test_what_is_seen_but_not_written_yet_is_waited_for(
    environment: dict[str, str], running: Running
) -> None:
    """A reader of the run itself is ahead of its journal, loses the connection, and comes back."""
    environment["WAYPOST_JOURNAL_SECONDS"] = "0.4"
    gate = asyncio.Event()
    async with running(environment) as api, another_environment(api) as elsewhere:
        api.script.says("rag | 1 | - | x").says("26 ", gate, "days.")
        run = await api.begin()
        await seen(run, "text.delta")
        known = len(await run.read(0, 0))
        task = asyncio.create_task(follow(elsewhere, run.id, after=known))
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
async def test_an_id_that_is_none(api: Api, after: str, code: str) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    run_id = (await api.ask("How much leave?"))[0]["run_id"]
    refused = await follow(api.http, run_id, after=after)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)


async def test_a_run_of_somebody_else_is_not_there(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
    told = await api.ask("How much leave?")
    run_id = told[0]["run_id"]
    strangers = [{**ME, "X-User-Id": "other"}, {**ME, "X-Tenant-Id": "company-78"}]
    for headers in strangers:
        for method, what in (("GET", "events"), ("POST", "cancel"), ("POST", "continue")):
            path = f"/v1/runs/{run_id}/{what}"
            refused = await api.http.request(method, path, headers=headers)
            assert refused.status_code == 404
            assert refused.json()["error"]["code"] == "run_not_found"
    await api.http.delete(f"/v1/threads/{told[0]['thread_id']}", headers=ME)
    assert (await follow(api.http, run_id)).status_code == 404
    assert (await follow(api.http, "run_x")).status_code == 404


async def test_a_dialect_that_nobody_speaks(api: Api) -> None:
    refused = await follow(api.http, "run_x", dialect="latin")
    assert refused.json()["error"]["code"] == "unknown_dialect"
    assert "waypost, internal" in refused.json()["error"]["message"]


async def test_events_that_have_expired_are_gone_but_the_run_is_there(api: Api) -> None:
    api.script.says("rag | 1 | - | x").says("26 days.")
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
        api.script.says("rag | 1 | - | x").says(*[f"word{n} " for n in range(400)])
        told = await api.ask("How much leave?")
        items = journal_items(api, told[0]["run_id"])
    assert [(int(i["first"]["N"]), int(i["last"]["N"])) for i in items] == [
        (1, len(told) - 1),
        (len(told), len(told)),
    ]
    size = sum(len(item["events"]["B"]) for item in items)
    assert size < 20_000
    assert all(float(i["expires_at"]["N"]) - api_time(told) > 1.9 * 86_400 for i in items)


def journal_items(api: Api, run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.dynamodb.query(
        TableName=api.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :e)",
        ExpressionAttributeValues=to_item({":pk": f"T#company-789#R#{run_id}#", ":e": "E#"}),
    )["Items"]
    return found


def api_time(told: list[dict[str, Any]]) -> float:
    return datetime.fromisoformat(told[0]["at"]).timestamp()
