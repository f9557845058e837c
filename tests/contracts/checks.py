"""What is checked of each contract: one function for a row, in one table."""

import itertools
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from tests.contracts.clients import PATIENCE, Chromium, Client, Missing, Told, curl, httpx_events
from tests.contracts.endpoints import QUESTION, STREAMS, Stream
from waypost.events import any_event

EVENTS = sorted(any_event.json_schema()["discriminator"]["mapping"])


@dataclass
class Stack:
    """`bedrock` breaks answers on demand; a stack of somebody else's has none."""

    url: str
    bedrock: str | None = None
    browser: Chromium | None = None
    told: dict[str, Told] = field(default_factory=dict)
    """The last answer of each endpoint."""

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        return httpx.request(method, self.url + path, timeout=PATIENCE, **how)

    def json(self, method: str, path: str, status: int = 200, **how: Any) -> Any:
        answer = self.ask(method, path, **how)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:300]}"
        return answer.json()


@dataclass(frozen=True)
class Check:
    contract: str
    subject: str
    client: str
    run: Callable[[Stack], None]


def checks() -> list[Check]:
    """All of them, in the order in which they are to run."""
    found: list[Check] = []
    for stream in STREAMS:
        post = f"POST {stream.path}"
        for name, client in (("curl -N", curl), ("httpx-sse", httpx_events)):
            found.append(Check(stream.contract, post, name, partial(_streams, stream, client)))
        found.append(Check(stream.contract, post, "Chromium fetch", partial(_fetched, stream)))
        for kind in (*stream.kinds, stream.end):
            check = partial(_has_kind, stream, kind)
            found.append(Check(stream.contract, f"{stream.path}: {kind}", "httpx-sse", check))
        if stream.broken:
            name = f"{stream.path}: {stream.broken}"
            check = partial(_breaks, stream)
            found.append(Check(stream.contract, name, "httpx-sse", check))
        replay = f"GET /v1/runs/{{run_id}}/events?dialect={stream.dialect}"
        found.append(Check(stream.contract, replay, "EventSource", partial(_replayed, stream)))
    found += [Check(*row) for row in _JSON]
    return found


def _streams(stream: Stream, client: Client, stack: Stack) -> None:
    told = stack.told[stream.path] = client(stack.url + stream.path, _fresh(stream.body))
    assert stream.named(told.data)[-1] == stream.end, told.data[-3:]


def _fetched(stream: Stream, stack: Stack) -> None:
    if stack.browser is None:
        raise Missing("needs Chromium: apt-get install chromium")
    _streams(stream, stack.browser.fetch, stack)


def _has_kind(stream: Stream, kind: str, stack: Stack) -> None:
    if stream.path not in stack.told:
        _streams(stream, httpx_events, stack)
    kinds = stream.named(stack.told[stream.path].data)
    assert kind in kinds, f"only {', '.join(sorted(set(kinds)))}"


def _breaks(stream: Stream, stack: Stack) -> None:
    if stack.bedrock is None:
        raise Missing("needs a stack of its own: start it without URL")
    fault = {"kind": "cut_after", "after": 1, "operation": "converse-stream"}
    httpx.put(f"{stack.bedrock}/_faults", json=fault).raise_for_status()
    try:
        told = httpx_events(stack.url + stream.path, _fresh(stream.body))
    finally:
        httpx.delete(f"{stack.bedrock}/_faults").raise_for_status()
    kinds = stream.named(told.data)
    assert stream.broken in kinds, kinds
    last = "complete" if stream.dialect == "execution" else stream.broken
    assert kinds[-1] == ("[DONE]" if stream.sentinel else last), kinds


def _replayed(stream: Stream, stack: Stack) -> None:
    if stack.browser is None:
        raise Missing("needs Chromium: apt-get install chromium")
    _streams(stream, httpx_events, stack)
    run_id = stack.told[stream.path].run_id
    path = f"/v1/runs/{run_id}/events?dialect={stream.dialect}"
    wanted = [line[6:] for line in stack.ask("GET", path).text.split("\n") if line[:6] == "data: "]
    assert len(wanted) == len(stack.told[stream.path].data)
    names = EVENTS if stream.dialect in ("waypost", "agentcore") else _names(stream, wanted)
    assert stack.browser.replay(stack.url + path, names, len(wanted)) == wanted


def _names(stream: Stream, data: list[str]) -> list[str]:
    """What the `event:` lines may say: `EventSource` hears only the names that it listens for."""
    return sorted(set(stream.named(data)) - {"message"})


_serial = itertools.count()


def _fresh(body: dict[str, Any]) -> dict[str, Any]:
    """The body, in a conversation that nobody has had before."""
    text = json.dumps(body)
    return dict(json.loads(text.replace('"contracts', f'"{uuid.uuid4().hex[:8]}-{next(_serial)}-')))


