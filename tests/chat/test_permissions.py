"""Each function's role allows exactly the AWS operations that the function calls."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from botocore.client import BaseClient

from tests import template
from tests.chat.batch_stack import EVENTS, BatchStack
from tests.chat.conftest import ME, WHO, Api, Running
from waypost.batches.answering import MAX_ATTEMPTS, Answerer
from waypost.store import batches as store
from waypost_local.bedrock.faults import Fault

# Operations whose permissions have other names than the operation.
NEEDS = {
    "dynamodb:TransactWriteItems": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
    "dynamodb:TransactWriteItems with Delete": {"dynamodb:DeleteItem"},
    "bedrock-runtime:Converse": {"bedrock:InvokeModel"},
    "bedrock-runtime:ConverseStream": {"bedrock:InvokeModelWithResponseStream"},
    "events:PutEvents": {"events:PutEvents"},
    # Without ListBucket an object that is not there is forbidden, and not missing.
    "s3:HeadObject": {"s3:GetObject", "s3:ListBucket"},
    "s3:CreateMultipartUpload": {"s3:PutObject"},
    "s3:UploadPart": {"s3:PutObject"},
    "s3:CompleteMultipartUpload": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "sqs:SendMessageBatch": {"sqs:SendMessage"},
}
# Operations that Lambda itself calls with the function's role.
PLATFORM = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "iam:PassRole",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}


@pytest.fixture
def stack(environment: dict[str, str]) -> BatchStack:
    found = BatchStack()
    environment |= found.create() | {"WAYPOST_ANSWER_EVENTS": "true"}
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    stack: BatchStack, environment: dict[str, str], running: Running
) -> AsyncIterator[Api]:
    async with running(environment) as opened:
        yield opened


@pytest.fixture
def called_operations(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    found: set[str] = set()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def recorded(client: Any, operation: str, arguments: Any) -> Any:
        name = f"{client.meta.service_model.service_name}:{operation}"
        found.add(name)
        if any("Delete" in write for write in arguments.get("TransactItems", ())):
            found.add(f"{name} with Delete")
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    return found


def allowed_actions(role: str) -> set[str]:
    properties = template.resources()[role]["Properties"]
    managed = [template.resources()[m["Ref"]] for m in properties.get("ManagedPolicyArns", ())]
    policies = [*properties["Policies"], *(policy["Properties"] for policy in managed)]
    documents = [policy["PolicyDocument"] for policy in policies]
    statements = [s for document in documents for s in document["Statement"] if "If" not in s]
    found: set[str] = set()
    for action in (statement["Action"] for statement in statements):
        found |= {action} if isinstance(action, str) else set(action)
    return found - PLATFORM


def needed(called: set[str]) -> set[str]:
    return set().union(*(NEEDS.get(operation, {operation}) for operation in called))


async def test_the_chat_function_calls_what_its_role_allows(
    api: Api, stack: BatchStack, called_operations: set[str]
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
    await api.http.post("/v1/batches", json={"upload_id": "upload_1"}, headers=ME)
    await api.http.get("/openai/v1/files/file-1/content", headers=ME)
    sent = (await api.http.post("/v1/batches", json={"questions": ["x"]}, headers=ME)).json()
    await api.http.get("/v1/batches", headers=ME)
    body = {"name": "x", "expression": "rate(1 day)", "questions": ["x"]}
    made = await api.http.post("/v1/schedules", json=body, headers=ME)
    await api.http.delete(f"/v1/schedules/{made.json()['id']}", headers=ME)
    calls = set(called_operations)
    await end(api, stack, sent["id"])
    called_operations.clear()
    await api.http.get(f"/v1/batches/{sent['id']}/results", headers=ME)
    calls |= called_operations

    assert needed(calls) == allowed_actions("ChatRole")


async def test_the_functions_for_batches_call_what_their_roles_allow(
    api: Api, stack: BatchStack, called_operations: set[str]
) -> None:
    called_operations.clear()
    await stack.take(api, stack.submitted(questions=["How many?", {}]))
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    await stack.take(api, stack.put("in/company-789/a.jsonl", b'"x"'))
    await stack.take(api, split)
    by_batch = set(called_operations)
    messages = stack.received("questions")

    called_operations.clear()
    # Another process has not read the agents yet.
    api.app.state.backend.registry.forget(EVENTS)
    answerer = Answerer(api.app.state.backend, stack.backend(api))
    api.faults.set(Fault("throttling"))
    assert await stack.answer(answerer, messages) == messages
    api.faults.set(None)
    api.model.replies.clear()
    api.model.add_reply("sql | 1 | - | x").add_query("SELECT 1").add_reply("One.")
    assert await stack.answer(answerer, messages) == []
    by_worker = set(called_operations)

    called_operations.clear()
    for message in stack.received("batches"):
        await stack.take(api, json.loads(message["Body"]))
    await stack.take(api, {"redrive": True})
    by_batch |= called_operations - {"s3:PutObject"}
    split = await retry_failed(api, stack)
    called_operations.clear()
    await stack.take(api, split)
    by_batch |= called_operations

    # The test itself reads the queues and puts the file.
    assert needed(by_batch) - PLATFORM | {"s3:PutObject"} == allowed_actions("BatchRole")
    assert needed(by_worker) - PLATFORM == allowed_actions("WorkerRole")


async def retry_failed(api: Api, stack: BatchStack) -> dict[str, Any]:
    """The splitter's message to ask a question again whose workers had died."""
    sent = (await api.http.post("/v1/batches", json={"questions": ["x"]}, headers=ME)).json()
    await end(api, stack, sent["id"])
    retried = await api.http.post(f"/v1/batches/{sent['id']}/retry", headers=ME)
    assert retried.status_code == 202
    (split,) = stack.received("batches")
    found: dict[str, Any] = json.loads(split["Body"])
    return found


async def end(api: Api, stack: BatchStack, batch_id: str) -> None:
    """Ends a batch of one question without an answer: its workers died."""
    table = api.app.state.backend.table
    for _ in range(MAX_ATTEMPTS):
        await store.claim(table, WHO, batch_id, 1, -1)
    await stack.deliver(api)
