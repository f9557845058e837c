"""Tools of MCP servers: a real server, and servers that misbehave."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.core.answering import Replies, agent, answer, calls, says
from waypost.agents.mcp import McpError, McpServer
from waypost.agents.mcp.tools import mcp_tools
from waypost.agents.mcp.transport import MAX_RESPONSE_BYTES, McpTransport
from waypost.events import (
    StepCompleted,
    StepStarted,
    StepUpdated,
    TextDelta,
    ToolFailed,
    ToolOutput,
    ToolStarted,
)

pytestmark = pytest.mark.server

SCRIPT = Path(__file__).with_name("mcp_server.py")


@pytest.fixture(scope="module", params=["stream", "json", "stateless"])
def weather(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a real server, which answers in one of the three ways that there are."""
    pytest.importorskip("mcp", reason="needs the package mcp")
    command = [sys.executable, str(SCRIPT), request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        process.terminate()


async def test_a_servers_tools_are_the_agents_own(weather: str) -> None:
    model = Replies(calls("weather__forecast", '{"city": "Rome", "days": 3}'), says("Sunny."))

    events = await answer(model, agent(), "Rain?", mcp_servers={"weather": weather})

    tools = {tool["name"]: tool for tool in model.asked[0].tools}
    assert set(tools) == {"weather__forecast", "weather__stations", "weather__broken"}
    assert tools["weather__forecast"]["description"] == "The weather of the coming days."
    assert tools["weather__forecast"]["inputSchema"]["json"]["required"] == ["city"]
    assert [e.name for e in events if isinstance(e, ToolStarted)] == ["weather__forecast"]
    (output,) = [e.output for e in events if isinstance(e, ToolOutput)]
    assert output == {"result": "Rome: sunny for 3 days"}
    (given,) = model.asked[1].messages[-1]["content"]
    assert given["toolResult"]["content"] == [{"text": "Rome: sunny for 3 days"}]
    assert "".join(e.delta for e in events if isinstance(e, TextDelta)) == "Sunny."


async def test_a_tool_that_fails_is_told_to_the_model(weather: str) -> None:
    model = Replies(calls("weather__broken", "{}"), says("It is broken."))

    events = await answer(model, agent(), "Pressure?", mcp_servers={"weather": weather})

    (failed,) = [e for e in events if isinstance(e, ToolFailed)]
    assert "the barometer is gone" in failed.message
    (given,) = model.asked[1].messages[-1]["content"]
    assert given["toolResult"]["status"] == "error"


async def test_arguments_that_the_server_refuses_are_a_failure_of_the_tool(weather: str) -> None:
    model = Replies(calls("weather__forecast", '{"town": "Rome"}'), says("Sorry."))

    events = await answer(model, agent(), "Rain?", mcp_servers={"weather": weather})

    (failed,) = [e for e in events if isinstance(e, ToolFailed)]
    assert "city" in failed.message


async def test_a_server_that_is_not_there_is_missing_and_the_answer_comes() -> None:
    model = Replies(says("I cannot look that up."))

    events = await answer(model, agent(), "Rain?", mcp_servers={"far/away": "http://127.0.0.1:9"})

    (step,) = [e for e in events if isinstance(e, StepStarted) and e.kind == "retrieval"]
    ended = next(e for e in events if isinstance(e, StepCompleted))
    (note,) = [e.note for e in events if isinstance(e, StepUpdated)]
    assert (step.name, ended.step_id, ended.status) == ("mcp:far/away", step.step_id, "failed")
    assert note == "The server cannot be reached."
    assert "The tools of far/away are not available" in model.system()[0]["text"]
    assert model.asked[0].tools == []


Answered = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


@contextmanager
def played(answered: Answered) -> Iterator[str]:
    """A server that answers each message as `answered` says: status, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            message = json.loads(self.rfile.read(length))
            status, headers, body = answered({**message, "headers": dict(self.headers)})
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_DELETE(self) -> None:
            self.send_response(405)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


ASKED = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {}}
STREAM = {"Content-Type": "text/event-stream"}


def result(request_id: Any, given: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": given}).encode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_answer_is_found_among_the_other_events_of_a_stream(end: bytes) -> None:
    progress = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress"}).encode()
    asks = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "ping"}).encode()
    lines = [b": hello", b"event: message", b"data: " + progress, b"", b"data:" + asks, b"",
             b"id: 3", b'data: {"jsonrpc": "2.0", "id": 7,', b'data: "result": {"a": 1}}',
             b"", b""]  # fmt: skip

    with played(lambda _: (200, STREAM, end.join(lines))) as url:
        assert McpTransport(url).send(ASKED, 5) == {"jsonrpc": "2.0", "id": 7, "result": {"a": 1}}


@pytest.mark.parametrize(
    ("status", "headers", "body", "complaint"),
    [
        (500, {}, b"oops", "The server answered with status 500."),
        (301, {"Location": "http://127.0.0.1:9/"}, b"", "The server answered with status 301."),
        (401, {}, b"", "The server answered with status 401."),
        (200, {}, b"<html>", "The server's answer is not JSON."),
        (200, {}, b"[1]", "The server's answer is no JSON-RPC message."),
        (200, {}, b"", "The server gave no answer."),
        (200, {}, result(8, {}), "The server gave no answer."),
        (200, STREAM, b": nothing\n\n", "The server gave no answer."),
        (200, {}, b"x" * (MAX_RESPONSE_BYTES + 1), "The server's answer is too long."),
    ],
)
def test_what_no_server_should_answer(
    status: int, headers: dict[str, str], body: bytes, complaint: str
) -> None:
    with played(lambda _: (status, headers, body)) as url, pytest.raises(McpError) as error:
        McpTransport(url).send(ASKED, 5)

    assert str(error.value) == complaint


def test_a_server_that_hangs_is_given_up() -> None:
    over = threading.Event()

    def hang(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        over.wait(10)
        return 200, {}, b""

    with played(hang) as url:
        with pytest.raises(McpError, match="did not answer in time"):
            McpTransport(url).send(ASKED, 0.1)
        over.set()


def speaks(methods: dict[str, Callable[[dict[str, Any]], Any]], seen: list[Any]) -> Answered:
    """A server of the protocol; each method's result comes from a function of the message."""

    def answered(message: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        seen.append((message["method"], message["headers"].get("Mcp-Session-Id")))
        if "id" not in message:
            return 202, {}, b""
        given = methods[message["method"]](message)
        if isinstance(given, int):
            return given, {}, b""
        return 200, {"Mcp-Session-Id": f"s{len(seen)}"}, result(message["id"], given)

    return answered


def welcome(_: dict[str, Any]) -> dict[str, Any]:
    return {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "x"}}


async def test_tools_come_page_by_page_with_names_that_models_take() -> None:
    def listed(message: dict[str, Any]) -> dict[str, Any]:
        if message["params"].get("cursor") == "2":
            return {"tools": [{"name": "b" * 80, "inputSchema": {"type": "object"}}]}
        return {"tools": [{"name": "a.b", "inputSchema": {}}], "nextCursor": "2"}

    with played(speaks({"initialize": welcome, "tools/list": listed}, [])) as url:
        server = McpServer(url)
        tools = await mcp_tools("acme/x", server)
        await server.close()

    assert list(tools) == ["acme_x__a_b", f"acme_x__{'b' * 56}"]
    assert tools["acme_x__a_b"].spec.parameters == {"type": "object", "properties": {}}


async def test_a_session_that_the_server_forgot_is_begun_anew() -> None:
    seen: list[Any] = []
    answers = iter([404, {"content": [{"type": "text", "text": "again"}]}])
    methods = {"initialize": welcome, "tools/list": lambda _: {"tools": []},
               "tools/call": lambda _: next(answers)}  # fmt: skip

    with played(speaks(methods, seen)) as url:
        server = McpServer(url)
        await server.tools()
        said = await server.call("x", {})
        await server.close()

    assert said.text == "again"
    assert [method for method, _ in seen].count("initialize") == 2
    begun = [session for method, session in seen if method == "initialize"]
    assert begun == [None, None]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"type": "image", "data": "…", "mimeType": "x"}], "[image that cannot be shown here]"),
        ([{"type": "resource", "resource": {"uri": "f:1", "text": "inner"}}], "inner"),
        ([{"type": "resource_link", "name": "Plan", "uri": "f:2"}], "[Plan: f:2]"),
        ([{"type": "text", "text": "x" * 60_000}], "x" * 50_000 + "\n[cut off here]"),
    ],
)
async def test_what_of_a_result_can_be_read(content: list[Any], text: str) -> None:
    methods = {"initialize": welcome, "tools/list": lambda _: {"tools": []},
               "tools/call": lambda _: {"content": content}}  # fmt: skip

    with played(speaks(methods, [])) as url:
        server = McpServer(url)
        await server.tools()
        said = await server.call("x", {})
        await server.close()

    assert said.text == text


async def test_a_server_of_an_unknown_version_is_refused() -> None:
    methods = {"initialize": lambda _: {"protocolVersion": "1999-01-01"}}

    with played(speaks(methods, [])) as url:
        server = McpServer(url)
        with pytest.raises(McpError, match="not known here"):
            await server.tools()
        await server.close()
