"""The checks of each contract: one function for each row of the report."""

import itertools
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from tests.contracts.clients import (
    TIMEOUT,
    Chromium,
    Client,
    ClientUnavailable,
    StreamResponse,
    curl,
    httpx_events,
)
from tests.contracts.endpoints import QUESTION, STREAMS, Stream
from waypost.events import any_event

EVENTS = sorted(any_event.json_schema()["discriminator"]["mapping"])


@dataclass
class StackUnderTest:
    """`bedrock` fails answers on demand; it is None for a stack that was started elsewhere."""

    url: str
    bedrock: str | None = None
    browser: Chromium | None = None
    responses: dict[str, StreamResponse] = field(default_factory=dict)
    """The last response of each streaming endpoint, by path."""

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, self.url + path, timeout=TIMEOUT, **options)

    def json(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        answer = self.ask(method, path, **options)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:300]}"
        return answer.json()


@dataclass(frozen=True)
class Check:
    contract: str
    subject: str
    client: str
    run: Callable[[StackUnderTest], None]


def checks() -> list[Check]:
    """All of them, in the order in which they are to run."""
    found: list[Check] = []
    for stream in STREAMS:
        post = f"POST {stream.path}"
        for name, client in (("curl -N", curl), ("httpx-sse", httpx_events)):
            found.append(Check(stream.contract, post, name, partial(_check_stream, stream, client)))
        found.append(Check(stream.contract, post, "Chromium fetch", partial(_check_fetch, stream)))
        for event in (*stream.names, stream.end):
            check = partial(_has_event, stream, event)
            found.append(Check(stream.contract, f"{stream.path}: {event}", "httpx-sse", check))
        if stream.broken:
            name = f"{stream.path}: {stream.broken}"
            check = partial(_check_broken_stream, stream)
            found.append(Check(stream.contract, name, "httpx-sse", check))
        replay = f"GET /v1/runs/{{run_id}}/events?dialect={stream.dialect}"
        found.append(Check(stream.contract, replay, "EventSource", partial(_check_replay, stream)))
    found += [Check(*row) for row in _JSON_CHECKS]
    return found


def _check_stream(stream: Stream, client: Client, stack: StackUnderTest) -> None:
    response = stack.responses[stream.path] = client(
        stack.url + stream.path, _with_new_conversation(stream.body)
    )
    assert stream.names_in(response.data)[-1] == stream.end, response.data[-3:]


def _check_fetch(stream: Stream, stack: StackUnderTest) -> None:
    if stack.browser is None:
        raise ClientUnavailable("needs Chromium: apt-get install chromium")
    _check_stream(stream, stack.browser.fetch, stack)


def _has_event(stream: Stream, name: str, stack: StackUnderTest) -> None:
    if stream.path not in stack.responses:
        _check_stream(stream, httpx_events, stack)
    names = stream.names_in(stack.responses[stream.path].data)
    assert name in names, f"only {', '.join(sorted(set(names)))}"


def _check_broken_stream(stream: Stream, stack: StackUnderTest) -> None:
    if stack.bedrock is None:
        raise ClientUnavailable("needs a stack of its own: start it without URL")
    fault = {"kind": "cut_after", "after": 1, "operation": "converse-stream"}
    httpx.put(f"{stack.bedrock}/_faults", json=fault).raise_for_status()
    try:
        response = httpx_events(stack.url + stream.path, _with_new_conversation(stream.body))
    finally:
        httpx.delete(f"{stack.bedrock}/_faults").raise_for_status()
    names = stream.names_in(response.data)
    assert stream.broken in names, names
    last = "complete" if stream.dialect == "execution" else stream.broken
    assert names[-1] == ("[DONE]" if stream.sentinel else last), names


def _check_replay(stream: Stream, stack: StackUnderTest) -> None:
    if stack.browser is None:
        raise ClientUnavailable("needs Chromium: apt-get install chromium")
    _check_stream(stream, httpx_events, stack)
    run_id = stack.responses[stream.path].run_id
    path = f"/v1/runs/{run_id}/events?dialect={stream.dialect}"
    wanted = [line[6:] for line in stack.ask("GET", path).text.split("\n") if line[:6] == "data: "]
    assert len(wanted) == len(stack.responses[stream.path].data)
    names = EVENTS if stream.dialect in ("waypost", "agentcore") else _names(stream, wanted)
    assert stack.browser.replay(stack.url + path, names, len(wanted)) == wanted


def _names(stream: Stream, data: list[str]) -> list[str]:
    """The names of the `event:` lines: an EventSource receives only those that it listens for."""
    return sorted(set(stream.names_in(data)) - {"message"})


_counter = itertools.count()


def _with_new_conversation(body: dict[str, Any]) -> dict[str, Any]:
    """The body, with a new conversation id."""
    text = json.dumps(body)
    return dict(
        json.loads(text.replace('"contracts', f'"{uuid.uuid4().hex[:8]}-{next(_counter)}-'))
    )


