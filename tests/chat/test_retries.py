"""Failed model calls: which are retried and which are not."""

import asyncio
import json
from typing import Any

import pytest

from tests.chat.conftest import Api, Running, answer, event_types
from waypost.models import attempts
from waypost.models.attempts import Attempts
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ReasoningPiece, ToolUseInput, ToolUseStart

LITE, MICRO = "us.amazon.nova-lite-v1:0", "us.amazon.nova-micro-v1:0"
COUNT = "SELECT count(*) AS n FROM technicians"


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"WAYPOST_FALLBACK_MODELS": MICRO, "WAYPOST_MODEL_TIMEOUT": "0.5"}


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_WAITS", (0.0, 0.0))


def model_steps(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Model and status of each call."""
    names = {e["step_id"]: e["name"] for e in found if e.get("kind") == "model"}
    ended = [e for e in found if e["type"] == "step.completed" and e["step_id"] in names]
    return [(names[e["step_id"]], e["status"]) for e in ended]


@pytest.mark.parametrize("kind", ["throttling", "unavailable", "internal", "model_timeout"])
async def test_a_call_that_fails_twice_is_tried_a_third_time(api: Api, kind: Any) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 ", "days.")
    api.faults.set(Fault(kind, operation="converse-stream", times=2))
    found = await api.ask("How much leave?")
    assert answer(found) == "26 days."
    assert model_steps(found) == [(LITE, "retried"), (LITE, "retried"), (LITE, "ok")]
    run = await api.run(found[0]["run_id"])
    notes = [step["notes"] for step in run["steps"] if step["status"] == "retried"]
    assert all(len(note) == 1 and note[0].endswith(": trying again") for note in notes)
    assert run["state"] == "completed"


async def test_the_fallback_model_answers_after_three_failures(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    api.faults.set(Fault("throttling", operation="converse-stream", model="nova-lite"))
    found = await api.ask("How much leave?")
    assert model_steps(found) == [*[(LITE, "retried")] * 3, (MICRO, "ok")]
    assert api.model.requests[-1].model_id == MICRO
    assert answer(found) == "26 days."
    notes = [event["note"] for event in found if event["type"] == "step.updated"]
    assert notes[-1] == f"model_busy: trying {MICRO}"


async def test_a_model_that_denies_access_is_not_retried(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("26 days.")
    api.faults.set(Fault("access_denied", operation="converse-stream", model="nova-lite"))
    found = await api.ask("How much leave?")
    assert model_steps(found) == [(LITE, "retried"), (MICRO, "ok")]


async def test_a_model_the_caller_chose_has_no_fallback(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x")
    api.faults.set(Fault("throttling", operation="converse-stream"))
    found = await api.ask("How much leave?", model="us.amazon.nova-pro-v1:0")
    assert [name for name, _ in model_steps(found)] == ["us.amazon.nova-pro-v1:0"] * 3
    assert (found[-1]["code"], found[-1]["retryable"]) == ("model_busy", True)


@pytest.mark.parametrize("kind", ["exception_after", "cut_after", "stall_after"])
async def test_a_stream_that_breaks_before_its_first_token_is_retried(api: Api, kind: Any) -> None:
    for _ in range(2):
        api.model.add_reply("26 ", "days.")
    api.faults.set(Fault(kind, after=0, operation="converse-stream", times=1, seconds=5))
    found = await api.ask("How much leave?", agent="rag")
    assert answer(found) == "26 days."
    assert model_steps(found) == [(LITE, "retried"), (LITE, "ok")]


@pytest.mark.parametrize("kind", ["exception_after", "cut_after", "stall_after"])
@pytest.mark.parametrize("after", [1, 3])
async def test_a_stream_that_breaks_after_a_token_is_not_retried(
    api: Api, kind: Any, after: int
) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply(*[f"word{n} " for n in range(9)])
    fault = Fault(kind, after=after, operation="converse-stream", times=1, seconds=5)
    api.faults.set(fault)
    found = await api.ask("How much leave?")
    assert answer(found) == "".join(f"word{n} " for n in range(after))
    assert model_steps(found) == [(LITE, "failed")]
    end = found[-1]
    assert (end["type"], end["retryable"], end["partial"]) == ("run.failed", True, True)
    failed = next(e for e in found if e["type"] == "step.completed" and e["status"] == "failed")
    assert failed["usage"]["output_tokens"] > 0
    assert failed["cost_usd"] > 0


async def test_a_stream_that_breaks_after_reasoning_is_not_retried(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply(ReasoningPiece("Let me see."), "26 days.")
    api.faults.set(Fault("cut_after", after=1, operation="converse-stream"))
    found = await api.ask("How much leave?")
    assert (found[-1]["type"], len(model_steps(found))) == ("run.failed", 1)


async def test_an_incomplete_tool_call_is_retried(api: Api) -> None:
    """No token was sent yet: the half of a tool call is closed, and the model is called again."""
    half = json.dumps({"sql": COUNT})
    call = (
        ToolUseStart("call_1", "query_database"),
        ToolUseInput(half[:9]),
        ToolUseInput(half[9:]),
    )
    for _ in range(2):
        api.model.add_reply(*call, reason="tool_use")
    api.model.add_reply("Two.")
    api.faults.set(Fault("cut_after", after=2, operation="converse-stream", times=1))
    found = await api.ask("How many technicians?", agent="sql")
    assert answer(found) == "Two."
    assert model_steps(found) == [(LITE, "retried"), (LITE, "ok"), (LITE, "ok")]
    assert event_types(found).count("tool.failed") == 1
    assert event_types(found).count("tool.output") == 1
    started = [e["step_id"] for e in found if e["type"] == "step.started"]
    ended = [e["step_id"] for e in found if e["type"] == "step.completed"]
    assert sorted(started) == sorted(ended)
    run = await api.run(found[0]["run_id"])
    retried = next(step for step in run["steps"] if step["status"] == "retried")
    assert retried["usage"]["output_tokens"] > 0
    assert retried["notes"][-1] == "usage is estimated"


async def test_a_tool_is_not_run_again_when_the_next_model_call_fails(
    api: Api,
) -> None:
    api.model.add_query(COUNT)
    task = asyncio.create_task(api.ask("How many technicians?", agent="sql"))
    await api.model.wait_for_requests(1)
    api.faults.set(Fault("throttling", operation="converse-stream", times=2))
    api.model.add_reply("Two.")
    found = await task
    assert answer(found) == "Two."
    assert event_types(found).count("tool.output") == 1
    assert len(api.model.requests) == 2


async def test_the_fallback_model_answers_the_rest_of_the_run(api: Api) -> None:
    """After a fallback the first model is not called again in this run."""
    api.model.add_query(COUNT).add_reply("Two.")
    api.faults.set(Fault("throttling", operation="converse-stream", model="nova-lite"))
    found = await api.ask("How many technicians?", agent="sql")
    assert model_steps(found) == [*[(LITE, "retried")] * 3, (MICRO, "ok"), (MICRO, "ok")]


async def test_a_run_fails_where_no_model_answers(
    environment: dict[str, str], running: Running
) -> None:
    async with running(environment) as api:
        api.faults.set(Fault("unavailable", operation="converse-stream"))
        found = await api.ask("How many technicians?", agent="sql")
    assert model_steps(found) == [
        *[(LITE, "retried")] * 3,
        *[(MICRO, "retried")] * 2,
        (MICRO, "failed"),
    ]
    assert (found[-1]["code"], found[-1]["partial"]) == ("model_busy", False)


def test_backoff_has_jitter_up_to_a_growing_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[float] = []

    def uniform(_minimum: float, maximum: float) -> float:
        bounds.append(maximum)
        return maximum / 2

    monkeypatch.setattr(attempts, "_WAITS", (0.25, 0.5))
    monkeypatch.setattr("random.uniform", uniform)
    tries = Attempts([LITE, MICRO, LITE])
    waits = []
    while attempt := tries.after(worth_repeating=True):
        waits.append((attempt.model, attempt.wait))
    assert waits == [(LITE, 0.125), (LITE, 0.25), (MICRO, 0.0), (MICRO, 0.125), (MICRO, 0.25)]
    assert bounds == [0.25, 0.5, 0.25, 0.5]


def test_backoff_after_throttling_is_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[tuple[float, float]] = []

    def uniform(minimum: float, maximum: float) -> float:
        bounds.append((minimum, maximum))
        return maximum

    monkeypatch.setattr(attempts, "_WAITS", (0.25, 0.5))
    monkeypatch.setattr("random.uniform", uniform)
    tries = Attempts([LITE])
    while tries.after(worth_repeating=True, busy=True):
        pass
    assert bounds == [(0.5, 1.0), (1.0, 2.0)]
