"""An agent's threads: listed, counted, read whole, deleted for good."""

import asyncio
from typing import Any

import pytest

from tests.chat.conftest import ME, Api, wait_for_event
from waypost_chat.routes import threads

ADMIN = {**ME, "X-User-Roles": "admin"}


async def ask(api: Api, text: str, agent: str = "rag", thread: str | None = None) -> str:
    api.model.add_reply(f"About {text}.")
    path = f"/v1/threads/{thread}/runs" if thread else "/v1/runs"
    found = await api.ask(text, path, agent=agent)
    assert found[-1]["type"] == "run.completed"
    return str(found[0]["thread_id"])


async def list_threads(api: Api, agent: str = "rag", query: str = "") -> dict[str, Any]:
    response = await api.http.get(f"/api/agents/{agent}/threads{query}", headers=ME)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def stored_items(api: Api) -> list[str]:
    """Everything in the table, as text, but for agents."""
    items: list[dict[str, Any]] = []
    for page in api.dynamodb.get_paginator("scan").paginate(TableName=api.table):
        items += page["Items"]
    return [f"{i['pk']['S']} {i['sk']['S']} {i}" for i in items if i["pk"]["S"].count("#") > 2]


async def test_threads_are_listed_newest_first_with_a_total(api: Api) -> None:
    threads = [await ask(api, f"leave {number}") for number in range(3)]
    await ask(api, "rows", agent="sql")

    page = await list_threads(api, query="?limit=2&offset=0")
    rest = await list_threads(api, query="?limit=2&offset=2")

    assert [t["id"] for t in page["threads"]] == [threads[2], threads[1]]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 0)
    assert [t["id"] for t in rest["threads"]] == [threads[0]]
    assert rest["total"] == 3
    assert page["threads"][0]["title"] == "leave 2"
    assert (await list_threads(api, "documents"))["total"] == 3
    assert (await list_threads(api, "sql"))["total"] == 1


async def test_a_thread_belongs_to_every_agent_that_answered_in_it(api: Api) -> None:
    thread = await ask(api, "leave")
    await ask(api, "rows", agent="sql", thread=thread)

    for agent in ("rag", "sql"):
        found = (await list_threads(api, agent))["threads"]
        assert [(t["id"], t["agent_ids"]) for t in found] == [(thread, ["rag", "sql"])]


async def test_threads_are_filtered_by_status(api: Api) -> None:
    done = await ask(api, "leave")
    api.model.add_reply(ready := asyncio.Event(), "Late.")
    body = {"input": "Slow?", "agent": "rag"}
    slow = asyncio.create_task(api.http.post("/v1/runs", json=body, headers=ME))
    await api.model.wait_for_requests(2)

    live = (await list_threads(api, query="?status=in_progress"))["threads"]
    assert [t["title"] for t in live] == ["Slow?"]
    assert [t["id"] for t in (await list_threads(api, query="?status=completed"))["threads"]] == [
        done
    ]
    ready.set()
    await slow
    assert (await list_threads(api, query="?status=completed"))["total"] == 2
    assert (await list_threads(api, query="?status=failed"))["total"] == 0
    unknown = await api.http.get("/api/agents/rag/threads?status=lost", headers=ME)
    assert unknown.status_code == 422


async def test_a_thread_is_read_with_its_runs_and_steps(api: Api) -> None:
    api.model.add_query("SELECT count(*) FROM technicians").add_reply("There are 2.")
    found = await api.ask("How many?", agent="sql")
    thread = found[0]["thread_id"]

    response = await api.http.get(f"/api/agents/data/threads/{thread}", headers=ME)

    view = response.json()
    assert [(m["role"], m["content"]) for m in view["messages"]] == [
        ("user", "How many?"),
        ("assistant", "There are 2."),
    ]
    run = view["runs"][0]
    assert (run["status"], run["agent_id"], run["agent_version"]) == ("completed", "sql", 1)
    assert run["tokens_used"] == 220
    assert run["cost_usd"] > 0
    assert run["latency_ms"] >= 0
    tool = next(step for step in run["steps"] if step["type"] == "tool")
    assert tool["input"] == {"sql": "SELECT count(*) FROM technicians"}
    assert tool["output"]["rows"] == [[2]]
    costs = [step["cost_usd"] for step in run["steps"] if step["cost_usd"]]
    assert round(sum(costs), 9) == run["cost_usd"]
    other = await api.http.get(f"/api/agents/rag/threads/{thread}", headers=ME)
    assert (other.status_code, other.json()["error"]["code"]) == (404, "thread_not_found")


