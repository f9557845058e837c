"""The shipped research agent, which is a Runnable over the deployment's model and its own tools."""

import importlib.util
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.chat.conftest import ROOT, Api, answer
from waypost.agents import definition
from waypost.models import attempts
from waypost_local.bedrock import Fault
from waypost_local.bedrock.model import TextPiece, ToolUseInput, ToolUseStart

COUNT = "SELECT count(*) AS n FROM technicians"


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_WAITS", (0.0, 0.0))


def call(name: str, arguments: str, number: int = 1) -> tuple[ToolUseStart, ToolUseInput]:
    return ToolUseStart(f"call_{number}", name), ToolUseInput(arguments)


def search(query: str, number: int = 1) -> tuple[ToolUseStart, ToolUseInput]:
    return call("search_documents", json.dumps({"query": query}), number)


def query(sql: str, number: int = 1) -> tuple[ToolUseStart, ToolUseInput]:
    return call("query_database", json.dumps({"sql": sql}), number)


def ended(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in found if event["type"] == kind]


async def test_it_searches_queries_and_cites(api: Api) -> None:
    api.model.add_reply(*search("leave"), *query(COUNT, 2), reason="tool_use")
    api.model.add_reply("26 days [1], for 2 people.")
    found = await api.ask("How much leave do how many people have?", agent="research")

    assert answer(found).startswith("26 days [1], for 2 people.")
    assert [event["document"] for event in ended(found, "source.cited")]
    first, second = ended(found, "tool.output")
    assert first["output"]["passages"][0]["index"] == 1
    assert second["output"]["rows"] == [[2]]
    assert [event["name"] for event in ended(found, "data")] == ["table"]
    assert {tool["name"] for tool in api.model.requests[0].tools} == {
        "search_documents",
        "query_database",
    }
    assert "<schema" in api.model.requests[0].system_text
    assert found[-1]["type"] == "run.completed"
    assert found[-1]["cost_usd"] == pytest.approx(2 * 0.0000084)


async def test_a_failed_query_is_told_to_the_model(api: Api) -> None:
    api.model.add_reply(*query("SELECT nothing FROM technicians"), reason="tool_use")
    api.model.add_reply("I cannot tell.")
    found = await api.ask("How many?", agent="research")

    assert ended(found, "tool.failed")
    result = api.model.requests[1].messages[-1]["content"][0]["toolResult"]
    assert (result["status"], "nothing" in str(result["content"])) == ("error", True)


@pytest.mark.parametrize("arguments", ['{"sql": "select count(*) from tech', '{"sql": "select 1"}'])
async def test_a_call_that_was_cut_off_is_not_made(api: Api, arguments: str) -> None:
    api.model.add_reply(*call("query_database", arguments), reason="max_tokens")
    found = await api.ask("How many?", agent="research")

    assert not ended(found, "tool.output")
    assert (found[-1]["type"], found[-1]["stop_reason"]) == ("run.completed", "max_tokens")


async def test_broken_arguments_are_asked_for_again(api: Api) -> None:
    api.model.add_reply(*call("query_database", '{"sql": "select 1'), reason="tool_use")
    api.model.add_reply(*query(COUNT), reason="tool_use").add_reply("Two.")
    found = await api.ask("How many?", agent="research")

    assert answer(found) == "Two."
    assert len(ended(found, "tool.output")) == 1


async def test_a_model_that_fails_before_a_word_is_tried_again(api: Api) -> None:
    api.model.add_reply("Two.")
    api.faults.set(Fault("throttling", operation="converse-stream", times=2))
    assert answer(await api.ask("How many?", agent="research")) == "Two."


async def test_reasoning_between_tags_is_not_the_answer(api: Api) -> None:
    text = "<thinking>Count.</thinking>\n\nTwo."
    api.model.add_reply(*[TextPiece(text[at : at + 3]) for at in range(0, len(text), 3)])
    assert answer(await api.ask("How many?", agent="research")) == "Two."


async def test_its_steps_are_bounded(api: Api) -> None:
    for number in range(13):
        api.model.add_reply(*query(COUNT, number), reason="tool_use")
    found = await api.ask("How many?", agent="research")
    assert found[-1]["code"] == "limit_reached"
    assert len(api.model.requests) == 12


def test_other_agents_import_no_langchain() -> None:
    code = (
        "import sys, waypost.agents, waypost.runs\n"
        "from waypost.agents import AgentLoop, RunnableAgent\n"
        "print([name for name in sys.modules if name.startswith('lang')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_it_is_left_out_where_langchain_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "research" in definition.load(ROOT / "agents")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    agents = definition.load(ROOT / "agents")
    assert "research" not in agents
    assert "sql" in agents
