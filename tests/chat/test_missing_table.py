"""Every endpoint, where the deployment's table is not there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.chat.conftest import Api, Running
from tests.chat.test_schemas import operations

SOMEBODY = {"X-Tenant-Id": "never-seen", "X-User-Id": "u-1", "X-User-Roles": "admin"}
"""Of a tenant that the process has not read anything of yet."""
ASKED = [{"role": "user", "content": "How much leave?"}]
AGENT = {"name": "Fleet", "description": "x", "examples": ["x"], "instructions": "Answer."}
REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/v1/runs", {"input": "How much leave?"}),
    ("POST", "/v1/threads/thread_1/runs", {"input": "How much leave?"}),
    ("GET", "/v1/runs/run_1", None),
    ("GET", "/v1/runs/run_1/events", None),
    ("POST", "/v1/runs/run_1/cancel", None),
    ("POST", "/v1/runs/run_1/continue", None),
    ("GET", "/v1/threads", None),
    ("PATCH", "/v1/threads/thread_1", {"title": "Leave"}),
    ("DELETE", "/v1/threads/thread_1", None),
    ("GET", "/v1/batches", None),
    ("GET", "/v1/schedules", None),
    ("GET", "/api/agents", None),
    ("POST", "/api/agents", {**AGENT, "id": "fleet"}),
    ("PUT", "/api/agents/sql", {**AGENT, "version": 1}),
    ("DELETE", "/api/agents/sql", None),
    ("GET", "/api/agents/sql/threads", None),
    ("POST", "/api/agents/sql/chat", {"message": "How much leave?"}),
    ("POST", "/chat", {"message": "How much leave?"}),
    ("GET", "/sessions/s-1", None),
    ("POST", "/api/agent/stream", {"input": "How much leave?"}),
    ("POST", "/api/agent/execute", {"input": "How much leave?"}),
    ("POST", "/api/chat/stream", {"messages": ASKED}),
    ("POST", "/openai/v1/chat/completions", {"model": "waypost", "messages": ASKED}),
    ("POST", "/openai/v1/responses", {"input": "How much leave?", "stream": True}),
    ("GET", "/openai/v1/responses/resp_01M7Z2801C9NZ9HSN0VPN4Y4HG", None),
    ("GET", "/openai/v1/models", None),
    ("POST", "/invocations", {"prompt": "How much leave?"}),
]


@pytest_asyncio.fixture(loop_scope="session")
async def without_table(environment: dict[str, str], running: Running) -> AsyncIterator[Api]:
    async with running(environment) as api:
        api.dynamodb.delete_table(TableName=api.table)
        yield api


async def test_requests_are_refused_for_now(without_table: Api) -> None:
    refused = {}
    for method, path, body in REQUESTS:
        response = await without_table.http.request(method, path, headers=SOMEBODY, json=body)
        refused[f"{method} {path}"] = response.status_code, response.json()["error"]["code"]

    assert refused == dict.fromkeys(refused, (503, "store_unavailable"))
    assert len(refused) == len(REQUESTS)


async def test_no_endpoint_fails_unexpectedly(without_table: Api) -> None:
    statuses = {}
    for name in operations(without_table.app.openapi()):
        method, path = name.split(" ")
        address = path.replace("{", "").replace("}", "")
        response = await without_table.http.request(method, address, headers=SOMEBODY, json={})
        statuses[name] = response.status_code

    assert {name: status for name, status in statuses.items() if status in (500, 502)} == {}
