"""The function's role allows exactly the AWS operations that the function calls."""

from typing import Any

import pytest
from botocore.client import BaseClient

from tests import template
from tests.chat.conftest import ME, Api

# Operations whose permissions have other names than the operation.
NEEDS = {
    "dynamodb:TransactWriteItems": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "bedrock-runtime:Converse": {"bedrock:InvokeModel"},
    "bedrock-runtime:ConverseStream": {"bedrock:InvokeModelWithResponseStream"},
}
# Operations that Lambda itself calls with the function's role.
PLATFORM = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


@pytest.fixture
def called_operations(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    found: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def recorded(client: Any, operation: str, arguments: Any) -> Any:
        found.add(f"{client.meta.service_model.service_name}:{operation}")
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    return found


def allowed_actions() -> set[str]:
    policies = template.resources()["ChatRole"]["Properties"]["Policies"]
    statements = [s for p in policies for s in p["PolicyDocument"]["Statement"]]
    found: set[str] = set()
    for action in (statement["Action"] for statement in statements):
        found |= {action} if isinstance(action, str) else set(action)
    return found


async def test_the_allowed_actions_are_the_called_ones(
    api: Api, called_operations: set[str]
) -> None:
    called_operations.clear()
    api.model.add_reply("sql | 1 | - | x").add_query("SELECT 1").add_reply("One.")
    started = (await api.ask("How many?"))[0]
    path = f"/v1/threads/{started['thread_id']}"
    await api.http.get(f"/v1/runs/{started['run_id']}", headers=ME)
    await api.http.get("/v1/threads", headers=ME)
    await api.http.get(path, headers=ME)
    await api.http.patch(path, json={"title": "x"}, headers=ME)
    await api.http.delete(path, headers=ME)
    await api.http.delete(f"{path}?hard_delete=true", headers=ME)
    needed = set().union(*(NEEDS.get(operation, {operation}) for operation in called_operations))
    assert needed == allowed_actions() - PLATFORM
