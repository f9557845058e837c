"""The API's description of itself: every endpoint, every event, an example each."""

import json
from typing import Any

import pytest

from tests.chat.conftest import ROOT
from tests.dialects.recorded_runs import RUNS, wire
from waypost.settings import Settings
from waypost_chat.dialects import DIALECTS, schemas
from waypost_chat.factory import create

ENDPOINTS = {
    "GET /",
    "GET /health",
    "POST /v1/runs",
    "POST /v1/threads/{thread_id}/runs",
    "GET /v1/runs/{run_id}",
    "GET /v1/runs/{run_id}/events",
    "POST /v1/runs/{run_id}/cancel",
    "GET /v1/threads",
    "GET /v1/threads/{thread_id}",
    "PATCH /v1/threads/{thread_id}",
    "DELETE /v1/threads/{thread_id}",
    "POST /internal/chat/stream",
    "POST /chat",
    "GET /sessions/{session_id}",
    "DELETE /sessions/{session_id}",
    "POST /api/agent/stream",
    "POST /api/agent/execute",
    "POST /api/agent/stream/simulate",
    "GET /api/agent/models",
    "GET /api/agent/mcp-servers",
    "POST /api/agents/{agent_id}/chat",
    "GET /api/agents/{agent_id}/threads",
    "GET /api/agents/{agent_id}/threads/{thread_id}",
    "DELETE /api/agents/{agent_id}/threads/{thread_id}",
    "GET /api/agents",
    "POST /api/agents",
    "GET /api/agents/{agent_id}",
    "PUT /api/agents/{agent_id}",
    "DELETE /api/agents/{agent_id}",
    "POST /api/chat/stream",
    "POST /api/ai-sdk/chat",
    "GET /api/ai-sdk/chat/{chat_id}/stream",
    "POST /api/ag-ui",
    "POST /openai/v1/chat/completions",
    "POST /openai/v1/responses",
    "GET /openai/v1/responses/{response_id}",
    "POST /openai/v1/responses/{response_id}/cancel",
    "GET /openai/v1/models",
    "POST /invocations",
    "GET /ping",
}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    environment = {
        "WAYPOST_TABLE": "t",
        "WAYPOST_MODEL": "m",
        "WAYPOST_AGENTS": str(ROOT / "agents"),
    }
    return create(Settings.from_env(environment)).openapi()


def operations(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def resolved(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = description["components"]["schemas"][name] if name else schema
    return found


def frame(operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a stream's `data` lines hold."""
    stream = operation["responses"]["200"]["content"]["text/event-stream"]["schema"]
    data = stream["properties"]["data"]
    *_, text = data.get("anyOf", [data])
    content: dict[str, Any] = text["contentSchema"]
    return content


def test_every_endpoint_is_described(description: dict[str, Any]) -> None:
    found = operations(description)
    assert set(found) >= ENDPOINTS
    assert [name for name, operation in found.items() if not operation.get("description")] == []


def test_every_body_has_an_example(description: dict[str, Any]) -> None:
    """What the API page offers to send: each required field has an example."""
    for name, operation in operations(description).items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            body = resolved(description, content["schema"])
            for option in body.get("anyOf", [body]):
                assert _exemplified(description, option), name


def _exemplified(description: dict[str, Any], schema: dict[str, Any]) -> bool:
    known = resolved(description, schema)
    if any(key in known for key in ("examples", "example", "default", "const", "enum")):
        return True
    if options := known.get("anyOf") or known.get("oneOf"):
        return _exemplified(description, options[0])
    if known.get("type") == "array":
        return _exemplified(description, known["items"])
    if known.get("type") in ("boolean", "integer", "number"):
        return True
    needed = known.get("required", [])
    properties = known.get("properties")
    return properties is not None and all(
        _exemplified(description, properties[name]) for name in needed
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_event_has_a_schema_and_an_example(description: dict[str, Any], dialect: str) -> None:
    components = description["components"]["schemas"]
    event_schemas = components[schemas.event_name(dialect)]["oneOf"]
    frames = schemas.frames_of(dialect)
    for event_schema in event_schemas:
        schema = resolved(description, event_schema)
        assert schema["description"]
        for example in schema["examples"]:
            frames.validate_python(example)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_frame_of_a_recorded_run_is_valid(dialect: str) -> None:
    frames = schemas.frames_of(dialect)
    for events in RUNS.values():
        lines = wire(dialect, events).decode().split("\n")
        data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        done = data.pop() if dialect in schemas.SENTINELS else None
        assert done in (None, "[DONE]")
        for text in data:
            frames.validate_json(text)


def test_each_stream_has_its_own_dialects_events(description: dict[str, Any]) -> None:
    streamed = {
        name: frame(operation).get("$ref", "").rpartition("/")[2]
        for name, operation in operations(description).items()
        if "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    }
    assert (
        streamed.items()
        >= {
            "POST /v1/runs": "Event",
            "POST /internal/chat/stream": "InternalEvent",
            "POST /chat": "SupportEvent",
            "POST /api/agent/stream": "ExecutionEvent",
            "POST /api/agent/stream/simulate": "ExecutionEvent",
            "POST /api/agents/{agent_id}/chat": "AgentsEvent",
            "POST /api/chat/stream": "ServingEvent",
            "POST /api/ai-sdk/chat": "AiSdkEvent",
            "GET /api/ai-sdk/chat/{chat_id}/stream": "AiSdkEvent",
            "POST /api/ag-ui": "AgUiEvent",
            "POST /openai/v1/chat/completions": "OpenaiChatEvent",
            "POST /openai/v1/responses": "OpenaiResponsesEvent",
            "POST /invocations": "Event",
        }.items()
    )


def test_a_replay_may_have_the_events_of_any_dialect(description: dict[str, Any]) -> None:
    operation = operations(description)["GET /v1/runs/{run_id}/events"]
    named = {option["$ref"].rpartition("/")[2] for option in frame(operation)["anyOf"]}
    assert named == {schemas.event_name(dialect) for dialect in DIALECTS}


def test_no_two_schemas_share_a_name(description: dict[str, Any]) -> None:
    """A body and a frame of one name would be described as each other."""
    frames = schemas.all_schemas()
    described = description["components"]["schemas"]
    assert all(described[name] == frames[name] for name in frames)
    text = json.dumps(description)
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(described)
