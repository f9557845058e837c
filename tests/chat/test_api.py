"""Threads over HTTP, the internal stream, health, and CORS."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.chat.conftest import ME, Api, Running, events

UNREACHABLE = "http://127.0.0.1:9"
INTERNAL: dict[str, Any] = {
    "input": {"message": "How many technicians are active?"},
    "conversation": {"id": "conv-test-123", "user_id": "user-456", "company_id": "company-789"},
}


async def test_the_internal_stream(api: Api) -> None:
    api.model.add_reply("sql | 0.9 | - | a count").add_reply("There", " is one.")
    response = await api.http.post("/internal/chat/stream", json=INTERNAL)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-thread-id"] == "conv-test-123"
    assert events(response.text) == [
        {"event": "tool_start", "tool": "sql_agent"},
        {"event": "route_decision", "route": "sql"},
        {"event": "token", "channel": "final", "content": "There"},
        {"event": "token", "channel": "final", "content": " is one."},
        {"event": "complete", "stats": {"tokens": 20, "conversation_id": "conv-test-123"}},
    ]


async def test_the_internal_stream_continues_its_conversation(api: Api) -> None:
    api.model.add_reply("sql | 0.9 | - | x").add_reply("Mara.").add_reply(
        "sql | 0.9 | - | x"
    ).add_reply("Active.")
    await api.http.post("/internal/chat/stream", json=INTERNAL)
    await api.http.post("/internal/chat/stream", json=INTERNAL)
    assert len(api.model.requests[-1].messages) == 3
    thread = await api.http.get("/v1/threads/conv-test-123", headers=ME)
    assert [message["role"] for message in thread.json()["messages"]] == ["user", "assistant"] * 2


async def test_a_conversation_is_of_one_user(api: Api) -> None:
    api.model.add_reply("sql | 0.8 | - | x").add_reply("Mara.")
    await api.http.post("/internal/chat/stream", json=INTERNAL)
    other = {**INTERNAL["conversation"], "user_id": "user-999"}
    api.model.add_reply("sql | 0.8 | - | x").add_reply("Tom.")
    await api.http.post("/internal/chat/stream", json=INTERNAL | {"conversation": other})
    assert "<previous" not in str(api.model.requests[-2].messages)


IDS = ["__LOCALID_a80u2kv", "a b", "x/y", "..", "#1", "\u00fc\u4e2d", "\U0001f600" * 99, "a%2Fb"]


@pytest.mark.parametrize("name", IDS)
async def test_whatever_id_a_client_makes_is_taken(api: Api, name: str) -> None:
    body = INTERNAL | {"conversation": {**INTERNAL["conversation"], "id": name}}
    for text in ("One.", "Two."):
        api.model.add_reply("sql | 0.8 | - | x").add_reply(text)
        response = await api.http.post("/internal/chat/stream", json=body)
        assert response.status_code == 200, response.text
        header = response.headers["x-thread-id"]
        assert name in (header, unquote(header))
        frames = events(response.text)
        assert frames[-1]["stats"]["conversation_id"] == name
    # The second question knows the first.
    assert "<previous" in str(api.model.requests[-2].messages)
    listed = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    assert name in [thread["id"] for thread in listed]


async def test_half_of_an_emoji_in_an_id_is_no_error(api: Api) -> None:
    api.model.add_reply("sql | 0.8 | - | x").add_reply("One.")
    text = json.dumps(INTERNAL).replace(INTERNAL["conversation"]["id"], "a\\ud83d")
    response = await api.http.post(
        "/internal/chat/stream", content=text, headers={"content-type": "application/json"}
    )
    assert response.status_code == 200, response.text


async def test_threads_are_listed_renamed_and_deleted(api: Api) -> None:
    ids = []
    for text in ("First?", "Second?"):
        api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")
        ids.append((await api.ask(text))[0]["thread_id"])
    page = (await api.http.get("/v1/threads?limit=1", headers=ME)).json()
    assert [thread["title"] for thread in page["threads"]] == ["Second?"]
    rest = await api.http.get(f"/v1/threads?limit=1&cursor={page['next_cursor']}", headers=ME)
    assert [thread["id"] for thread in rest.json()["threads"]] == [ids[0]]
    path = f"/v1/threads/{ids[0]}"
    renamed = await api.http.patch(path, json={"title": "Renamed"}, headers=ME)
    assert renamed.json()["title"] == "Renamed"
    assert (await api.http.delete(path, headers=ME)).status_code == 204
    assert (await api.http.get(path, headers=ME)).status_code == 404
    remaining = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    assert [thread["id"] for thread in remaining] == [ids[1]]


async def test_the_internal_stream_routes_to_two_agents_only(api: Api) -> None:
    api.model.add_reply("billing | 1 | - | x").add_reply("26 days.")
    await api.http.post("/internal/chat/stream", json=INTERNAL)
    prompt = api.model.requests[0].system_text
    assert "sql" in prompt
    assert "news" not in prompt


@pytest.mark.parametrize(
    "body",
    [
        {},
        INTERNAL | {"input": {"message": ""}},
        INTERNAL | {"input": {"message": " \n"}},
        INTERNAL | {"input": {"message": 5}},
        INTERNAL | {"conversation": {"id": "c", "user_id": "u"}},
        INTERNAL | {"conversation": {"id": " ", "user_id": "u", "company_id": "t"}},
        INTERNAL | {"conversation": {"id": "c", "user_id": "u#", "company_id": "t"}},
    ],
)
async def test_the_internal_stream_refuses_an_invalid_request(
    api: Api, body: dict[str, object]
) -> None:
    response = await api.http.post("/internal/chat/stream", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["message"]
    assert api.item_count() == 0


async def test_health_and_about(api: Api) -> None:
    health = (await api.http.get("/health")).json()
    assert (health["status"], health["service"]) == ("healthy", "waypost-chat")
    assert health["parts"] == dict.fromkeys(("table", "documents", "database", "model"), "ok")
    assert (await api.http.get("/", headers={"Accept": "application/json"})).json()["docs"]
    page = await api.http.get("/", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")


async def test_health_names_the_part_that_failed(api: Api) -> None:
    api.dynamodb.delete_table(TableName=api.table)
    api.app.state.backend.settings.database.unlink()
    response = await api.http.get("/health")
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "degraded"
    assert response.json()["parts"] == {
        "table": "failed",
        "documents": "ok",
        "database": "failed",
        "model": "ok",
    }


async def test_health_names_what_of_the_database_cannot_be_read(
    environment: dict[str, str], running: Running, company: Path
) -> None:
    with sqlite3.connect(company / "company.sqlite") as db:
        db.execute("CREATE VIEW shifts AS SELECT * FROM rosters")
    db.close()
    async with running(environment) as api:
        health = (await api.http.get("/health")).json()
    assert health["left_out"] == ["shifts: no such table: main.rosters"]
    assert health["status"] == "healthy"


async def test_health_names_the_part_that_is_not_configured(
    environment: dict[str, str], running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment["WAYPOST_DATABASE"]
    async with running(environment) as api:
        monkeypatch.setattr(
            api.app.state.backend.resources.bedrock.meta, "_endpoint_url", UNREACHABLE
        )
        health = (await api.http.get("/health")).json()
    assert health["status"] == "degraded"
    assert (health["parts"]["database"], health["parts"]["model"]) == ("absent", "failed")
    assert health["left_out"] == []


async def test_a_method_that_is_not_allowed_is_405_with_those_that_are(api: Api) -> None:
    response = await api.http.put("/v1/threads/t1", json={}, headers=ME)
    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, PATCH"
    assert response.json()["error"]["code"] == "method_not_allowed"


async def test_cors_is_left_to_the_function_url_unless_it_is_a_setting(
    environment: dict[str, str], running: Running
) -> None:
    origin = {"Origin": "https://app.example"}
    async with running(dict(environment)) as api:
        response = await api.http.get("/health", headers=origin)
        assert "access-control-allow-origin" not in response.headers
    environment["WAYPOST_TABLE"] += "2"
    environment["WAYPOST_CORS_ORIGINS"] = "https://app.example"
    async with running(environment) as api:
        response = await api.http.get("/health", headers=origin)
        assert response.headers["access-control-allow-origin"] == "https://app.example"
