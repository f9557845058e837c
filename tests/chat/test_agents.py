"""Agents as data: created, changed, deleted and rolled back while the app runs."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, another_environment
from waypost.agents.definition import Agent, AgentFields
from waypost.records import AgentVersion
from waypost.registry import registry
from waypost_chat.bodies.agents import AgentView, ChangedAgent, NewAgent

ADMIN = {**ME, "X-User-Roles": "reader, admin"}
FLEET: dict[str, Any] = {
    "id": "fleet",
    "name": "Fleet",
    "description": "Answers questions about vans.",
    "examples": ["Which van is free?"],
    "aliases": ["vans"],
    "instructions": "Answer about vans.",
}


async def create_agent(api: Api, **fields: Any) -> dict[str, Any]:
    response = await api.http.post("/api/agents", json={**FLEET, **fields}, headers=ADMIN)
    assert response.status_code == 201, response.text
    agent: dict[str, Any] = response.json()
    return agent


def update_body(agent: dict[str, Any], **fields: Any) -> dict[str, Any]:
    known = {*AgentFields.model_fields, "version"}
    return {**{k: v for k, v in agent.items() if k in known}, **fields}


async def put_agent(api: Api, agent: dict[str, Any], **fields: Any) -> Any:
    body = update_body(agent, **fields)
    return await api.http.put(f"/api/agents/{agent['id']}", json=body, headers=ADMIN)


def test_requests_and_responses_have_every_field_of_an_agent() -> None:
    fields = set(Agent.model_fields)
    assert set(AgentFields.model_fields) == fields - {"id", "version"}
    assert set(NewAgent.model_fields) == fields - {"version"}
    assert set(ChangedAgent.model_fields) == fields - {"id"}
    assert set(AgentView.model_fields) > fields


def test_an_agent_that_is_no_longer_valid_is_still_shown() -> None:
    stored = AgentVersion(
        id="old",
        version=3,
        definition={"name": "", "examples": [], "max_steps": 999, "gone": True},
        source="api",
        created_at="2026-01-02T03:04:05.678Z",
    )
    shown = AgentView.of(stored).model_dump(mode="json")
    assert (shown["id"], shown["version"], shown["max_steps"]) == ("old", 3, 999)
    assert (shown["description"], shown["examples"], shown["strategy"]) == ("", [], "none")
    assert "gone" not in shown


async def test_the_files_are_the_first_versions(api: Api) -> None:
    listed = (await api.http.get("/api/agents", headers=ME)).json()

    found = {agent["id"]: agent for agent in listed["agents"]}
    assert {"sql", "rag"} <= set(found)
    assert (found["sql"]["version"], found["sql"]["source"]) == (1, "file")
    assert found["sql"]["instructions"].startswith("You answer questions about a company")
    assert listed["total"] == len(found)
    assert "us.amazon.nova-pro-v1:0" in listed["allowed"]["models"]
    assert listed["may_write"] is False


async def test_a_new_agent_answers_at_once(api: Api) -> None:
    agent = await create_agent(api)
    assert (agent["version"], agent["source"], agent["created_by"]) == (1, "api", "user-456")
    api.model.add_reply("It is free.")

    events = await api.ask("Which van?", agent="vans")

    route = next(e for e in events if e["type"] == "route.decided")
    assert (route["agent"], route["agent_version"]) == ("fleet", 1)
    assert api.model.requests[-1].system_text == "Answer about vans."


async def test_a_change_is_a_new_version_that_the_next_run_uses(api: Api) -> None:
    agent = await create_agent(api)
    response = await put_agent(api, agent, instructions="Answer about bicycles.")
    assert response.status_code == 200, response.text
    assert response.json()["version"] == 2
    api.model.add_reply("Two.")

    events = await api.ask("How many?", agent="fleet")

    run = await api.run(events[0]["run_id"])
    assert run["route"]["agent_version"] == 2
    assert api.model.requests[-1].system_text == "Answer about bicycles."
    versions = (await api.http.get("/api/agents/fleet/versions", headers=ME)).json()
    assert [v["version"] for v in versions["versions"]] == [2, 1]
    old = (await api.http.get("/api/agents/fleet/versions/1", headers=ME)).json()
    assert old["instructions"] == "Answer about vans."


async def test_other_processes_load_a_new_agent(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async with another_environment(api) as other_process:
        before = await other_process.get("/api/agents/fleet", headers=ME)
        assert before.status_code == 404
        await create_agent(api)
        assert (await other_process.get("/api/agents/fleet", headers=ME)).json()["version"] == 1
        monkeypatch.setattr(registry, "CACHE_SECONDS", 0.0)
        api.model.add_reply("Yes.")

        body = {"input": "Is one free?", "agent": "fleet"}
        answer = await other_process.post("/v1/runs", json=body, headers=ME)

        assert '"agent":"fleet"' in answer.text


async def test_a_change_of_an_old_version_is_refused(api: Api) -> None:
    agent = await create_agent(api)
    assert (await put_agent(api, agent, name="Mine")).status_code == 200

    response = await put_agent(api, agent, name="Theirs")

    assert response.status_code == 409
    error = response.json()["error"]
    assert (error["code"], error["version"]) == ("version_conflict", 2)
    assert (await api.http.get("/api/agents/fleet", headers=ME)).json()["name"] == "Mine"


async def test_a_deleted_agent_is_not_found_and_can_be_rolled_back(api: Api) -> None:
    agent = await create_agent(api)
    stale = await api.http.delete("/api/agents/fleet?version=7", headers=ADMIN)
    assert stale.status_code == 409
    response = await api.http.delete("/api/agents/fleet?version=1", headers=ADMIN)
    assert response.json() == {"message": "Agent deleted successfully"}
    assert (await api.http.get("/api/agents/fleet", headers=ME)).status_code == 404
    body = {"input": "x", "agent": "fleet"}
    refused = await api.http.post("/v1/runs", json=body, headers=ME)
    assert refused.json()["error"]["code"] == "unknown_agent"
    assert (await put_agent(api, agent)).status_code == 409
    deleted = (await api.http.get("/api/agents?deleted=true", headers=ME)).json()["agents"]
    assert [(a["id"], a["deleted"], a["version"]) for a in deleted] == [("fleet", True, 2)]

    back = {"version": 1, "current": 2}
    response = await api.http.post("/api/agents/fleet/rollback", json=back, headers=ADMIN)

    assert (response.status_code, response.json()["version"]) == (200, 3)
    assert (await api.http.get("/api/agents/vans", headers=ME)).json()["name"] == "Fleet"


async def test_a_rollback_takes_an_old_versions_content(api: Api) -> None:
    agent = await create_agent(api)
    await put_agent(api, agent, instructions="Worse.")

    back = {"version": 1, "current": 2}
    response = await api.http.post("/api/agents/fleet/rollback", json=back, headers=ADMIN)

    assert response.json()["instructions"] == "Answer about vans."
    again = await api.http.post("/api/agents/fleet/rollback", json=back, headers=ADMIN)
    assert again.json()["error"]["version"] == 3
    lost = {"version": 9, "current": 3}
    missing = await api.http.post("/api/agents/fleet/rollback", json=lost, headers=ADMIN)
    assert missing.json()["error"]["code"] == "version_not_found"


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"tools": ["shell"]}, "unknown_tool", "tools"),
        ({"model": "gpt-9"}, "unknown_model", "model"),
        ({"fallbacks": ["gpt-9"]}, "unknown_model", "fallbacks"),
        ({"strategy": "magic"}, "unknown_strategy", "strategy"),
        ({"runnable": "os:system"}, "unknown_runnable", "runnable"),
        ({"aliases": ["Not An Id"]}, "invalid_agent", "aliases"),
    ],
)
async def test_an_invalid_agent_is_refused(
    api: Api, fields: dict[str, Any], code: str, field: str
) -> None:
    response = await api.http.post("/api/agents", json={**FLEET, **fields}, headers=ADMIN)
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, field)
    if code != "invalid_agent":
        assert all(name in error["message"] for name in error["allowed"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id": "sql"}, "agent_exists"),
        ({"aliases": ["sql"]}, "name_taken"),
        ({"aliases": ["data"]}, "name_taken"),
        ({"id": "data"}, "name_taken"),
    ],
)
async def test_a_name_belongs_to_one_agent(api: Api, fields: dict[str, Any], code: str) -> None:
    response = await api.http.post("/api/agents", json={**FLEET, **fields}, headers=ADMIN)
    assert (response.status_code, response.json()["error"]["code"]) == (409, code)


async def test_only_admins_write(api: Api) -> None:
    for method, path, body in [
        ("POST", "/api/agents", FLEET),
        ("PUT", "/api/agents/sql", update_body({**FLEET, "version": 1})),
        ("DELETE", "/api/agents/sql", None),
        ("POST", "/api/agents/sql/rollback", {"version": 1, "current": 1}),
    ]:
        response = await api.http.request(method, path, json=body, headers=ME)
        assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")


async def test_an_agent_stops_at_its_cost_limit(api: Api) -> None:
    # One call of 100 tokens in and 10 out costs 0.0000084 dollars with Nova Lite.
    await create_agent(api, tools=["query_database"], max_cost_usd=0.00001)
    for _ in range(3):
        api.model.add_query("SELECT 1")

    found = await api.ask("How many?", agent="fleet")

    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "limit_reached")
    assert "cost limit" in found[-1]["message"]
    assert (await api.run(found[0]["run_id"]))["cost_usd"] == 0.0000168
    assert len(api.model.requests) == 2


async def test_a_tenants_agents_are_its_own(api: Api) -> None:
    await create_agent(api)
    other = {**ADMIN, "X-Tenant-Id": "another"}
    assert (await api.http.get("/api/agents/fleet", headers=other)).status_code == 404
    assert (await api.http.get("/api/agents/sql", headers=other)).json()["version"] == 1
