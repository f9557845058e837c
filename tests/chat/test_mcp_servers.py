"""Runs that use the tools of MCP servers, as the deployment allows them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.chat.conftest import ME, WHO, Api, Running, answer, events, wait_for_answer
from tests.core.test_mcp import initialize, mcp_responder, serve
from waypost.errors import Invalid
from waypost.runs.begin import begin
from waypost.runs.live import LiveRun
from waypost.runs.request import RunRequest
from waypost.settings import Settings, SettingsError
from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

SCRIPT = Path(__file__).parents[1] / "core/mcp_server.py"
FORECAST = (ToolUseStart("c1", "weather__forecast"), ToolUseInput(json.dumps({"city": "Rome"})))


@pytest.fixture(scope="module")
def weather() -> Iterator[str]:
    pytest.importorskip("mcp", reason="needs the package mcp")
    command = [sys.executable, str(SCRIPT), "stream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        process.terminate()


@pytest_asyncio.fixture(loop_scope="session")
async def allowing(
    weather: str, environment: dict[str, str], running: Running
) -> AsyncIterator[Api]:
    environment["WAYPOST_MCP_SERVERS"] = f"weather={weather}"
    async with running(environment) as api:
        yield api


async def begin_run(api: Api) -> LiveRun:
    request = RunRequest("Rain in Rome?", agent="rag", mcp_servers=("weather",))
    run = await begin(api.app.state.backend, WHO, request)
    assert isinstance(run, LiveRun)
    return run


async def test_a_run_stores_its_servers_and_tool_outputs(allowing: Api) -> None:
    allowing.model.add_reply(*FORECAST, reason="tool_use").add_reply("Sunny.")

    run = await begin_run(allowing)
    await run.wait()

    stored = await allowing.run(run.id)
    assert stored["mcp_servers"] == ["weather"]
    steps = {step["name"]: step for step in stored["steps"]}
    assert steps["mcp:weather"]["status"] == "ok"
    assert steps["weather__forecast"]["output"] == {"result": "Rome: sunny for 1 days"}


async def test_a_continued_answer_has_the_same_servers(allowing: Api) -> None:
    gate = asyncio.Event()
    allowing.model.add_reply(*FORECAST, reason="tool_use").add_reply("It is ", gate, "sunny.")
    run = await begin_run(allowing)
    await wait_for_answer(run, "It is ")
    run.out_of_time()
    await run.wait()
    allowing.model.add_reply("sunny.")

    response = await allowing.http.post(f"/v1/runs/{run.id}/continue", headers=ME)

    assert answer(events(response.text)) == "sunny."
    offered = [tool["name"] for tool in allowing.model.requests[-1].tools]
    assert "weather__forecast" in offered


async def test_an_unknown_server_is_refused_with_the_allowed_ones(allowing: Api) -> None:
    request = RunRequest("Rain?", mcp_servers=("weather", "exa"))

    with pytest.raises(Invalid) as refused:
        await begin(allowing.app.state.backend, WHO, request)

    assert refused.value.code == "unknown_mcp_server"
    assert refused.value.message == "There is no MCP server 'exa' here. There are: weather."
    assert refused.value.details == {"allowed": ["weather"]}


async def test_a_dead_server_is_told_to_the_client_and_to_the_model(
    environment: dict[str, str], running: Running
) -> None:
    environment["WAYPOST_MCP_SERVERS"] = "weather=http://127.0.0.1:9/mcp"
    async with running(environment) as api:
        api.model.add_reply("rag | 1 | - | x").add_reply("I cannot look that up.")
        asked = {"input": "Rain in Rome?", "mcp_servers": ["weather"]}

        response = await api.http.post("/api/agent/stream", json=asked, headers=ME)

        frames = [json.loads(line[6:]) for line in response.text.split("\n") if line[:5] == "data:"]
        missing = api.model.requests[-1].system_text
    thoughts = [frame["data"]["content"] for frame in frames if frame["event"] == "thinking"]
    assert "The MCP server weather failed: The server cannot be reached." in thoughts
    assert frames[-1]["data"]["content"] == "completed"
    assert "<missing>\nThe tools of weather are not available" in missing


SUPPLY = {
    "wei": 2**256 - 1,
    "account": -(10**39) - 7,
    "ratio": 1e308,
    "tiny": 5e-324,
    "": [{"": {"deep": [0.1]}}],
}


async def test_numbers_of_a_server_are_stored_and_told_exactly(
    environment: dict[str, str], running: Running
) -> None:
    methods: dict[str, Any] = {
        "initialize": initialize,
        "tools/list": lambda _: {"tools": [{"name": "supply"}]},
        "tools/call": lambda message: {
            "content": [],
            "structuredContent": {"asked": message["params"]["arguments"], "is": SUPPLY},
        },
    }
    call = (ToolUseStart("c1", "chain__supply"), ToolUseInput(json.dumps(SUPPLY)))
    with serve(mcp_responder(methods, [])) as url:
        environment["WAYPOST_MCP_SERVERS"] = f"chain={url}"
        async with running(environment) as api:
            api.model.add_reply(*call, reason="tool_use").add_reply("Much.")
            request = RunRequest("How much?", agent="rag", mcp_servers=("chain",))
            run = await begin(api.app.state.backend, WHO, request)
            assert isinstance(run, LiveRun)
            await run.wait()

            stored = await api.run(run.id)
            told = events((await api.http.get(f"/v1/runs/{run.id}/events", headers=ME)).text)

    (step,) = [step for step in stored["steps"] if step["kind"] == "tool"]
    assert stored["state"] == "completed"
    assert (step["input"], step["output"]) == (SUPPLY, {"asked": SUPPLY, "is": SUPPLY})
    (output,) = [event["output"] for event in told if event["type"] == "tool.output"]
    assert output == step["output"]


def test_a_server_needs_an_http_url(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="WAYPOST_MCP_SERVERS: 'exa' has no address"):
        Settings.from_env({**environment, "WAYPOST_MCP_SERVERS": "exa=ftp://x"})

    settings = Settings.from_env({**environment, "WAYPOST_MCP_SERVERS": "a/b=https://x/y?k=1=2"})
    assert settings.mcp_servers == {"a/b": "https://x/y?k=1=2"}
