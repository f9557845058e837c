"""Standing sets of questions: made, asked at their times, and told of only where they changed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.chat.batch_stack import BatchStack
from tests.chat.conftest import ME, Api, Running
from tests.chat.test_batches import EchoModel
from waypost.batches import BatchBackend
from waypost.errors import StoreUnavailable
from waypost.store import batches

NIGHTLY = {
    "name": "Every evening",
    "expression": "cron(0 20 ? * MON-FRI *)",
    "timezone": "Europe/Zurich",
    "questions": ["How much leave?", {"question": "Who?", "agent": "rag"}],
    "agent": "rag",
}


@pytest.fixture
def stack(environment: dict[str, str]) -> BatchStack:
    found = BatchStack()
    environment |= found.create()
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    stack: BatchStack, environment: dict[str, str], running: Running
) -> AsyncIterator[Api]:
    async with running(environment, EchoModel()) as opened:
        yield opened


async def create(api: Api, **changed: Any) -> dict[str, Any]:
    response = await api.http.post("/v1/schedules", json={**NIGHTLY, **changed}, headers=ME)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def message(stack: BatchStack, schedule: dict[str, Any], at: str) -> dict[str, Any]:
    """What EventBridge Scheduler sends to the queue at a time."""
    kept = stack.scheduler.get_schedule(Name=schedule["id"], GroupName=stack.bucket)
    assert kept["ScheduleExpression"] == schedule["expression"]
    assert kept["ScheduleExpressionTimezone"] == schedule["timezone"]
    text = kept["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", at)
    found: dict[str, Any] = json.loads(text)
    return found


async def test_each_time_is_one_batch(api: Api, stack: BatchStack) -> None:
    schedule = await create(api)

    for at in ("2026-11-26T19:00:00Z", "2026-11-26T19:00:00Z", "2026-11-27T19:00:00Z"):
        await stack.take(api, message(stack, schedule, at))
    await stack.deliver(api)

    batches = (await api.http.get("/v1/batches", headers=ME)).json()["batches"]
    assert [(b["source"], b["state"], b["total"]) for b in batches] == [
        ("schedule", "completed", 2)
    ] * 2
    (listed,) = (await api.http.get("/v1/schedules", headers=ME)).json()["schedules"]
    assert listed["last_batch"] == batches[0]["id"]


@pytest.mark.parametrize(("only_changed", "told"), [(True, 1), (False, 2)])
async def test_answers_that_are_those_of_last_time_are_not_told(
    api: Api, stack: BatchStack, only_changed: bool, told: int
) -> None:
    schedule = await create(api, only_changed=only_changed)

    for at in ("2026-11-26T19:00:00Z", "2026-11-27T19:00:00Z"):
        await stack.take(api, message(stack, schedule, at))
        await stack.deliver(api)

    assert [kind for kind, _ in stack.told()] == ["waypost.batch.completed"] * told


async def test_a_deleted_schedule_asks_no_more(api: Api, stack: BatchStack) -> None:
    schedule = await create(api)
    late = message(stack, schedule, "2026-11-26T19:00:00Z")
    path = f"/v1/schedules/{schedule['id']}"
    other = await api.http.delete(path, headers={**ME, "X-User-Id": "user-999"})

    deleted = await api.http.delete(path, headers=ME)
    await stack.take(api, late)
    await stack.deliver(api)

    assert (other.status_code, deleted.status_code) == (404, 204)
    assert (await api.http.get("/v1/schedules", headers=ME)).json() == {"schedules": []}
    assert (await api.http.get("/v1/batches", headers=ME)).json() == {"batches": []}
    assert stack.scheduler.list_schedules(GroupName=stack.bucket)["Schedules"] == []


@pytest.mark.parametrize(("place", "broken"), [(BatchBackend, "publish"), (batches, "update")])
async def test_news_is_told_by_the_second_finisher_where_the_first_died(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch, place: Any, broken: str
) -> None:
    schedule = await create(api, only_changed=True)
    works = getattr(place, broken)
    failed: list[str] = []

    async def fails_once(*values: Any, **named: Any) -> Any:
        if failed or (broken == "update" and "results_key" not in named):
            return await works(*values, **named)
        failed.append(broken)
        raise StoreUnavailable

    monkeypatch.setattr(place, broken, fails_once)
    await stack.take(api, message(stack, schedule, "2026-11-26T19:00:00Z"))
    with pytest.raises(StoreUnavailable):
        await stack.deliver(api)
    (batch,) = (await api.http.get("/v1/batches", headers=ME)).json()["batches"]
    finish = {"finish": batch["id"], "tenant": ME["X-Tenant-Id"], "user": ME["X-User-Id"]}
    await stack.take(api, finish)

    assert [kind for kind, _ in stack.told()] == ["waypost.batch.completed"]


async def test_an_uploaded_file_is_asked_each_time(api: Api, stack: BatchStack) -> None:
    upload = (await api.http.post("/v1/batches/uploads", headers=ME)).json()
    key = f"uploads/{ME['X-Tenant-Id']}/{ME['X-User-Id']}/{upload['upload_id']}.jsonl"
    stack.put(key, b'"How much?"\n"Who?"\n"When?"\n')
    schedule = await create(api, questions=None, upload_id=upload["upload_id"])
    stack.s3.delete_object(Bucket=stack.bucket, Key=key)

    for at in ("2026-11-26T19:00:00Z", "2026-11-27T19:00:00Z"):
        await stack.take(api, message(stack, schedule, at))
    await stack.deliver(api)
    await api.http.delete(f"/v1/schedules/{schedule['id']}", headers=ME)

    batches = (await api.http.get("/v1/batches", headers=ME)).json()["batches"]
    assert [(b["state"], b["total"]) for b in batches] == [("completed", 3)] * 2
    kept = stack.s3.list_objects_v2(Bucket=stack.bucket, Prefix="schedules/")
    assert kept["KeyCount"] == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"expression": "every evening"}, "invalid_expression"),
        ({"timezone": "Mars/Olympus"}, "invalid_timezone"),
        ({"questions": []}, "no_questions"),
        ({"questions": None}, "no_questions"),
        ({"upload_id": "upload_1"}, "no_questions"),
        ({"questions": None, "upload_id": "upload_1"}, "upload_not_found"),
        ({"budget_usd": -1}, "invalid_budget"),
        ({"name": ""}, "invalid_request"),
    ],
)
async def test_what_is_no_schedule_is_refused(
    api: Api, stack: BatchStack, changed: dict[str, Any], code: str
) -> None:
    response = await api.http.post("/v1/schedules", json={**NIGHTLY, **changed}, headers=ME)

    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert stack.scheduler.list_schedules(GroupName=stack.bucket)["Schedules"] == []
