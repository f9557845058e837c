"""Batches whose workers die, whose messages come again and whose split and end are cut short."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.chat.batch_stack import EVENTS, BatchStack
from tests.chat.conftest import Api, Running, crash
from waypost.batches import BatchBackend, splitting
from waypost.batches.answering import MAX_ATTEMPTS, Answerer
from waypost.errors import StoreUnavailable
from waypost.runs import LiveRun
from waypost.store import batches as store
from waypost.store.keys import TenantKeys
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock.model import Piece, Stop, TextPiece

WHOSE = {"tenant": EVENTS.tenant_id, "user": EVENTS.user_id}
ROUNDS = 60


class SlowModel:
    """Answers each question with its own text after a moment, and counts whole answers."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        question = request.messages[-1]["content"][-1]["text"]
        yield TextPiece("You asked: ")
        await asyncio.sleep(random.uniform(0, 0.05))
        self.answered[question] += 1
        yield TextPiece(question)
        yield Stop("end_turn", 10, 5)


@pytest.fixture
def stack(environment: dict[str, str]) -> BatchStack:
    found = BatchStack()
    environment |= found.create()
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    stack: BatchStack, environment: dict[str, str], running: Running
) -> AsyncIterator[Api]:
    async with running(environment, SlowModel()) as opened:
        yield opened


@pytest.fixture
def live_runs(monkeypatch: pytest.MonkeyPatch) -> list[LiveRun]:
    """The runs that this process has begun."""
    begun: list[LiveRun] = []
    start: Callable[..., LiveRun] = LiveRun.start

    def started(*arguments: Any, **options: Any) -> LiveRun:
        begun.append(start(*arguments, **options))
        return begun[-1]

    monkeypatch.setattr(LiveRun, "start", started)
    return begun


async def die(work: asyncio.Task[Any], live_runs: list[LiveRun]) -> None:
    """As when a worker's process is killed: nothing of it goes on."""
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    for run in live_runs:
        if not run.finished:
            crash(run)
            run._answering.cancel()
    live_runs.clear()


async def end_leases(api: Api, batch_id: str) -> None:
    """As when their time has passed: those of the attempts, and of the runs."""
    table = api.app.state.backend.table
    keys = TenantKeys(EVENTS.tenant_id, EVENTS.user_id)
    for item in await table.query(keys.batch_partition(batch_id), "A#"):
        await table.update(
            {
                "Key": {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}},
                "UpdateExpression": "SET lease_until = :zero",
                "ExpressionAttributeValues": {":zero": {"N": "0"}},
            }
        )