async def test_a_long_thread_is_read_page_by_page(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "PAGE", 3)
    thread = await ask(api, "leave 0")
    for number in (1, 2):
        await ask(api, f"leave {number}", thread=thread)

    for path, text in (("/api/agents/rag", "content"), ("/v1", "text")):
        texts: list[str] = []
        query: str | None = ""
        while query is not None:
            read = await api.http.get(f"{path}/threads/{thread}{query}", headers=ME)
            view = read.json()
            texts = [m[text] for m in view["messages"]] + texts
            query = f"?before={view['earlier']}" if view["earlier"] else None
        assert texts == [
            "leave 0",
            "About leave 0.",
            "leave 1",
            "About leave 1.",
            "leave 2",
            "About leave 2.",
        ]


async def test_a_deleted_thread_is_not_found_and_all_its_items_expire(api: Api) -> None:
    thread = await ask(api, "leave")
    path = f"/api/agents/rag/threads/{thread}"

    response = await api.http.delete(path, headers=ME)

    assert response.json() == {"message": "Thread deleted successfully"}
    assert (await api.http.get(path, headers=ME)).status_code == 404
    assert (await list_threads(api))["total"] == 0
    deleted = (await list_threads(api, query="?status=deleted"))["threads"]
    assert [(t["id"], t["status"]) for t in deleted] == [(thread, "deleted")]
    assert (await api.http.get("/v1/threads", headers=ME)).json()["threads"] == []
    assert (await api.http.delete(path, headers=ME)).status_code == 404
    items = stored_items(api)
    assert len(items) > 4
    assert all("'expires_at'" in item for item in items)


async def test_a_hard_delete_removes_every_item(api: Api) -> None:
    other = await ask(api, "sick days")
    before = sorted(stored_items(api))
    api.model.add_reply("sql | 0.9 | - | x").add_query("SELECT name FROM technicians").add_reply(
        "Mara, Tom."
    )
    found = await api.ask("Who is there?")
    thread = found[0]["thread_id"]
    await ask(api, "them", thread=thread)
    assert any("Who is there" in item for item in stored_items(api))

    response = await api.http.delete(
        f"/api/agents/sql/threads/{thread}?hard_delete=true", headers=ME
    )

    assert response.status_code == 200, response.text
    assert sorted(stored_items(api)) == before
    assert (await list_threads(api))["threads"][0]["id"] == other
    again = await api.http.delete(f"/api/agents/sql/threads/{thread}?hard_delete=true", headers=ME)
    assert again.status_code == 404


async def test_a_soft_deleted_thread_can_be_hard_deleted(api: Api) -> None:
    thread = await ask(api, "leave")
    await api.http.delete(f"/v1/threads/{thread}", headers=ME)

    response = await api.http.delete(f"/v1/threads/{thread}?hard_delete=true", headers=ME)

    assert response.status_code == 204
    assert stored_items(api) == []


async def test_a_live_run_is_stopped_before_its_thread_is_removed(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("One", asyncio.Event())
    run = await api.begin()
    await wait_for_event(run, "text.delta")

    response = await api.http.delete(f"/v1/threads/{run.thread_id}?hard_delete=true", headers=ME)

    assert response.status_code == 204
    assert run.finished
    assert stored_items(api) == []


async def test_a_thread_of_another_user_cannot_be_deleted(api: Api) -> None:
    thread = await ask(api, "leave")
    before = sorted(stored_items(api))
    other = {**ME, "X-User-Id": "another"}
    for query in ("", "?hard_delete=true"):
        response = await api.http.delete(f"/v1/threads/{thread}{query}", headers=other)
        assert response.status_code == 404
    assert sorted(stored_items(api)) == before
