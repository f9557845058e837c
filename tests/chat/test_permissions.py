"""The function's role allows what the function calls, and nothing that it does not."""

from typing import Any

import pytest
from botocore.client import BaseClient

from tests import template
from tests.chat.conftest import ME, Api

# An operation that needs the permissions of others; all else is named as its permission.
NEEDS = {
    "dynamodb:TransactWriteItems": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "bedrock-runtime:Converse": {"bedrock:InvokeModel"},
    "bedrock-runtime:ConverseStream": {"bedrock:InvokeModelWithResponseStream"},
}
# What Lambda itself does in the function's name.
PLATFORM = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    found: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def recorded(client: Any, operation: str, arguments: Any) -> Any:
        found.add(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    return found


def allowed() -> set[str]:
    policies = template.resources()["ChatRole"]["Properties"]["Policies"]
    statements = [s for p in policies for s in p["PolicyDocument"]["Statement"]]
    found: set[str] = set()
    for action in (statement["Action"] for statement in statements):
        found |= {action} if isinstance(action, str) else set(action)
    return found


async def test_everything_called_is_allowed_and_everything_allowed_is_called(
    api: Api, called: set[str]
) -> None:
    called.clear()
    api.script.says("sql | 1 | - | x").calls("SELECT 1").says("One.")
    started = (await api.ask("How many?"))[0]
    path = f"/v1/threads/{started['thread_id']}"
    await api.http.get(f"/v1/runs/{started['run_id']}", headers=ME)
    await api.http.get("/v1/threads", headers=ME)
    await api.http.get(path, headers=ME)
    await api.http.patch(path, json={"title": "x"}, headers=ME)
    await api.http.delete(path, headers=ME)
    await api.http.delete(f"{path}?hard_delete=true", headers=ME)
    needed = set().union(*(NEEDS.get(operation, {operation}) for operation in called))
    assert needed == allowed() - PLATFORM
