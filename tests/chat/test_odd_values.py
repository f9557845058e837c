"""What no table and no encoding holds, sent by clients, models, tools and databases."""

import asyncio
import json
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.chat.conftest import ME, WHO, Api, answer
from waypost.runs import LiveRun
from waypost.store import journals, run_start
from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

BEGIN = sys.modules["waypost.runs.begin"]
HALF = "\\ud83d"
"""Half of an emoji, as JSON escapes it."""


async def rows_of(api: Api, sql: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The events of a run with one query, and the run as it is read back."""
    api.model.add_reply("sql | 1 | - | x").add_query(sql).add_reply("Here they are.")
    found = await api.ask("Show me")
    return found, await api.run(found[0]["run_id"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1e308",
        "SELECT 9e999",
        "SELECT -9223372036854775808",
        "SELECT 0.1 + 0.2",
        "SELECT ''",
    ],
)
async def test_numbers_of_a_database(api: Api, sql: str) -> None:
    found, run = await rows_of(api, sql)

    assert (run["state"], answer(found)) == ("completed", "Here they are.")
    output = next(event["output"] for event in found if event["type"] == "tool.output")
    assert [step["output"] for step in run["steps"] if step["kind"] == "tool"] == [output]
    thread = (await api.http.get(f"/v1/threads/{run['thread_id']}", headers=ME)).status_code
    assert thread == 200


@pytest.mark.parametrize("depth", [33, 99, 700, 100_000])
async def test_arguments_of_any_depth(api: Api, depth: int) -> None:
    arguments = '{"sql": "SELECT 1", "": ' + "[" * depth + "]" * depth + "}"
    api.model.add_reply("sql | 1 | - | x")
    call = (ToolUseStart("c", "query_database"), ToolUseInput(arguments))
    api.model.add_reply(*call, reason="tool_use").add_reply("Done.")

    found = await api.ask("Show me")

    assert (found[-1]["type"], answer(found)) == ("run.completed", "Done.")
    run = await api.run(found[0]["run_id"])
    (step,) = [step for step in run["steps"] if step["kind"] == "tool"]
    if depth < 100:
        assert step["status"] == "ok"
        assert json.dumps(step["input"][""]) == "[" * depth + "]" * depth


async def test_arguments_that_are_longer_than_an_item(api: Api) -> None:
    sql = f"SELECT '{'x' * 60}' -- {'y' * 410_000}"
    found, run = await rows_of(api, sql)

    assert run["state"] == "completed"
    assert next(e["arguments"] for e in found if e["type"] == "tool.input") == {"sql": sql}
    step = next(step for step in run["steps"] if step["kind"] == "tool")
    assert step["input"]["truncated"]


async def test_arguments_with_an_empty_key_and_deep_nesting(api: Api) -> None:
    deep = '{"":' * 60 + "1" + "}" * 60
    api.model.add_reply("sql | 1 | - | x")
    api.model.add_reply(ToolUseStart("c", "query_database"), ToolUseInput(deep)).add_reply("Done.")

    found = await api.ask("Show me")

    assert found[-1]["type"] == "run.completed"
    assert (await api.run(found[0]["run_id"]))["state"] == "completed"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/runs", '{"input": "half %s"}'),
        (
            "/openai/v1/chat/completions",
            '{"model": "waypost", "messages": [{"role": "user", "content": "half %s"}]}',
        ),
        ("/openai/v1/responses", '{"input": "half %s"}'),
        (
            "/api/ag-ui",
            '{"threadId": "t1", "runId": "r1", "state": {}, "messages": [{"id": "1", "role": '
            '"user", "content": "half %s"}], "tools": [], "context": [], "forwardedProps": {}}',
        ),
        (
            "/api/ai-sdk/chat",
            '{"id": "t2", "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", '
            '"text": "half %s"}]}], "trigger": "submit-message"}',
        ),
    ],
)
async def test_half_an_emoji_in_a_request(api: Api, path: str, body: str) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")

    response = await api.http.post(
        path, content=body % HALF, headers={**ME, "Content-Type": "application/json"}
    )

    assert response.status_code == 200, response.text
    listed = (await api.http.get("/v1/threads", headers=ME)).json()
    assert listed["threads"][0]["title"] == "half \ufffd"


async def test_a_whole_emoji_in_two_escapes_stays_whole(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Yes.")

    await api.http.post(
        "/v1/runs",
        content='{"input": "\\ud83d\\ude00"}',
        headers={**ME, "Content-Type": "application/json"},
    )

    listed = (await api.http.get("/v1/threads", headers=ME)).json()
    assert listed["threads"][0]["title"] == "\U0001f600"


async def test_there_is_no_table(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    client = api.app.state.backend.table._client

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Query")

    monkeypatch.setattr(client, "get_item", refuse)

    response = await api.http.get("/v1/runs/run_x", headers=ME)

    assert (response.status_code, response.json()["error"]["code"]) == (503, "store_unavailable")


PATTERNS = [f"{n}{'*' * 18_000}.md" for n in range(50)]


@pytest.mark.parametrize(
    "large",
    [{"documents": PATTERNS}, {"instructions": "\U0001f600" * 99_000}],
    ids=["patterns", "emoji"],
)
async def test_an_agent_larger_than_an_item_is_refused(api: Api, large: dict[str, Any]) -> None:
    admin = {**ME, "X-User-Roles": "admin"}
    agent = {"name": "Grown", "description": "x", "examples": ["x"], "instructions": "Answer."}

    created = await api.http.post(
        "/api/agents", json={**agent, "id": "large", **large}, headers=admin
    )
    await api.http.post("/api/agents", json={**agent, "id": "grown"}, headers=admin)
    changed = await api.http.put(
        "/api/agents/grown", json={**agent, "version": 1, **large}, headers=admin
    )

    for response in (created, changed):
        assert response.status_code == 422, response.text
        assert "is the maximum" in response.json()["error"]["message"]
    found = (await api.http.get("/api/agents/grown", headers=admin)).json()
    assert (found["version"], found["instructions"]) == (1, "Answer.")


@pytest.mark.parametrize("cost", ["1e-300", "5e-324", "2e-131"])
async def test_an_agent_with_a_number_that_no_item_holds_is_refused(api: Api, cost: str) -> None:
    fields = '"name": "Cheap", "description": "x", "examples": ["x"], "instructions": "Answer."'

    response = await api.http.post(
        "/api/agents",
        content=f'{{"id": "cheap", {fields}, "max_cost_usd": {cost}}}',
        headers={**ME, "X-User-Roles": "admin", "Content-Type": "application/json"},
    )

    assert response.status_code == 422, response.text
    assert "cannot be stored" in response.json()["error"]["message"]


async def test_the_lease_runs_from_when_the_run_is_stored(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, stored = api.app.state.backend, run_start.begin
    clock = time.time()

    async def slow(*args: Any, **options: Any) -> None:
        nonlocal clock
        await stored(*args, **options)
        clock += backend.settings.lease * 0.9

    monkeypatch.setattr(run_start, "begin", slow)
    monkeypatch.setattr(BEGIN, "time", SimpleNamespace(time=lambda: clock))
    gate = asyncio.Event()
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", gate)

    run = await api.begin()

    assert isinstance(run, LiveRun)
    head = await journals.head(backend.table, WHO, run.id)
    assert head.lease_until == pytest.approx(clock + backend.settings.lease)
    gate.set()
    monkeypatch.undo()
    await run.wait()


async def test_a_run_that_was_ended_before_it_could_begin_answers_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, stored = api.app.state.backend, run_start.begin

    async def too_slow(*args: Any, **options: Any) -> None:
        await stored(*args, **options)
        table, who, thread, run = args[:4]
        await journals.renew_lease(table, who, run.id, time.time() - 1)
        await api.http.get(f"/v1/threads/{thread.id}", headers=ME)
        late = time.time() + backend.settings.lease
        monkeypatch.setattr(BEGIN, "time", SimpleNamespace(time=lambda: late))

    monkeypatch.setattr(run_start, "begin", too_slow)

    response = await api.http.post("/v1/runs", json={"input": "How much leave?"}, headers=ME)

    assert (response.status_code, response.json()["error"]["code"]) == (503, "interrupted")
    assert all("<agents>" in request.system_text for request in api.model.requests)
