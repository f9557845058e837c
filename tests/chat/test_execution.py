"""The agent execution API, as its front end uses it."""

from typing import Any

import pytest

from tests.chat.conftest import ME, Api, events
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ReasoningPiece

EVENT_NAMES = {
    "thinking",
    "tool_use",
    "tool_result",
    "partial_output",
    "final_output",
    "error",
    "complete",
}


async def stream(api: Api, path: str = "/api/agent/stream", **body: Any) -> list[dict[str, Any]]:
    response = await api.http.post(path, json={"input": "How many?", **body}, headers=ME)
    assert response.status_code == 200, response.text
    found = events(response.text)
    assert all(set(event) == {"event", "data", "timestamp"} for event in found)
    assert all(isinstance(event["data"]["content"], str) for event in found)
    return found


def event_names(found: list[dict[str, Any]]) -> list[str]:
    names = [event["event"] for event in found]
    return [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]


def content(found: list[dict[str, Any]], kind: str) -> list[str]:
    return [event["data"]["content"] for event in found if event["event"] == kind]


async def test_a_stream_has_thinking_tools_output_and_complete(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | a count").add_query("SELECT count(*) AS n FROM technicians")
    api.model.add_reply(ReasoningPiece("Two rows."), "There ", "are two.")
    found = await stream(api)
    assert event_names(found) == [
        "thinking",
        "tool_use",
        "tool_result",
        "thinking",
        "partial_output",
        "final_output",
        "complete",
    ]
    assert content(found, "thinking") == ["sql: a count", "Two rows."]
    assert content(found, "partial_output") == ["There ", "are two."]
    assert content(found, "final_output") == ["There are two."]
    use = next(event["data"] for event in found if event["event"] == "tool_use")
    assert (use["tool"], use["input"]) == (
        "query_database",
        {"sql": "SELECT count(*) AS n FROM technicians"},
    )
    assert content(found, "complete") == ["completed"]


async def test_complete_is_the_last_after_an_error_too(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_reply("There ", "are two.")
    api.faults.set(Fault("cut_after", after=1, operation="converse-stream", times=1))
    found = await stream(api)
    assert event_names(found) == ["thinking", "partial_output", "error", "complete"]
    assert content(found, "error") == ["The model broke off. Please try again."]
    assert content(found, "complete") == ["failed"]


async def test_execute_returns_the_answer_as_json(api: Api) -> None:
    api.model.add_reply("sql | 1 | - | x").add_query(
        "SELECT count(*) AS n FROM technicians"
    ).add_reply("Two.")
    response = await api.http.post("/api/agent/execute", json={"input": "How many?"}, headers=ME)
    assert response.status_code == 200
    found = response.json()
    assert (found["status"], found["agent"], found["output"]) == ("completed", "sql", "Two.")
    assert found["error"] is None
    [call] = found["tool_calls"]
    assert (call["name"], call["failed"]) == ("query_database", False)
    assert call["output"]["rows"] == [[2]]
    assert found["usage"]["output_tokens"] == 30
    assert found["cost_usd"] > 0
    run = await api.run(found["run_id"])
    assert run["output"]["text"] == found["output"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("throttling", 503, "model_busy"), ("access_denied", 500, "model_refused")],
)
async def test_a_run_that_failed_is_an_error(
    api: Api, fault: Any, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waypost.models.attempts._WAITS", (0.0, 0.0))
    api.model.add_reply("sql | 1 | - | x")
    api.faults.set(Fault(fault, operation="converse-stream"))
    response = await api.http.post("/api/agent/execute", json={"input": "How many?"}, headers=ME)
    assert response.status_code == status
    found = response.json()
    assert (found["status"], found["output"]) == ("failed", "")
    assert found["error"]["code"] == code
    assert found["error"]["request_id"] == response.headers["x-request-id"]


async def test_a_model_is_chosen_by_its_name(api: Api) -> None:
    models = (await api.http.get("/api/agent/models", headers=ME)).json()["models"]
    assert models == [
        {
            "id": f"us.{name}",
            "name": f"us.{name}",
            "provider": "amazon",
            "default": name == "amazon.nova-lite-v1:0",
        }
        for name in ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0")
    ]
    api.model.add_reply("sql | 1 | - | x").add_reply("Two.")
    await stream(api, model="us.amazon.nova-pro-v1:0")
    assert api.model.requests[-1].model_id == "us.amazon.nova-pro-v1:0"


@pytest.mark.parametrize("path", ["stream", "execute"])
@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"model": "gpt-9"}, "unknown_model", "us.amazon.nova-pro-v1:0"),
        ({"mcp_servers": ["a/b"]}, "unknown_mcp_server", ""),
    ],
)
async def test_only_what_is_allowed_may_be_chosen(
    api: Api, path: str, body: dict[str, Any], code: str, named: str
) -> None:
    response = await api.http.post(f"/api/agent/{path}", json={"input": "x", **body}, headers=ME)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, code)
    assert named in error["message"]


async def test_a_simulated_run_takes_whatever_is_chosen(api: Api) -> None:
    body = {"model": "openai/gpt-4.1", "mcp_servers": ["joerup/exa-mcp"], "stream": True}
    found = await stream(api, "/api/agent/stream/simulate", **body)
    assert event_names(found)[-2:] == ["final_output", "complete"]


@pytest.mark.parametrize("path", ["stream", "execute", "stream/simulate"])
@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"input": ""}, "invalid_request", "input"),
        ({"input": " "}, "empty_message", ""),
        ({"input": "x", "mcp_servers": "a/b"}, "invalid_request", "mcp_servers"),
        ({"input": "x", "mcp_servers": [1]}, "invalid_request", "mcp_servers"),
        ({}, "invalid_request", "input"),
    ],
)
async def test_an_invalid_request_is_refused(
    api: Api, path: str, body: dict[str, Any], code: str, named: str
) -> None:
    response = await api.http.post(f"/api/agent/{path}", json=body, headers=ME)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, code)
    assert named in error["message"]
    threads = await api.http.get("/v1/threads", headers=ME)
    assert threads.json()["threads"] == []


async def test_the_allowed_mcp_servers_are_listed(api: Api) -> None:
    listed = await api.http.get("/api/agent/mcp-servers", headers=ME)
    assert listed.json() == {"mcp_servers": []}


async def test_a_simulated_run_calls_no_model(api: Api) -> None:
    completed = await stream(api, "/api/agent/stream/simulate")
    failed = await stream(api, "/api/agent/stream/simulate?ending=failed")
    assert {event["event"] for event in completed + failed} == EVENT_NAMES
    assert event_names(completed)[-2:] == ["final_output", "complete"]
    assert event_names(failed)[-2:] == ["error", "complete"]
    assert "".join(content(completed, "partial_output")) == content(completed, "final_output")[0]
    assert api.model.requests == []
    run = await api.run(completed[-1]["data"]["run_id"])
    assert (run["state"], run["usage"]["output_tokens"]) == ("completed", 0)
    assert run["output"]["text"] == content(completed, "final_output")[0]
    assert [step["kind"] for step in run["steps"] if step["kind"] == "tool"] == ["tool"]
    replayed = await api.http.get(f"/v1/runs/{run['id']}/events?dialect=execution", headers=ME)
    assert events(replayed.text) == completed


async def test_a_simulated_run_ends_in_one_of_two_ways(api: Api) -> None:
    path = "/api/agent/stream/simulate?ending=never"
    response = await api.http.post(path, json={"input": "x"}, headers=ME)
    assert response.status_code == 422