def _health(stack: Stack) -> None:
    found = stack.json("GET", "/health")
    assert found["status"] == "healthy", found
    assert {"status", "service", "version", "parts"} <= set(found)


def _about(stack: Stack) -> None:
    assert stack.json("GET", "/", headers={"Accept": "application/json"})["service"]
    page = stack.ask("GET", "/", headers={"Accept": "text/html"})
    assert "<!doctype html>" in page.text.lower()


def _whole_run(stack: Stack) -> None:
    headers = {"Accept": "application/json"}
    run = stack.json("POST", "/v1/runs", json={"input": QUESTION}, headers=headers)
    assert run["state"] == "completed"
    assert stack.json("GET", f"/v1/runs/{run['id']}")["output"]["text"]
    assert stack.json("POST", f"/v1/runs/{run['id']}/cancel")["state"] == "completed"
    assert stack.ask("GET", f"/v1/runs/{run['id']}/events?after=9999").status_code == 422


def _once_for_a_key(stack: Stack) -> None:
    headers = {"Accept": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    ids = {
        stack.json("POST", "/v1/runs", json={"input": QUESTION}, headers=headers)["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


def _threads(stack: Stack) -> None:
    headers = {"Accept": "application/json"}
    run = stack.json("POST", "/v1/runs", json={"input": QUESTION}, headers=headers)
    path = f"/v1/threads/{run['thread_id']}"
    assert stack.json("GET", "/v1/threads?limit=1")["threads"][0]["id"] == run["thread_id"]
    assert stack.json("PATCH", path, json={"title": "Other"})["title"] == "Other"
    assert len(stack.json("GET", path)["messages"]) == 2
    assert stack.ask("DELETE", path).status_code == 204
    stack.json("GET", path, 404)


def _empty_is_refused(path: str, body: dict[str, Any], stack: Stack) -> None:
    error = stack.json("POST", path, 422, json=body)["error"]
    assert set(error) >= {"code", "message", "request_id"}


def _sessions(stack: Stack) -> None:
    session = f"session-{uuid.uuid4().hex}"
    body = {"message": "What does the Enterprise plan cost?", "session_id": session}
    assert stack.ask("POST", "/chat", json=body).status_code == 200
    assert len(stack.json("GET", f"/sessions/{session}")["messages"]) == 2
    assert stack.json("DELETE", f"/sessions/{session}")["session_id"] == session
    stack.json("GET", f"/sessions/{session}", 404)


def _execute(stack: Stack) -> None:
    found = stack.json("POST", "/api/agent/execute", json={"input": QUESTION})
    assert found["status"] == "completed"
    assert found["output"]


def _unknown_choices(stack: Stack) -> None:
    for body in ({"model": "nobody/nothing"}, {"mcp_servers": ["nobody/nothing"]}):
        for path in ("stream", "execute"):
            stack.json("POST", f"/api/agent/{path}", 422, json={"input": QUESTION, **body})


def _models(stack: Stack) -> None:
    assert any(model["default"] for model in stack.json("GET", "/api/agent/models")["models"])


def _servers(stack: Stack) -> None:
    assert isinstance(stack.json("GET", "/api/agent/mcp-servers")["mcp_servers"], list)


def _agents(stack: Stack) -> None:
    found = {agent["id"] for agent in stack.json("GET", "/api/agents")["agents"]}
    assert found >= {"sql", "news", "business-impact", "support-triage", "ops-assistant"}
    assert stack.json("GET", "/api/agents/azure-ops")["id"] == "ops-assistant"


def _agent_life(stack: Stack) -> None:
    name = f"check-{uuid.uuid4().hex[:8]}"
    fields = {
        "name": "Check",
        "description": "Checks.",
        "examples": ["Check?"],
        "instructions": "Check.",
        "routed": False,
    }
    made = stack.json("POST", "/api/agents", 201, json={"id": name, **fields})
    body = {**fields, "name": "Checked", "version": made["version"]}
    changed = stack.json("PUT", f"/api/agents/{name}", json=body)
    stack.json("PUT", f"/api/agents/{name}", 409, json=body)
    back = {"version": made["version"], "current": changed["version"]}
    assert stack.json("POST", f"/api/agents/{name}/rollback", json=back)["name"] == "Check"
    assert stack.json("GET", f"/api/agents/{name}/versions")["total"] == 3
    deleted = stack.json("DELETE", f"/api/agents/{name}")
    assert deleted == {"message": "Agent deleted successfully"}
    stack.json("GET", f"/api/agents/{name}", 404)


def _agent_json(stack: Stack) -> None:
    body = {"message": QUESTION, "stream": False}
    found = stack.json("POST", "/api/agents/sql/chat", json=body)
    assert found["status"] == "completed"
    assert found["tokens_used"] > 0


def _agent_threads(stack: Stack) -> None:
    body = {"message": QUESTION, "stream": False}
    thread_id = stack.json("POST", "/api/agents/sql/chat", json=body)["thread_id"]
    page = stack.json("GET", "/api/agents/sql/threads?limit=1&offset=0")
    assert set(page) >= {"threads", "total", "limit", "offset"}
    path = f"/api/agents/sql/threads/{thread_id}"
    assert stack.json("GET", path)["messages"]
    deleted = stack.json("DELETE", f"{path}?hard_delete=true")
    assert deleted == {"message": "Thread deleted successfully"}


def _heartbeat(stack: Stack) -> None:
    if stack.bedrock is None:
        raise Missing("needs a stack of its own: start it without URL")
    fault = {"kind": "stall_after", "after": 1, "seconds": 17, "operation": "converse-stream"}
    httpx.put(f"{stack.bedrock}/_faults", json={**fault, "times": 1}).raise_for_status()
    try:
        told = httpx_events(f"{stack.url}/api/agents/sql/chat", {"message": QUESTION})
    finally:
        httpx.delete(f"{stack.bedrock}/_faults").raise_for_status()
    assert any(json.loads(text)["type"] == "heartbeat" for text in told.data)


def _resumes(stack: Stack) -> None:
    answer = stack.ask("GET", "/api/ai-sdk/chat/nothing-is-live/stream")
    assert answer.status_code == 204


def _openai_models(stack: Stack) -> None:
    ids = {model["id"] for model in stack.json("GET", "/openai/v1/models")["data"]}
    assert {"waypost", "sql"} <= ids


def _openai_whole(stack: Stack) -> None:
    body = {"model": "waypost", "messages": [{"role": "user", "content": QUESTION}]}
    found = stack.json("POST", "/openai/v1/chat/completions", json=body)
    assert found["choices"][0]["message"]["content"]
    made = stack.json("POST", "/openai/v1/responses", json={"model": "sql", "input": QUESTION})
    path = f"/openai/v1/responses/{made['id']}"
    assert stack.json("GET", path)["status"] == "completed"
    again = stack.ask("GET", f"{path}?stream=true&starting_after=1").text
    assert "response.completed" in again
    assert '"sequence_number":1,' not in again


def _invoked(stack: Stack) -> None:
    headers = {
        "Accept": "application/json",
        "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": f"session-{uuid.uuid4()}",
    }
    found = stack.json("POST", "/invocations", json={"prompt": QUESTION}, headers=headers)
    assert found["response"]
    assert found["session_id"] == headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"]


def _ping(stack: Stack) -> None:
    found = stack.json("GET", "/ping")
    assert found["status"] in ("Healthy", "HealthyBusy")
    assert found["time_of_last_update"] > 0


_INTERNAL = {
    "input": {"message": ""},
    "conversation": {"id": "c", "user_id": "you", "company_id": "local"},
}
_JSON: tuple[tuple[str, str, str, Callable[[Stack], None]], ...] = (
    ("§0", "POST /v1/runs, GET and cancel of a run", "httpx", _whole_run),
    ("§0", "Idempotency-Key", "httpx", _once_for_a_key),
    ("§0", "GET, PATCH, DELETE /v1/threads", "httpx", _threads),
    ("§1", "GET /health", "httpx", _health),
    ("§1", "an empty message", "httpx",
     partial(_empty_is_refused, "/internal/chat/stream", _INTERNAL)),
    ("§2", "GET /", "httpx", _about),
    ("§2", "GET, DELETE /sessions/{session_id}", "httpx", _sessions),
    ("§2", "an empty message", "httpx", partial(_empty_is_refused, "/chat", {"message": ""})),
    ("§3", "POST /api/agent/execute", "httpx", _execute),
    ("§3", "unknown model or MCP server", "httpx", _unknown_choices),
    ("§3", "GET /api/agent/models", "httpx", _models),
    ("§3", "GET /api/agent/mcp-servers", "httpx", _servers),
    ("§4", "GET /api/agents, /api/agents/{agent_id}", "httpx", _agents),
    ("§4", "POST, PUT, DELETE /api/agents", "httpx", _agent_life),
    ("§4", "POST /api/agents/{agent_id}/chat, not streamed", "httpx", _agent_json),
    ("§4", "GET, DELETE /api/agents/{agent_id}/threads", "httpx", _agent_threads),
    ("§4", "/api/agents/{agent_id}/chat: heartbeat", "httpx-sse", _heartbeat),
    ("§6", "GET /api/ai-sdk/chat/{chat_id}/stream", "httpx", _resumes),
    ("§8", "GET /openai/v1/models", "httpx", _openai_models),
    ("§8", "chat completions and responses, not streamed", "httpx", _openai_whole),
    ("§9", "POST /invocations, not streamed", "httpx", _invoked),
    ("§9", "GET /ping", "httpx", _ping),
)  # fmt: skip
