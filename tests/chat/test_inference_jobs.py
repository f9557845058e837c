"""Batch inference jobs: which questions they answer, and what becomes of what they do not."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
import pytest_asyncio

from tests.chat.batch_stack import EVENTS, BatchStack
from tests.chat.conftest import ME, Api, Running
from tests.chat.test_batches import ADMIN, EchoModel, progress, questions, send
from waypost.batches import inference
from waypost.batches.backend import BatchBackend, Refused
from waypost.errors import StoreUnavailable
from waypost.store import jobs
from waypost_local import bedrock
from waypost_local.bedrock import jobs as bedrock_standin

FEWEST = 10
"""Records of a job, in place of Bedrock's hundred."""
COUNT = 13
ALL: dict[str, Any] = {"questions": questions(COUNT), "agent": "rag"}


class JobModel(EchoModel):
    """Answers as in a job: some questions not at all."""

    refused: tuple[str, ...] = ()
    until: int | None = None
    """How many it answers before it waits for `goes_on`."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def reply(self, request: bedrock.ConverseRequest) -> AsyncIterator[Any]:
        question = request.messages[-1]["content"][-1]["text"]
        if self.until is not None and len(self.asked) >= self.until:
            await self.goes_on.wait()
        if question in self.refused:
            raise bedrock.BedrockError("ModelErrorException", 424, "It cannot answer this.")
        async for piece in super().reply(request):
            yield piece


@pytest.fixture(autouse=True)
def fewest_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "_MIN_RECORDS", FEWEST)
    monkeypatch.setattr(bedrock_standin, "_MIN_RECORDS", FEWEST)


@pytest.fixture
def in_job() -> JobModel:
    return JobModel()


@pytest.fixture
def live() -> EchoModel:
    return EchoModel()


@pytest.fixture
def stack(environment: dict[str, str]) -> BatchStack:
    found = BatchStack()
    environment |= found.create()
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def bedrock_jobs(
    in_job: JobModel, environment: dict[str, str], aws_environment: dict[str, str]
) -> AsyncIterator[bedrock.Jobs]:
    served = bedrock.Jobs(in_job, boto3.client("s3"), "arn:aws:bedrock:us-east-1:123456789012")
    async with bedrock.serving(bedrock.app(in_job, jobs=served)) as server:
        environment |= {
            "AWS_ENDPOINT_URL_BEDROCK": server.url,
            "WAYPOST_INFERENCE_FROM": str(FEWEST),
            "WAYPOST_INFERENCE_ROLE": "arn:aws:iam::123456789012:role/jobs",
            "WAYPOST_MAX_OUTPUT": "300",
        }
        yield served


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    stack: BatchStack,
    bedrock_jobs: bedrock.Jobs,
    environment: dict[str, str],
    running: Running,
    live: EchoModel,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Api]:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", environment["AWS_ENDPOINT_URL_BEDROCK"])
    async with running(environment, live) as opened:
        yield opened


async def look(api: Api, stack: BatchStack, bedrock_jobs: bedrock.Jobs) -> None:
    """As the schedule does, once the jobs are over."""
    await bedrock_jobs.idle()
    await stack.take(api, {"look_at_jobs": True})
    await stack.deliver(api)


async def test_a_job_answers_what_needs_no_tools(
    api: Api,
    stack: BatchStack,
    bedrock_jobs: bedrock.Jobs,
    in_job: JobModel,
    live: EchoModel,
) -> None:
    threaded = {"question": "In a thread?", "thread_id": "thread-1"}
    unnamed = {"question": "With tools?", "agent": "sql"}
    body = {**ALL, "questions": [threaded, *questions(COUNT), unnamed, "Bare?"]}
    sent = await send(api, **body)

    await stack.deliver(api)
    before = (await progress(api, sent["id"]))["counts"]["answered"]
    assert [job.batch for job in await jobs.live(api.app.state.backend.table)] == [sent["id"]]
    await look(api, stack, bedrock_jobs)

    view = await progress(api, sent["id"])
    assert (before, view["state"], view["counts"]["answered"]) == (2, "completed", COUNT + 3)
    assert set(live.asked) == {"In a thread?", "With tools?"}
    assert len(in_job.asked) == COUNT + 1
    assert {request.max_tokens for request in in_job.requests} == {300}
    lines = stack.results(f"out/{EVENTS.tenant_id}/{sent['id']}.jsonl")
    assert lines[1]["answer"] == "You asked: Question 0?"
    assert lines[1]["cost_usd"] == pytest.approx(lines[0]["cost_usd"] / 2)
    assert await jobs.live(api.app.state.backend.table) == []
    thread = await api.http.get(f"/v1/threads/{lines[1]['thread_id']}", headers=ME)
    assert [message["text"] for message in thread.json()["messages"]] == [
        "Question 0?",
        "You asked: Question 0?",
    ]


async def test_what_a_job_does_not_answer_the_workers_ask(
    api: Api,
    stack: BatchStack,
    bedrock_jobs: bedrock.Jobs,
    in_job: JobModel,
    live: EchoModel,
) -> None:
    in_job.refused = ("Question 3?", "Question 7?")
    sent = await send(api, **ALL)

    await stack.deliver(api)
    await look(api, stack, bedrock_jobs)

    assert (await progress(api, sent["id"]))["counts"]["answered"] == COUNT
    assert set(live.asked) == set(in_job.refused)


@pytest.mark.parametrize(
    "changed", [{"questions": questions(FEWEST - 1)}, {"budget_usd": 5}, {"agent": None}]
)
async def test_few_questions_and_those_under_a_budget_are_asked_at_once(
    api: Api, stack: BatchStack, in_job: JobModel, live: EchoModel, changed: dict[str, Any]
) -> None:
    body = {**ALL, **changed}
    if "agent" in changed:
        body["questions"] = [question | {"agent": None} for question in ALL["questions"]]
    sent = await send(api, **body)

    await stack.deliver(api)

    assert (await progress(api, sent["id"]))["state"] == "completed"
    assert not in_job.asked
    assert len(live.asked) >= len(body["questions"])


async def test_a_job_that_bedrock_refuses_or_that_fails_loses_nothing(
    api: Api,
    stack: BatchStack,
    bedrock_jobs: bedrock.Jobs,
    live: EchoModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: Any) -> str:
        raise Refused("The model takes no jobs.")

    with monkeypatch.context() as patch:
        patch.setattr(BatchBackend, "create_job", refuse)
        refused = await send(api, **ALL)
        await stack.deliver(api)
    failed = await send(api, **ALL)
    monkeypatch.setattr(bedrock_jobs, "_records", lambda _: [])
    await stack.deliver(api)
    await look(api, stack, bedrock_jobs)

    for sent in (refused, failed):
        assert (await progress(api, sent["id"]))["counts"]["answered"] == COUNT
    assert set(live.asked.values()) == {2}


async def test_parts_and_repeated_messages_make_each_job_once(
    api: Api,
    stack: BatchStack,
    bedrock_jobs: bedrock.Jobs,
    in_job: JobModel,
    live: EchoModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inference, "_MAX_RECORDS", 12)
    keep = jobs.keep
    lost: list[Any] = []

    async def dies_once(*values: Any) -> None:
        if not lost:
            lost.append(values)
            raise StoreUnavailable
        await keep(*values)

    monkeypatch.setattr(jobs, "keep", dies_once)
    sent = await send(api, **{**ALL, "questions": questions(25)})
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    await stack.take(api, split)
    (infer,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    with pytest.raises(StoreUnavailable):
        await stack.take(api, infer)
    await stack.take(api, infer)
    await stack.take(api, infer)
    await stack.deliver(api, times=2)
    await look(api, stack, bedrock_jobs)
    await stack.take(api, infer)
    await look(api, stack, bedrock_jobs)

    view = await progress(api, sent["id"])
    assert (view["state"], view["counts"]["answered"]) == ("completed", 25)
    assert set(in_job.asked.values()) == {1}
    assert len(in_job.asked) + len(live.asked) == 25
    assert len(live.asked) == 1


async def test_a_cancelled_batch_stops_its_jobs_and_keeps_what_was_answered(
    api: Api,
    stack: BatchStack,
    bedrock_jobs: bedrock.Jobs,
    in_job: JobModel,
    live: EchoModel,
) -> None:
    in_job.until = 5
    sent = await send(api, **ALL)
    await stack.deliver(api)

    cancelled = await api.http.post(f"/v1/batches/{sent['id']}/cancel", headers=ME)
    assert cancelled.status_code == 202, cancelled.text
    await stack.take(api, {"look_at_jobs": True})
    in_job.goes_on.set()
    await look(api, stack, bedrock_jobs)

    view = await progress(api, sent["id"])
    assert view["state"] == "cancelled"
    assert view["counts"]["answered"] == 6
    assert view["counts"]["done"] == COUNT
    assert not live.asked


async def test_a_splitter_that_dies_before_it_asks_for_jobs_is_made_up_for(
    api: Api, stack: BatchStack, bedrock_jobs: bedrock.Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any) -> None:
        raise StoreUnavailable

    sent = await send(api, **ALL)
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    with monkeypatch.context() as patch:
        patch.setattr(BatchBackend, "send_to_splitter", dies)
        with pytest.raises(StoreUnavailable):
            await stack.take(api, split)
    await stack.take(api, split)
    await stack.deliver(api)
    await look(api, stack, bedrock_jobs)

    assert (await progress(api, sent["id"]))["counts"]["answered"] == COUNT


async def test_an_agent_that_is_gone_meanwhile_is_told_for_each_line(
    api: Api, stack: BatchStack, bedrock_jobs: bedrock.Jobs
) -> None:
    sent = await send(api, **ALL)
    await stack.deliver(api)

    deleted = await api.http.delete("/api/agents/rag", headers=ADMIN)
    assert deleted.status_code == 200, deleted.text
    await look(api, stack, bedrock_jobs)

    view = await progress(api, sent["id"])
    assert (view["state"], view["counts"]["done"]) == ("completed", COUNT)
    assert view["errors"][0]["reason"] == "unknown_agent"
