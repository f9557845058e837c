"""LangChain Runnables and LangGraph graphs as agents, in the same events as any other."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.chat.conftest import ME, Api, Running, answer, event_types
from waypost.models import runnables
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

ADMIN = {**ME, "X-User-Roles": "admin"}
NAMES = (
    "technicians",
    "searcher",
    "echoing",
    "chain",
    "words",
    "quiet",
    "broken",
    "nothing",
    "missing",
)


@pytest_asyncio.fixture(loop_scope="session")
async def api(environment: dict[str, str], running: Running, tmp_path: Path) -> AsyncIterator[Api]:
    environment["WAYPOST_RUNNABLES"] = ",".join(f"tests.chat.runnables:{name}" for name in NAMES)
    runnables._named.cache_clear()
    async with running(environment) as opened:
        for name in NAMES:
            response = await opened.http.post("/api/agents", json=agent(name), headers=ADMIN)
            assert response.status_code == 201, response.text
        yield opened


def agent(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": name.title(),
        "description": "A runnable.",
        "examples": ["?"],
        "runnable": f"tests.chat.runnables:{name}",
        "instructions": "Count.",
    }


def count_call(status: str) -> tuple[ToolUseStart, ToolUseInput]:
    return ToolUseStart("call_1", "count"), ToolUseInput(f'{{"status": "{status}"}}')


async def test_a_graphs_tokens_tools_and_usage_are_events_of_the_run(api: Api) -> None:
    api.model.add_reply("Let me see.", *count_call("active"), reason="tool_use")
    api.model.add_reply("There ", "are 2.").add_reply("Yes, that is so.")

    found = await api.ask("How many are active?", agent="technicians")

    assert answer(found) == "Let me see.\n\nThere are 2."
    assert event_types(found) == [
        "run.started",
        "route.decided",
        "step.started",
        "text.started",
        "text.delta",
        "text.completed",
        "step.started",
        "tool.started",
        "tool.input.delta",
        "tool.input",
        "step.completed",
        "usage",
        "tool.output",
        "step.completed",
        "step.started",
        "text.started",
        "text.delta",
        "text.completed",
        "step.completed",
        "usage",
        "step.started",
        "step.completed",
        "usage",
        "run.completed",
    ]
    output = next(e for e in found if e["type"] == "tool.output")
    assert (output["call_id"], output["output"]) == ("call_1", "2 active")
    assert found[-1]["usage"]["output_tokens"] == 30
    assert found[-1]["cost_usd"] > 0
    deltas = [e["delta"] for e in found if e["type"] == "text.delta"]
    assert deltas == ["Let me see.", "\n\nThere ", "are 2."]
    run = await api.run(found[0]["run_id"])
    tool = next(step for step in run["steps"] if step["kind"] == "tool")
    assert (tool["input"], tool["output"]) == ({"status": "active"}, "2 active")


async def test_a_graph_gets_the_instructions_and_the_thread(api: Api) -> None:
    api.model.add_reply("Two.").add_reply("Yes.")
    first = await api.ask("How many?", agent="technicians")
    api.model.add_reply("Mara and Tom.").add_reply("Yes.")

    path = f"/v1/threads/{first[0]['thread_id']}/runs"
    await api.ask("Who?", path, agent="technicians")

    request = api.model.requests[-2]
    assert request.system_text == "Count."
    messages = [(m["role"], m["content"][0]["text"]) for m in request.messages]
    assert messages == [("user", "How many?"), ("assistant", "Two."), ("user", "Who?")]


async def test_a_tool_that_fails_is_a_failed_step_without_its_secrets(api: Api) -> None:
    api.model.add_reply(*count_call("lost"), reason="tool_use").add_reply("It failed.").add_reply(
        "Yes."
    )
    found = await api.ask("How many are lost?", agent="technicians")
    failed = next(e for e in found if e["type"] == "tool.failed")
    assert (failed["call_id"], failed["message"]) == ("call_1", "The tool failed.")
    assert "10.0.0.1" not in str(found)


async def test_a_chain_gets_the_question(api: Api) -> None:
    api.model.add_reply("Tw", "o.")
    found = await api.ask("How many?", agent="chain")
    assert [e["delta"] for e in found if e["type"] == "text.delta"] == ["Tw", "o."]
    assert api.model.requests[-1].system_text == "Be brief."
    assert api.model.requests[-1].messages[0]["content"][0]["text"] == "How many?"


async def test_text_streamed_without_a_model_is_the_answer(api: Api) -> None:
    found = await api.ask("Why?", agent="words")
    assert [e["delta"] for e in found if e["type"] == "text.delta"] == ["You ", "asked: ", "Why? "]
    assert found[-1]["type"] == "run.completed"


async def test_a_returned_value_is_the_answer(api: Api) -> None:
    assert answer(await api.ask("?", agent="quiet")) == "0 turns before."


@pytest.mark.parametrize(
    ("name", "code"),
    [("broken", "internal"), ("nothing", "no_runnable"), ("missing", "no_runnable")],
)
async def test_a_runnable_that_does_not_work_is_a_failed_run(
    api: Api, name: str, code: str
) -> None:
    found = await api.ask("?", agent=name)
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", code)


async def test_a_graph_that_loops_is_stopped(api: Api) -> None:
    for _ in range(20):
        api.model.add_reply(*count_call("active"), reason="tool_use")
    found = await api.ask("How many?", agent="technicians")
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "limit_reached")


async def test_a_model_error_keeps_its_code(api: Api) -> None:
    api.faults.set(Fault("throttling", operation="converse-stream"))
    found = await api.ask("How many?", agent="technicians")
    assert (found[-1]["type"], found[-1]["code"]) == ("run.failed", "model_busy")
    assert found[-1]["retryable"] is True


async def test_a_graph_can_be_cancelled_and_continued(api: Api) -> None:
    api.model.add_reply("One two", asyncio.Event())
    asking = asyncio.create_task(api.ask("Count.", agent="technicians"))
    await api.model.wait_for_requests(1)
    run_id = (await _first_thread(api))["live_run"]
    cancelled = await api.http.post(f"/v1/runs/{run_id}/cancel", headers=ME)
    assert cancelled.json()["state"] == "cancelled"
    first = await asking
    assert (first[-1]["type"], first[-1]["partial"]) == ("run.cancelled", True)
    api.model.add_reply(" three.").add_reply("Yes.")

    response = await api.http.post(f"/v1/runs/{run_id}/continue", headers=ME)

    assert '"delta":" three."' in response.text
    assert api.model.requests[-2].messages[1]["content"][0]["text"] == "One two"


async def _first_thread(api: Api) -> dict[str, Any]:
    found = (await api.http.get("/v1/threads", headers=ME)).json()["threads"]
    return dict(found[0])


async def test_what_a_runnable_hands_a_tool_is_capped_as_an_object(api: Api) -> None:
    found = await api.ask("Wie?", agent="echoing")

    assert found[-1]["type"] == "run.completed"
    (given,) = [event["arguments"] for event in found if event["type"] == "tool.input"]
    (output,) = [event["output"] for event in found if event["type"] == "tool.output"]
    for capped in (given, output):
        assert (capped["truncated"], capped["bytes"] > 120_000) == (True, True)
    assert given["text"].startswith('{"text": "Wie?Wie?')
    (step,) = [s for s in (await api.run(found[0]["run_id"]))["steps"] if s["kind"] == "tool"]
    assert (step["input"], step["output"], step["status"]) == (given, output, "ok")


@pytest.mark.parametrize("arguments", [{"text": "é" * 90_000}, {"text": "a", "depth": 70}])
async def test_a_model_call_with_large_arguments_is_one_step(
    api: Api, arguments: dict[str, Any]
) -> None:
    call = ToolUseStart("c1", "echo"), ToolUseInput(json.dumps(arguments))
    api.model.add_reply(*call, reason="tool_use").add_reply("So it is.")

    found = await api.ask("Echo", agent="searcher")

    assert (found[-1]["type"], answer(found)) == ("run.completed", "So it is.")
    steps = [s for s in (await api.run(found[0]["run_id"]))["steps"] if s["kind"] == "tool"]
    assert [step["status"] for step in steps] == ["ok"]
    assert [event["call_id"] for event in found if event["type"] == "tool.output"] == ["c1"]


async def test_a_retrievers_documents_are_told_by_the_tools_text(api: Api) -> None:
    call = ToolUseStart("c1", "search"), ToolUseInput('{"text": "leave"}')
    api.model.add_reply(*call, reason="tool_use").add_reply("Found.")

    found = await api.ask("Search", agent="searcher")

    assert found[-1]["type"] == "run.completed"
    (output,) = [event["output"] for event in found if event["type"] == "tool.output"]
    assert output == "5 characters"