@pytest.mark.parametrize("seed", range(4))
async def test_every_line_has_one_result_whatever_dies(
    api: Api, stack: BatchStack, live_runs: list[LiveRun], seed: int
) -> None:
    draw = random.Random(seed)
    count = 24
    lines = [
        json.dumps({"id": f"q{n}", "question": f"Question {n}?", "agent": "rag"})
        for n in range(count)
    ]
    lines.insert(7, "no json")
    event = stack.put("in/company-789/user-456/night.jsonl", "\n".join(lines).encode())
    await stack.take(api, event)
    await stack.take(api, event)
    (batch_id,) = {json.loads(m["Body"])["split"] for m in stack.received("batches")}
    await stack.take(api, {"split": batch_id, **WHOSE})
    waiting = stack.received("questions")
    table = api.app.state.backend.table

    for _ in range(ROUNDS):
        draw.shuffle(waiting)
        taken, waiting = waiting[:10], waiting[10:]
        answerer = Answerer(api.app.state.backend, stack.backend(api))
        work = asyncio.create_task(stack.answer(answerer, taken))
        if draw.random() < 0.5:
            await asyncio.sleep(draw.uniform(0, 0.4))
            await die(work, live_runs)
            waiting += taken
            await end_leases(api, batch_id)
        else:
            waiting += await work
            waiting += draw.sample(taken, k=len(taken) // 3)
        if not waiting:
            break

    for message in waiting:
        stack.sqs.send_message(QueueUrl=stack.queues["questions"], MessageBody=message["Body"])
    await stack.deliver(api, times=2)
    batch = await store.read(table, EVENTS, batch_id)
    counts = await store.counts(table, EVENTS, batch_id)
    assert (batch.state, batch.total, counts.done) == ("completed", count + 1, count + 1)
    found = stack.results(f"out/company-789/{batch_id}.jsonl")
    assert [line["line"] for line in found] == list(range(1, count + 2))
    states = Counter(line["state"] for line in found)
    assert states["rejected"] == 1
    assert states["answered"] == counts.answered
    assert {line["reason"] for line in found if line["state"] == "failed"} <= {"worker_died"}
    for line in found:
        if line["state"] == "answered":
            assert line["answer"] == f"You asked: {line['question']}"


@pytest.mark.parametrize("fails_at", ["send", "checkpoint", "read"])
async def test_a_split_that_breaks_off_is_taken_up_again(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    monkeypatch.setattr(splitting, "_CHECKPOINT", 5)
    body = "\n".join(json.dumps({"question": f"Question {n}?", "agent": "rag"}) for n in range(23))
    await stack.take(api, stack.put("in/company-789/night.jsonl", body.encode()))
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    calls = 0

    def fail_third(real: Callable[..., Any]) -> Callable[..., Any]:
        async def failing(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise StoreUnavailable
            return await real(*arguments, **options)

        return failing

    if fails_at == "send":
        monkeypatch.setattr(BatchBackend, "send_questions", fail_third(BatchBackend.send_questions))
    elif fails_at == "checkpoint":
        monkeypatch.setattr(store, "update", fail_third(store.update))
    else:
        monkeypatch.setattr(BatchBackend, "open_object", fail_third(BatchBackend.open_object))
        calls = 2
    with pytest.raises(StoreUnavailable):
        await stack.take(api, split)
    await stack.take(api, split)

    sent = [json.loads(m["Body"])["questions"][0]["line"] for m in stack.received("questions")]
    assert set(sent) == set(range(1, 24))
    batch = await store.read(api.app.state.backend.table, EVENTS, split["split"])
    assert (batch.state, batch.total) == ("running", 23)


async def test_a_split_that_dies_at_its_very_end_is_made_up_for(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"question": "Question?", "agent": "rag"}).encode()
    await stack.take(api, stack.put("in/company-789/night.jsonl", body))
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    answerer = Answerer(api.app.state.backend, stack.backend(api))
    note = store.update

    async def workers_are_faster(*values: Any, **named: Any) -> Any:
        if "total" in named:
            assert await stack.answer(answerer, stack.received("questions")) == []
        return await note(*values, **named)

    async def die(*_: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(store, "update", workers_are_faster)
        patch.setattr(store, "shard_done", die)
        with pytest.raises(StoreUnavailable):
            await stack.take(api, split)
    await stack.take(api, split)
    await stack.deliver(api)

    batch = await store.read(api.app.state.backend.table, EVENTS, split["split"])
    assert batch.state == "completed"


async def test_a_retry_that_breaks_off_loses_no_line(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, batch_id = api.app.state.backend.table, "night"
    asked = [{"question": f"Question {n}?", "agent": "rag"} for n in range(20)]
    await stack.take(api, stack.submitted(batch_id=batch_id, questions=asked))
    for line in (3, 9, 19):
        for _ in range(MAX_ATTEMPTS):
            await store.claim(table, EVENTS, batch_id, line, -1)
    await stack.deliver(api)
    path, who = f"/v1/batches/{batch_id}", {"X-Tenant-Id": "company-789", "X-User-Id": "user-456"}
    remove, removed = store.remove_result, []

    async def dies_at_the_second(*values: Any) -> None:
        removed.append(values[-1].line)
        if len(removed) == 2:
            raise StoreUnavailable
        await remove(*values)

    async def is_lost(*_: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(BatchBackend, "send_to_splitter", is_lost)
        lost = await api.http.post(f"{path}/retry", headers=who)
    again = await api.http.post(f"{path}/retry", headers=who)
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    monkeypatch.setattr(store, "remove_result", dies_at_the_second)
    with pytest.raises(StoreUnavailable):
        await stack.take(api, split)
    await stack.take(api, split)
    await stack.deliver(api)

    assert (lost.status_code, again.status_code, removed) == (503, 202, [3, 9, 9, 19])
    batch, counts = (
        await store.read(table, EVENTS, batch_id),
        await store.counts(table, EVENTS, batch_id),
    )
    assert (batch.state, counts.answered, counts.done) == ("completed", 20, 20)


@pytest.mark.parametrize("broken", ["upload", "publish", "update"])
async def test_an_end_that_breaks_off_is_made_again(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    body = json.dumps({"question": "Question?", "agent": "rag"}).encode()
    await stack.take(api, stack.put("in/company-789/night.jsonl", body))
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    await stack.take(api, split)
    answerer = Answerer(api.app.state.backend, stack.backend(api))
    assert await stack.answer(answerer, stack.received("questions")) == []
    (finish,) = [json.loads(m["Body"]) for m in stack.received("batches")]

    async def fail(*_: Any, **__: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        if broken == "update":
            patch.setattr(store, "update", fail)
        else:
            patch.setattr(BatchBackend, broken, fail)
        with pytest.raises(StoreUnavailable):
            await stack.take(api, finish)
    await stack.take(api, finish)
    await stack.take(api, finish)

    batch = await store.read(api.app.state.backend.table, EVENTS, split["split"])
    assert batch.state == "completed"
    assert len(stack.results(f"out/company-789/{batch.id}.jsonl")) == 1
    kinds = [kind for kind, _ in stack.told()]
    assert kinds == ["waypost.batch.completed"] * (2 if broken == "update" else 1)
