"""Batches from what a sender sends to the file of results."""

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.chat.batch_stack import EVENTS, BatchStack
from tests.chat.conftest import ME, Api, Running
from waypost.batches import splitting
from waypost.batches.answering import MAX_ATTEMPTS, Answerer
from waypost.identity import Identity
from waypost.store import Table, run_end
from waypost.store import batches as store
from waypost.store.run_end import RunEnd
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock.faults import Fault
from waypost_local.bedrock.model import Piece, Stop, TextPiece

ADMIN = {**ME, "X-User-Roles": "admin"}


class EchoModel:
    """Answers each question with its own text, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.requests: list[ConverseRequest] = []

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        question = request.messages[-1]["content"][-1]["text"]
        self.asked[question] += 1
        self.requests.append(request)
        await asyncio.sleep(0)
        yield TextPiece(f"You asked: {question}")
        yield Stop("end_turn", 10, 5)


@pytest.fixture
def echo() -> EchoModel:
    return EchoModel()


@pytest.fixture
def stack(environment: dict[str, str]) -> BatchStack:
    found = BatchStack()
    environment |= found.create()
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    stack: BatchStack, environment: dict[str, str], running: Running, echo: EchoModel
) -> AsyncIterator[Api]:
    async with running(environment, echo) as opened:
        yield opened


def questions(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"q{n}", "question": f"Question {n}?", "agent": "rag", **more} for n in range(count)
    ]


async def send(api: Api, **body: Any) -> dict[str, Any]:
    response = await api.http.post("/v1/batches", json=body, headers=ADMIN)
    assert response.status_code == 202, response.text
    found: dict[str, Any] = response.json()
    return found


async def progress(api: Api, batch_id: str) -> dict[str, Any]:
    response = await api.http.get(f"/v1/batches/{batch_id}", headers=ADMIN)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_every_question_is_answered_and_told(
    api: Api, stack: BatchStack, echo: EchoModel
) -> None:
    sent = await send(api, questions=questions(25), metadata={"report": "evening"})
    assert (sent["state"], sent["source"]) == ("splitting", "http")

    await stack.deliver(api)

    view = await progress(api, sent["id"])
    assert (view["state"], view["total"], view["counts"]["answered"]) == ("completed", 25, 25)
    assert view["counts"]["input_tokens"] == 250
    assert set(echo.asked.values()) == {1}
    lines = stack.results(f"out/{EVENTS.tenant_id}/{sent['id']}.jsonl")
    assert [(line["line"], line["id"], line["state"]) for line in lines] == [
        (n + 1, f"q{n}", "answered") for n in range(25)
    ]
    assert lines[3]["answer"] == "You asked: Question 3?"
    ((kind, detail),) = stack.told()
    assert (kind, detail["batch_id"], detail["answered"]) == (
        "waypost.batch.completed",
        sent["id"],
        25,
    )
    assert detail["metadata"] == {"report": "evening"}
    thread = await api.http.get(f"/v1/threads/{lines[0]['thread_id']}", headers=ME)
    assert [message["text"] for message in thread.json()["messages"]] == [
        "Question 0?",
        "You asked: Question 0?",
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_messages_that_come_again_and_in_any_order_change_nothing(
    api: Api, stack: BatchStack, echo: EchoModel, seed: int
) -> None:
    sent = await send(api, questions=[*questions(20), {"question": ""}, 7, "Plain text?"])

    await stack.deliver(api, times=2, order=random.Random(seed))
    await stack.take(api, {"split": sent["id"], "tenant": EVENTS.tenant_id, "user": EVENTS.user_id})
    await stack.take(
        api, {"finish": sent["id"], "tenant": EVENTS.tenant_id, "user": EVENTS.user_id}
    )
    await stack.deliver(api)

    view = await progress(api, sent["id"])
    counts = view["counts"]
    assert view["state"] == "completed"
    assert (counts["answered"], counts["rejected"], counts["done"]) == (21, 2, 23)
    assert max(echo.asked[f"Question {n}?"] for n in range(20)) == 1
    lines = stack.results(f"out/{EVENTS.tenant_id}/{sent['id']}.jsonl")
    assert [line["line"] for line in lines] == list(range(1, 24))


async def test_bad_lines_are_results_with_their_reason(api: Api, stack: BatchStack) -> None:
    lines = [
        b'{"id": "1", "question": "Fine?", "agent": "rag"}',
        b"",
        b"not json",
        b'"\xff"',
        b'{"question": " "}',
        b'{"id": "1", "question": "Twice?"}',
        b'{"question": "Who?", "agent": "nobody"}',
        b'{"question": "Which?", "model": "nothing"}',
        b'{"question": "More?", "tenant": "other"}',
        b"x" * 500_000,
        b'{"question": "' + b"y" * 40_000 + b'"}',
        b'{"question": "Where?", "thread_id": " "}',
        b"[1]",
    ]
    await stack.take(api, stack.put("in/company-789/user-456/night.jsonl", b"\n".join(lines)))

    await stack.deliver(api)

    (batch,) = (await api.http.get("/v1/batches", headers=ME)).json()["batches"]
    assert (batch["source"], batch["state"], batch["total"]) == ("file", "completed", 12)
    found = stack.results(f"out/company-789/{batch['id']}.jsonl")
    assert [line.get("reason") for line in found] == [
        None,
        "not_json",
        "not_utf8",
        "empty_message",
        "duplicate_id",
        "unknown_agent",
        "unknown_model",
        "invalid_question",
        "line_too_long",
        "message_too_long",
        "invalid_thread_id",
        "not_a_question",
    ]
    view = await progress(api, batch["id"])
    assert view["errors"][0] == {
        "line": 2,
        "id": None,
        "state": "rejected",
        "reason": "not_json",
        "message": "The line is not JSON.",
    }


async def test_what_no_queue_can_hold_is_rejected_and_stops_nothing(
    api: Api, stack: BatchStack
) -> None:
    emoji = "🌲" * 90_000
    lines = [
        {"question": "One?", "agent": "rag"},
        {"question": "Two?", "agent": "rag", "metadata": {"note": emoji}},
        {"question": "Three?", "agent": "rag"},
    ]
    body = b"\n".join(json.dumps(line, ensure_ascii=False).encode() for line in lines)
    await stack.take(api, stack.put("in/company-789/night.jsonl", body + b"\n" + b"x" * 3_000_000))

    await stack.deliver(api)

    (batch,) = (await api.http.get("/v1/batches", headers=ADMIN)).json()["batches"]
    found = stack.results(f"out/company-789/{batch['id']}.jsonl")
    assert [(line["state"], line.get("reason")) for line in found] == [
        ("answered", None),
        ("rejected", "line_too_long"),
        ("answered", None),
        ("rejected", "line_too_long"),
    ]


async def test_a_long_conversation_is_several_messages(api: Api, stack: BatchStack) -> None:
    lines = questions(25, thread_id="conversation-1")
    for line in lines[:4]:
        line["question"] = "🌲" * 30_000
    await stack.take(api, stack.submitted(batch_id="long", questions=lines))
    (split,) = [json.loads(m["Body"]) for m in stack.received("batches")]
    await stack.take(api, split)

    held = [
        [question["line"] for question in json.loads(message["Body"])["questions"]]
        for message in stack.received("questions")
    ]

    assert sorted(line for lines in held for line in lines) == list(range(1, 26))
    assert max(map(len, held)) == 10
    assert [1, 2] in held


async def test_dead_letters_go_back_to_their_queues(api: Api, stack: BatchStack) -> None:
    sent = await send(api, questions=questions(3, thread_id="conversation-1"))
    (split,) = stack.received("batches")
    await stack.take(api, json.loads(split["Body"]))
    for message in stack.received("questions"):
        stack.send("question-dead-letters", message["Body"])
    stack.send("batch-dead-letters", split["Body"])
    path = "/v1/batches/redrive"
    refused = await api.http.post(path, headers=ME)

    asked = await api.http.post(path, headers=ADMIN)
    await stack.deliver(api)

    assert (refused.status_code, asked.status_code) == (403, 202)
    assert (await progress(api, sent["id"]))["counts"]["answered"] == 3
    assert stack.received("question-dead-letters") == stack.received("batch-dead-letters") == []


@pytest.fixture
def batch_settings(environment: dict[str, str]) -> None:
    """Those that the worker alone has."""
    environment |= {
        "WAYPOST_SERVICE_TIER": "flex",
        "WAYPOST_MAX_OUTPUT": "100",
        "WAYPOST_ANSWER_EVENTS": "true",
    }


async def test_every_single_answer_is_told_where_that_is_set(
    batch_settings: None, api: Api, stack: BatchStack
) -> None:
    sent = await send(api, questions=[*questions(2), {"question": "Who?", "agent": "nobody"}])

    await stack.deliver(api)

    told = [detail for kind, detail in stack.told() if kind == "waypost.question.answered"]
    assert sorted((one["line"], one["state"], one.get("answer")) for one in told) == [
        (1, "answered", "You asked: Question 0?"),
        (2, "answered", "You asked: Question 1?"),
    ]
    assert {(one["batch_id"], one["tenant_id"]) for one in told} == {(sent["id"], "company-789")}


async def test_a_worker_asks_in_its_own_tier_and_within_its_own_limit(
    batch_settings: None, api: Api, stack: BatchStack, echo: EchoModel
) -> None:
    await send(api, questions=questions(1))

    await stack.deliver(api)

    (request,) = echo.requests
    assert request.body["serviceTier"] == {"type": "flex"}
    assert request.max_tokens == 100


async def test_a_split_that_is_stopped_goes_on_where_it_was(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "_CHECKPOINT", 100)
    body = b"\n".join(
        json.dumps({"id": f"q{n}", "question": f"Question {n}?", "agent": "rag"}).encode()
        for n in range(250)
    )
    await stack.take(api, stack.put("in/company-789/many.jsonl", body))
    split = json.loads(stack.received("batches")[0]["Body"])
    batch_id = split["split"]

    for expected in (100, 200):
        await stack.take(api, split, late=time.time() - 1)
        who = EVENTS
        batch = await store.read(api.app.state.backend.table, who, batch_id)
        assert (batch.state, batch.line) == ("splitting", expected)
        assert json.loads(stack.received("batches")[0]["Body"]) == split
    await stack.take(api, split)

    sent = [json.loads(message["Body"]) for message in stack.received("questions")]
    assert sorted(m["questions"][0]["line"] for m in sent) == list(range(1, 251))
    batch = await store.read(api.app.state.backend.table, EVENTS, batch_id)
    assert (batch.state, batch.total) == ("running", 250)


async def test_an_event_is_a_batch_and_comes_once(api: Api, stack: BatchStack) -> None:
    event = stack.submitted(batch_id="night-1", questions=questions(3), agent="rag")

    await stack.take(api, event)
    await stack.take(api, {**event, "id": "another"})
    await stack.deliver(api)

    view = await progress(api, "night-1")
    assert (view["state"], view["source"], view["counts"]["answered"]) == ("completed", "event", 3)


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ({"questions": []}, "no_questions"),
        ({}, "no_questions"),
        ("text", "invalid_detail"),
        ({"questions": ["x"], "budget_usd": 0}, "invalid_budget"),
        ({"questions": ["x"], "budget_usd": "much"}, "invalid_budget"),
        ({"questions": ["x"], "batch_id": "a b"}, "invalid_batch_id"),
        ({"questions": ["x"], "batch_id": 7}, "invalid_batch_id"),
        ({"questions": ["x"], "agent": 7}, "invalid_detail"),
        ({"questions": ["other"], "batch_id": "taken"}, "batch_exists"),
    ],
)
async def test_an_event_that_is_no_batch_is_told_on_the_bus(
    api: Api, stack: BatchStack, detail: Any, code: str
) -> None:
    await stack.take(api, stack.submitted(batch_id="taken", questions=["first"]))

    await stack.take(api, {**stack.submitted(), "detail": detail})

    ((kind, told),) = stack.told()
    assert (kind, told["code"]) == ("waypost.batch.rejected", code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "no_questions"),
        ({"questions": []}, "no_questions"),
        ({"questions": ["x"], "upload_id": "upload_1"}, "no_questions"),
        ({"questions": ["x"], "budget_usd": 0}, "invalid_budget"),
        ({"upload_id": "upload_1"}, "upload_not_found"),
        ({"upload_id": "../other"}, "invalid_batch_id"),
    ],
)
async def test_a_request_that_is_no_batch(
    api: Api, stack: BatchStack, body: dict[str, Any], code: str
) -> None:
    response = await api.http.post("/v1/batches", json=body, headers=ME)

    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert stack.received("batches") == []


async def test_the_same_request_under_one_key_is_one_batch(api: Api, stack: BatchStack) -> None:
    headers = {**ME, "Idempotency-Key": "tonight"}
    body = {"questions": ["How much leave?"]}

    first = await api.http.post("/v1/batches", json=body, headers=headers)
    again = await api.http.post("/v1/batches", json=body, headers=headers)
    other = await api.http.post("/v1/batches", json={"questions": ["Else?"]}, headers=headers)

    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (409, "batch_exists")


async def test_an_uploaded_file_is_a_batch(api: Api, stack: BatchStack) -> None:
    upload = (await api.http.post("/v1/batches/uploads", headers=ADMIN)).json()
    async with httpx.AsyncClient() as client:
        put = await client.put(upload["url"], content=b'{"question": "How much?", "agent": "rag"}')
        assert put.status_code == 200
    sent = await send(api, upload_id=upload["upload_id"])

    await stack.deliver(api)

    assert (await progress(api, sent["id"]))["counts"]["answered"] == 1


async def test_a_batch_of_somebody_else_is_not_found(api: Api, stack: BatchStack) -> None:
    sent = await send(api, questions=questions(1))
    other = {**ME, "X-User-Id": "user-999"}

    for method, path in (
        ("GET", ""),
        ("GET", "/results"),
        ("POST", "/cancel"),
        ("POST", "/retry"),
    ):
        response = await api.http.request(method, f"/v1/batches/{sent['id']}{path}", headers=other)
        assert response.status_code == 404
    assert (await api.http.get("/v1/batches", headers=other)).json() == {"batches": []}


async def test_a_line_asks_for_another_user_only_where_the_sender_may(
    api: Api, stack: BatchStack
) -> None:
    body = {"questions": questions(1, user_id="user-999")}
    sent = (await api.http.post("/v1/batches", json=body, headers=ME)).json()
    await stack.take(
        api, stack.put("in/company-789/for.jsonl", json.dumps(body["questions"][0]).encode())
    )

    await stack.deliver(api)

    (refused,) = stack.results(f"out/company-789/{sent['id']}.jsonl")
    assert refused["reason"] == "forbidden"
    threads = await api.http.get("/v1/threads", headers={**ME, "X-User-Id": "user-999"})
    assert len(threads.json()["threads"]) == 1


async def test_results_come_page_by_page(api: Api, stack: BatchStack) -> None:
    sent = await send(api, questions=questions(7))
    await stack.deliver(api)
    path = f"/v1/batches/{sent['id']}/results"

    first = (await api.http.get(f"{path}?limit=5", headers=ADMIN)).json()
    rest = (await api.http.get(f"{path}?limit=5&after={first['next_after']}", headers=ADMIN)).json()

    assert [r["line"] for r in first["results"] + rest["results"]] == list(range(1, 8))
    assert rest["next_after"] is None
    lines = await api.http.get(path, headers={**ADMIN, "Accept": "application/x-ndjson"})
    assert len(lines.text.splitlines()) == 7


async def test_a_cancelled_batch_asks_no_more(api: Api, stack: BatchStack, echo: EchoModel) -> None:
    sent = await send(api, questions=questions(30))
    await stack.take(api, json.loads(stack.received("batches")[0]["Body"]))

    cancelled = await api.http.post(f"/v1/batches/{sent['id']}/cancel", headers=ADMIN)
    await stack.deliver(api)

    assert cancelled.json()["cancel_requested"]
    view = await progress(api, sent["id"])
    assert (view["state"], view["counts"]["cancelled"]) == ("cancelled", 30)
    assert echo.asked == {}
    again = await api.http.post(f"/v1/batches/{sent['id']}/cancel", headers=ADMIN)
    assert again.status_code == 202


async def test_what_is_over_the_budget_is_skipped(
    api: Api, stack: BatchStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waypost.models.catalogue.cost", lambda *_: 0.01)
    sent = await send(api, questions=questions(10), budget_usd=0.035)
    await stack.take(api, json.loads(stack.received("batches")[0]["Body"]))
    answerer = Answerer(api.app.state.backend, stack.backend(api))
    for message in stack.received("questions"):
        assert await stack.answer(answerer, [message]) == []
    await stack.deliver(api)

    view = await progress(api, sent["id"])
    assert (view["counts"]["answered"], view["counts"]["skipped"]) == (4, 6)
    lines = stack.results(f"out/company-789/{sent['id']}.jsonl")
    assert {line["reason"] for line in lines if line["state"] == "skipped"} == {"budget"}


async def test_a_question_whose_workers_die_is_given_up_and_says_so(
    api: Api, stack: BatchStack, echo: EchoModel
) -> None:
    sent = await send(api, questions=questions(2))
    table = api.app.state.backend.table
    for _ in range(MAX_ATTEMPTS):
        await store.claim(table, EVENTS, sent["id"], 1, -1)

    await stack.deliver(api)

    lines = stack.results(f"out/company-789/{sent['id']}.jsonl")
    assert [(line["state"], line.get("reason")) for line in lines] == [
        ("failed", "worker_died"),
        ("answered", None),
    ]
    assert echo.asked == {"Question 1?": 1}


async def test_the_run_of_a_dead_worker_is_seen_as_interrupted(
    api: Api, stack: BatchStack, echo: EchoModel
) -> None:
    sent = await send(api, questions=questions(1))
    table = api.app.state.backend.table
    await store.claim(table, EVENTS, sent["id"], 1, -1, "run_01DEAD")

    await stack.deliver(api)

    view = await progress(api, sent["id"])
    assert view["counts"]["answered"] == 1
    dead = (await api.http.get("/v1/runs/run_01DEAD", headers=ME)).json()
    assert (dead["state"], dead["failure"]["code"]) == ("interrupted", "interrupted")
    thread = (await api.http.get(f"/v1/threads/{dead['thread_id']}", headers=ME)).json()
    assert [message["text"] for message in thread["messages"]] == ["Question 0?"]
    assert (thread["live_run"], thread["last_state"]) == (None, "interrupted")
    events = await api.http.get("/v1/runs/run_01DEAD/events", headers=ME)
    assert (events.status_code, events.json()["error"]["code"]) == (410, "journal_expired")


async def test_a_worker_that_outlived_its_lease_stores_nothing(
    api: Api, stack: BatchStack, echo: EchoModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await send(api, questions=questions(1))
    await stack.take(api, json.loads(stack.received("batches")[0]["Body"]))
    (message,) = stack.received("questions")
    first, second = (Answerer(api.app.state.backend, stack.backend(api)) for _ in range(2))
    finish, go_on, is_held = run_end.finish, asyncio.Event(), asyncio.Event()
    held: list[RunEnd] = []

    async def frozen(table: Table, who: Identity, end: RunEnd) -> Any:
        if not held:
            held.append(end)
            is_held.set()
            await go_on.wait()
        return await finish(table, who, end)

    monkeypatch.setattr(run_end, "finish", frozen)
    slow = asyncio.create_task(stack.answer(first, [message]))
    await is_held.wait()
    await stack.end_lease(api, sent["id"], 1)
    assert await stack.answer(second, [message]) == []
    go_on.set()

    assert await slow == []
    await stack.deliver(api)
    (answered,) = stack.results(f"out/company-789/{sent['id']}.jsonl")
    assert answered["run_id"] != held[0].run.id
    threads = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    assert sorted(thread["last_state"] for thread in threads) == ["completed", "interrupted"]


async def test_a_thread_that_is_stored_at_its_end_is_as_any_other(
    api: Api, stack: BatchStack
) -> None:
    text = "Question 0?"
    await api.http.post("/v1/runs", json={"input": text, "agent": "rag"}, headers=ME)
    (chat,) = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    await send(api, questions=questions(1))
    await stack.deliver(api)
    batch, _ = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]

    views = [
        (await api.http.get(f"/v1/threads/{thread['id']}", headers=ME)).json()
        for thread in (chat, batch)
    ]

    def shape(view: Any) -> Any:
        """Without ids and times."""
        text = json.dumps(view)
        text = re.sub(r"(thread|run|msg|step|text)_[0-9A-Z]{26}", "id", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "time", text)
        return json.loads(re.sub(r'_ms": \d+', '_ms": 0', text))

    assert shape(views[0]) == shape(views[1])
    asked = {"input": "Question 1?"}
    again = await api.http.post(f"/v1/threads/{batch['id']}/runs", json=asked, headers=ME)
    assert "run.completed" in again.text


async def test_what_failed_is_asked_again_on_demand(
    api: Api, stack: BatchStack, echo: EchoModel
) -> None:
    sent = await send(api, questions=questions(20))
    table = api.app.state.backend.table
    for line in (3, 9, 19):
        for _ in range(MAX_ATTEMPTS):
            await store.claim(table, EVENTS, sent["id"], line, -1)
    await stack.deliver(api)
    assert (await progress(api, sent["id"]))["counts"]["failed"] == 3

    retried = await api.http.post(f"/v1/batches/{sent['id']}/retry", headers=ADMIN)
    assert retried.status_code == 202, retried.text
    await stack.deliver(api)

    view = await progress(api, sent["id"])
    assert (view["state"], view["counts"]["answered"], view["counts"]["failed"]) == (
        "completed",
        20,
        0,
    )
    assert set(echo.asked.values()) == {1}
    assert len(stack.results(f"out/company-789/{sent['id']}.jsonl")) == 20
    again = await api.http.post(f"/v1/batches/{sent['id']}/retry", headers=ADMIN)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_to_retry")


async def test_a_throttled_model_sends_questions_back_without_losing_an_attempt(
    api: Api, stack: BatchStack, echo: EchoModel
) -> None:
    sent = await send(api, questions=questions(1))
    await stack.take(api, json.loads(stack.received("batches")[0]["Body"]))
    (message,) = stack.received("questions")
    answerer = Answerer(api.app.state.backend, stack.backend(api))
    api.faults.set(Fault("throttling"))

    for _ in range(MAX_ATTEMPTS + 1):
        assert await stack.answer(answerer, [message]) == [message]
    api.faults.set(None)
    assert await stack.answer(answerer, [message]) == []
    await stack.deliver(api)

    view = await progress(api, sent["id"])
    assert (view["state"], view["counts"]["answered"]) == ("completed", 1)


async def test_questions_of_one_thread_are_asked_one_after_the_other(
    api: Api, stack: BatchStack
) -> None:
    sent = await send(api, questions=questions(4, thread_id="conversation-1"))
    await stack.take(api, json.loads(stack.received("batches")[0]["Body"]))
    (message,) = stack.received("questions")
    assert len(json.loads(message["Body"])["questions"]) == 4

    answerer = Answerer(api.app.state.backend, stack.backend(api))
    assert await stack.answer(answerer, [message]) == []

    thread = (await api.http.get("/v1/threads/conversation-1", headers=ME)).json()
    asked = [m["text"] for m in thread["messages"] if m["role"] == "user"]
    assert asked == [f"Question {n}?" for n in range(4)]
    assert (await progress(api, sent["id"]))["counts"]["answered"] == 4


async def test_a_file_that_is_gone_fails_the_batch(api: Api, stack: BatchStack) -> None:
    await stack.take(api, stack.put("in/company-789/gone.jsonl", b'"Question?"'))
    stack.s3.delete_object(Bucket=stack.bucket, Key="in/company-789/gone.jsonl")

    await stack.deliver(api)

    (batch,) = (await api.http.get("/v1/batches", headers=ADMIN)).json()["batches"]
    assert (batch["state"], batch["failure"]["code"]) == ("failed", "file_changed")
    ((kind, _),) = stack.told()
    assert kind == "waypost.batch.rejected"


async def test_a_deployment_without_batches_says_so(
    running: Running, environment: dict[str, str]
) -> None:
    bare = {n: v for n, v in environment.items() if n not in ("WAYPOST_BUCKET", "WAYPOST_BUS")}
    async with running(bare) as api:
        response = await api.http.post("/v1/batches", json={"questions": ["x"]}, headers=ME)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "no_batches")