def _check_health(stack: StackUnderTest) -> None:
    found = stack.json("GET", "/health")
    assert found["status"] == "healthy", found
    assert {"status", "service", "version", "parts"} <= set(found)


def _check_about(stack: StackUnderTest) -> None:
    assert stack.json("GET", "/", headers={"Accept": "application/json"})["service"]
    page = stack.ask("GET", "/", headers={"Accept": "text/html"})
    assert "<!doctype html>" in page.text.lower()


def _check_run_json(stack: StackUnderTest) -> None:
    headers = {"Accept": "application/json"}
    run = stack.json("POST", "/v1/runs", json={"input": QUESTION}, headers=headers)
    assert run["state"] == "completed"
    assert stack.json("GET", f"/v1/runs/{run['id']}")["output"]["text"]
    assert stack.json("POST", f"/v1/runs/{run['id']}/cancel")["state"] == "completed"
    assert stack.ask("GET", f"/v1/runs/{run['id']}/events?after=9999").status_code == 422


def _check_idempotency_key(stack: StackUnderTest) -> None:
    headers = {"Accept": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    ids = {
        stack.json("POST", "/v1/runs", json={"input": QUESTION}, headers=headers)["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


def _check_threads(stack: StackUnderTest) -> None:
    headers = {"Accept": "application/json"}
    run = stack.json("POST", "/v1/runs", json={"input": QUESTION}, headers=headers)
    path = f"/v1/threads/{run['thread_id']}"
    assert stack.json("GET", "/v1/threads?limit=1")["threads"][0]["id"] == run["thread_id"]
    assert stack.json("PATCH", path, json={"title": "Other"})["title"] == "Other"
    assert len(stack.json("GET", path)["messages"]) == 2
    assert stack.ask("DELETE", path).status_code == 204
    stack.json("GET", path, 404)


def _check_empty_message(path: str, body: dict[str, Any], stack: StackUnderTest) -> None:
    error = stack.json("POST", path, 422, json=body)["error"]
    assert set(error) >= {"code", "message", "request_id"}


def _check_sessions(stack: StackUnderTest) -> None:
    session = f"session-{uuid.uuid4().hex}"
    body = {"message": "What does the Enterprise plan cost?", "session_id": session}
    assert stack.ask("POST", "/chat", json=body).status_code == 200
    assert len(stack.json("GET", f"/sessions/{session}")["messages"]) == 2
    assert stack.json("DELETE", f"/sessions/{session}")["session_id"] == session
    stack.json("GET", f"/sessions/{session}", 404)


def _check_execute(stack: StackUnderTest) -> None:
    found = stack.json("POST", "/api/agent/execute", json={"input": QUESTION})
    assert found["status"] == "completed"
    assert found["output"]


def _check_unknown_choices(stack: StackUnderTest) -> None:
    for body in ({"model": "unknown/name"}, {"mcp_servers": ["unknown/name"]}):
        for path in ("stream", "execute"):
            stack.json("POST", f"/api/agent/{path}", 422, json={"input": QUESTION, **body})


def _check_models(stack: StackUnderTest) -> None:
    assert any(model["default"] for model in stack.json("GET", "/api/agent/models")["models"])


def _check_servers(stack: StackUnderTest) -> None:
    assert isinstance(stack.json("GET", "/api/agent/mcp-servers")["mcp_servers"], list)


def _check_agents(stack: StackUnderTest) -> None:
    found = {agent["id"] for agent in stack.json("GET", "/api/agents")["agents"]}
    assert found >= {"sql", "news", "business-impact", "support-triage", "ops-assistant"}
    assert stack.json("GET", "/api/agents/azure-ops")["id"] == "ops-assistant"


def _check_agent_versions(stack: StackUnderTest) -> None:
    name = f"check-{uuid.uuid4().hex[:8]}"
    fields = {
        "name": "Check",
        "description": "Checks.",
        "examples": ["Check?"],
        "instructions": "Check.",
        "routed": False,
    }
    created = stack.json("POST", "/api/agents", 201, json={"id": name, **fields})
    body = {**fields, "name": "Checked", "version": created["version"]}
    changed = stack.json("PUT", f"/api/agents/{name}", json=body)
    stack.json("PUT", f"/api/agents/{name}", 409, json=body)
    back = {"version": created["version"], "current": changed["version"]}
    assert stack.json("POST", f"/api/agents/{name}/rollback", json=back)["name"] == "Check"
    assert stack.json("GET", f"/api/agents/{name}/versions")["total"] == 3
    deleted = stack.json("DELETE", f"/api/agents/{name}")
    assert deleted == {"message": "Agent deleted successfully"}
    stack.json("GET", f"/api/agents/{name}", 404)


def _check_agent_json(stack: StackUnderTest) -> None:
    body = {"message": QUESTION, "stream": False}
    found = stack.json("POST", "/api/agents/sql/chat", json=body)
    assert found["status"] == "completed"
    assert found["tokens_used"] > 0


def _check_agent_threads(stack: StackUnderTest) -> None:
    body = {"message": QUESTION, "stream": False}
    thread_id = stack.json("POST", "/api/agents/sql/chat", json=body)["thread_id"]
    page = stack.json("GET", "/api/agents/sql/threads?limit=1&offset=0")
    assert set(page) >= {"threads", "total", "limit", "offset"}
    path = f"/api/agents/sql/threads/{thread_id}"
    assert stack.json("GET", path)["messages"]
    deleted = stack.json("DELETE", f"{path}?hard_delete=true")
    assert deleted == {"message": "Thread deleted successfully"}


def _check_heartbeat(stack: StackUnderTest) -> None:
    if stack.bedrock is None:
        raise ClientUnavailable("needs a stack of its own: start it without URL")
    fault = {"kind": "stall_after", "after": 1, "seconds": 17, "operation": "converse-stream"}
    httpx.put(f"{stack.bedrock}/_faults", json={**fault, "times": 1}).raise_for_status()
    try:
        response = httpx_events(f"{stack.url}/api/agents/sql/chat", {"message": QUESTION})
    finally:
        httpx.delete(f"{stack.bedrock}/_faults").raise_for_status()
    assert any(json.loads(text)["type"] == "heartbeat" for text in response.data)


def _check_no_live_stream(stack: StackUnderTest) -> None:
    answer = stack.ask("GET", "/api/ai-sdk/chat/no-live-run/stream")
    assert answer.status_code == 204


def _check_openai_models(stack: StackUnderTest) -> None:
    ids = {model["id"] for model in stack.json("GET", "/openai/v1/models")["data"]}
    assert {"waypost", "sql"} <= ids


def _check_openai_json(stack: StackUnderTest) -> None:
    body = {"model": "waypost", "messages": [{"role": "user", "content": QUESTION}]}
    found = stack.json("POST", "/openai/v1/chat/completions", json=body)
    assert found["choices"][0]["message"]["content"]
    created = stack.json("POST", "/openai/v1/responses", json={"model": "sql", "input": QUESTION})
    path = f"/openai/v1/responses/{created['id']}"
    assert stack.json("GET", path)["status"] == "completed"
    again = stack.ask("GET", f"{path}?stream=true&starting_after=1").text
    assert "response.completed" in again
    assert '"sequence_number":1,' not in again


def _check_invocations(stack: StackUnderTest) -> None:
    headers = {
        "Accept": "application/json",
        "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": f"session-{uuid.uuid4()}",
    }
    found = stack.json("POST", "/invocations", json={"prompt": QUESTION}, headers=headers)
    assert found["response"]
    assert found["session_id"] == headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"]


def _check_ping(stack: StackUnderTest) -> None:
    found = stack.json("GET", "/ping")
    assert found["status"] in ("Healthy", "HealthyBusy")
    assert found["time_of_last_update"] > 0


_INTERNAL = {
    "input": {"message": ""},
    "conversation": {"id": "c", "user_id": "you", "company_id": "local"},
}
_JSON_CHECKS: tuple[tuple[str, str, str, Callable[[StackUnderTest], None]], ...] = (
    ("§0", "POST /v1/runs, GET and cancel of a run", "httpx", _check_run_json),
    ("§0", "Idempotency-Key", "httpx", _check_idempotency_key),
    ("§0", "GET, PATCH, DELETE /v1/threads", "httpx", _check_threads),
    ("§1", "GET /health", "httpx", _check_health),
    (
        "§1",
        "an empty message",
        "httpx",
        partial(_check_empty_message, "/internal/chat/stream", _INTERNAL),
    ),
    ("§2", "GET /", "httpx", _check_about),
    ("§2", "GET, DELETE /sessions/{session_id}", "httpx", _check_sessions),
    ("§2", "an empty message", "httpx", partial(_check_empty_message, "/chat", {"message": ""})),
    ("§3", "POST /api/agent/execute", "httpx", _check_execute),
    ("§3", "unknown model or MCP server", "httpx", _check_unknown_choices),
    ("§3", "GET /api/agent/models", "httpx", _check_models),
    ("§3", "GET /api/agent/mcp-servers", "httpx", _check_servers),
    ("§4", "GET /api/agents, /api/agents/{agent_id}", "httpx", _check_agents),
    ("§4", "POST, PUT, DELETE /api/agents", "httpx", _check_agent_versions),
    ("§4", "POST /api/agents/{agent_id}/chat, not streamed", "httpx", _check_agent_json),
    ("§4", "GET, DELETE /api/agents/{agent_id}/threads", "httpx", _check_agent_threads),
    ("§4", "/api/agents/{agent_id}/chat: heartbeat", "httpx-sse", _check_heartbeat),
    ("§6", "GET /api/ai-sdk/chat/{chat_id}/stream", "httpx", _check_no_live_stream),
    ("§8", "GET /openai/v1/models", "httpx", _check_openai_models),
    ("§8", "chat completions and responses, not streamed", "httpx", _check_openai_json),
    ("§9", "POST /invocations, not streamed", "httpx", _check_invocations),
    ("§9", "GET /ping", "httpx", _check_ping),
)
