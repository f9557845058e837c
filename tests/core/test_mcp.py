"""Tools of MCP servers: a real server, and servers that misbehave."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.core.agent_runs import FixedReplies, agent, answer, text_reply, tool_reply
from waypost.agents.mcp import McpError, McpServer
from waypost.agents.mcp.server import McpToolSpec
from waypost.agents.mcp.tools import mcp_tools
from waypost.agents.mcp.transport import MAX_RESPONSE_BYTES, McpTransport, SessionLost, redirection
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


@pytest.fixture(scope="module", params=["stream", "json", "stateless", "polled"])
def weather(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a real server, in each of the protocol's response modes."""
    pytest.importorskip("mcp", reason="needs the package mcp")
    command = [sys.executable, str(SCRIPT), request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/mcp"
        process.terminate()


async def test_a_servers_tools_are_offered_to_the_model_and_called(weather: str) -> None:
    model = FixedReplies(
        tool_reply("weather__forecast", '{"city": "Rome", "days": 3}'), text_reply("Sunny.")
    )

    events = await answer(model, agent(), "Rain?", mcp_servers={"weather": weather})

    tools = {tool["name"]: tool for tool in model.requests[0].tools}
    assert set(tools) == {"weather__forecast", "weather__stations", "weather__broken"}
    assert tools["weather__forecast"]["description"] == "The weather of the coming days."
    assert tools["weather__forecast"]["inputSchema"]["json"]["required"] == ["city"]
    assert [e.name for e in events if isinstance(e, ToolStarted)] == ["weather__forecast"]
    (output,) = [e.output for e in events if isinstance(e, ToolOutput)]
    assert output == {"result": "Rome: sunny for 3 days"}
    (block,) = model.requests[1].messages[-1]["content"]
    assert block["toolResult"]["content"] == [{"text": "Rome: sunny for 3 days"}]
    assert "".join(e.delta for e in events if isinstance(e, TextDelta)) == "Sunny."


async def test_a_failed_tool_is_a_tool_error_for_the_model(weather: str) -> None:
    model = FixedReplies(tool_reply("weather__broken", "{}"), text_reply("It is broken."))

    events = await answer(model, agent(), "Pressure?", mcp_servers={"weather": weather})

    (failed,) = [e for e in events if isinstance(e, ToolFailed)]
    assert "the barometer is gone" in failed.message
    (block,) = model.requests[1].messages[-1]["content"]
    assert block["toolResult"]["status"] == "error"


async def test_arguments_that_the_server_refuses_are_a_tool_error(weather: str) -> None:
    model = FixedReplies(tool_reply("weather__forecast", '{"town": "Rome"}'), text_reply("Sorry."))

    events = await answer(model, agent(), "Rain?", mcp_servers={"weather": weather})

    (failed,) = [e for e in events if isinstance(e, ToolFailed)]
    assert "city" in failed.message


async def test_an_unreachable_server_is_noted_and_the_question_is_answered() -> None:
    model = FixedReplies(text_reply("I cannot look that up."))

    events = await answer(model, agent(), "Rain?", mcp_servers={"far/away": "http://127.0.0.1:9"})

    (step,) = [e for e in events if isinstance(e, StepStarted) and e.kind == "retrieval"]
    ended = next(e for e in events if isinstance(e, StepCompleted))
    (note,) = [e.note for e in events if isinstance(e, StepUpdated)]
    assert (step.name, ended.step_id, ended.status) == ("mcp:far/away", step.step_id, "failed")
    assert note == "The server cannot be reached."
    assert "The tools of far/away are not available" in model.system()[0]["text"]
    assert model.requests[0].tools == []


Responder = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


@contextmanager
def serve(respond: Responder) -> Iterator[str]:
    """A server that answers each message with the status, headers and body of `respond`."""

    class McpResponseHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            message = json.loads(self.rfile.read(length) or "{}")
            about = {"headers": dict(self.headers), "path": self.path, "http_method": self.command}
            status, headers, body = respond({**message, **about})
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self.send_response(405)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), McpResponseHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


LIST_TOOLS = {"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {}}
STREAM = {"Content-Type": "text/event-stream"}


def result(request_id: Any, value: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": value}).encode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_response_is_found_among_the_other_events_of_a_stream(end: bytes) -> None:
    progress = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress"}).encode()
    ping = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "ping"}).encode()
    lines = [
        b": hello",
        b"event: message",
        b"data: " + progress,
        b"",
        b"data:" + ping,
        b"",
        b"id: 3",
        b'data: {"jsonrpc": "2.0", "id": 7,',
        b'data: "result": {"a": 1}}',
        b"",
        b"",
    ]

    with serve(lambda _: (200, STREAM, end.join(lines))) as url:
        assert McpTransport(url).send(LIST_TOOLS, 5) == {
            "jsonrpc": "2.0",
            "id": 7,
            "result": {"a": 1},
        }


@pytest.mark.parametrize(
    ("status", "headers", "body", "message"),
    [
        (500, {}, b"oops", "The server answered with status 500."),
        (301, {"Location": "http://127.0.0.1:9/"}, b"", "The server answered with status 301."),
        (401, {}, b"", "The server answered with status 401."),
        (200, {}, b"<html>", "The server's answer is not JSON."),
        (200, {}, b"[1]", "The server's answer is not a JSON-RPC message."),
        (200, {}, b"", "The server gave no answer."),
        (200, {}, result(8, {}), "The server gave no answer."),
        (200, STREAM, b": nothing\n\n", "The server gave no answer."),
        (200, {}, b"x" * (MAX_RESPONSE_BYTES + 1), "The server's answer is too long."),
    ],
)
def test_an_invalid_response_is_an_error(
    status: int, headers: dict[str, str], body: bytes, message: str
) -> None:
    with serve(lambda _: (status, headers, body)) as url, pytest.raises(McpError) as error:
        McpTransport(url).send(LIST_TOOLS, 5)

    assert str(error.value) == message


def test_a_server_that_hangs_times_out() -> None:
    released = threading.Event()

    def hang(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        released.wait(10)
        return 200, {}, b""

    with serve(hang) as url:
        with pytest.raises(McpError, match="did not answer in time"):
            McpTransport(url).send(LIST_TOOLS, 0.1)
        released.set()


def mcp_responder(
    methods: dict[str, Callable[[dict[str, Any]], Any]], received: list[Any]
) -> Responder:
    """Answers by the protocol; a function of the message gives a method's result or status."""

    def respond(message: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        received.append((message["method"], message["headers"].get("Mcp-Session-Id")))
        if "id" not in message:
            return 202, {}, b""
        value = methods[message["method"]](message)
        if isinstance(value, int):
            return value, {}, b""
        return 200, {"Mcp-Session-Id": f"s{len(received)}"}, result(message["id"], value)

    return respond


def initialize(_: dict[str, Any]) -> dict[str, Any]:
    return {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "x"}}


async def test_tools_are_listed_page_by_page_with_names_that_models_accept() -> None:
    def listed(message: dict[str, Any]) -> dict[str, Any]:
        if message["params"].get("cursor") == "2":
            return {"tools": [{"name": "b" * 80, "inputSchema": {"type": "object"}}]}
        return {"tools": [{"name": "a.b", "inputSchema": {}}], "nextCursor": "2"}

    with serve(mcp_responder({"initialize": initialize, "tools/list": listed}, [])) as url:
        server = McpServer(url)
        tools = mcp_tools([("acme/x", server, await server.tools())])
        await server.close()

    assert list(tools) == ["acme_x__a_b", f"acme_x__{'b' * 56}"]
    assert tools["acme_x__a_b"].spec.parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize("status", [400, 404])
async def test_an_expired_session_is_initialized_again(status: int) -> None:
    received: list[Any] = []
    answers = iter([status, {"content": [{"type": "text", "text": "again"}]}])
    methods = {
        "initialize": initialize,
        "tools/list": lambda _: {"tools": []},
        "tools/call": lambda _: next(answers),
    }

    with serve(mcp_responder(methods, received)) as url:
        server = McpServer(url)
        await server.tools()
        output = await server.call("x", {})
        await server.close()

    assert output.text == "again"
    assert [method for method, _ in received].count("initialize") == 2
    sessions = [session for method, session in received if method == "initialize"]
    assert sessions == [None, None]


async def test_a_server_that_loses_every_session_is_asked_twice() -> None:
    received: list[Any] = []
    methods = {
        "initialize": initialize,
        "tools/list": lambda _: {"tools": []},
        "tools/call": lambda _: 400,
    }

    with serve(mcp_responder(methods, received)) as url:
        server = McpServer(url)
        await server.tools()
        with pytest.raises(SessionLost, match="status 400"):
            await server.call("x", {})
        await server.close()

    assert [method for method, _ in received].count("tools/call") == 2


async def test_a_session_that_is_lost_before_the_tools_are_listed_is_opened_anew() -> None:
    answers = iter([404, {"tools": [{"name": "one"}]}])
    methods = {"initialize": initialize, "tools/list": lambda _: next(answers)}

    with serve(mcp_responder(methods, [])) as url:
        server = McpServer(url)
        tools = await server.tools()
        await server.close()

    assert [tool.name for tool in tools] == ["one"]


@pytest.mark.parametrize(
    ("servers", "distinct"),
    [
        ({"s": ["read.file", "read/file", "other"]}, {"s__other"}),
        ({"s": ["x" * 70 + "1", "x" * 70 + "2"]}, set()),
        ({"acme/x": ["go"], "acme.x": ["go", "stop"]}, {"acme_x__stop"}),
        ({"a": ["b__c"], "a__b": ["c"]}, set()),
    ],
)
def test_tools_whose_names_become_equal_all_stay(
    servers: dict[str, list[str]], distinct: set[str]
) -> None:
    server = McpServer("http://127.0.0.1:9/")
    listed = [
        (name, server, [McpToolSpec(tool, f"{name} {tool}", {}) for tool in tools])
        for name, tools in servers.items()
    ]

    tools = mcp_tools(listed)

    called = {name: tool.spec.description for name, tool in tools.items()}
    assert len(called) == sum(map(len, servers.values()))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in called)
    assert distinct < set(called)
    reordered = [(name, one, list(reversed(specs))) for name, one, specs in reversed(listed)]
    again = mcp_tools(reordered)
    assert {name: tool.spec.description for name, tool in again.items()} == called


@pytest.mark.parametrize("content_type", ["Text/Event-Stream; charset=utf-8", "TEXT/EVENT-STREAM"])
def test_media_types_are_read_without_case_and_parameters(content_type: str) -> None:
    body = b"data: " + result(7, {"a": 1}) + b"\n\n"

    with serve(lambda _: (200, {"Content-Type": content_type}, body)) as url:
        answer = McpTransport(url).send(LIST_TOOLS, 5)

    assert answer
    assert answer["result"] == {"a": 1}


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("location", ["/mcp/", "mcp/", "{url}mcp/?key=1"])
def test_a_redirect_on_the_same_host_is_followed(status: int, location: str) -> None:
    paths: list[str] = []

    def respond(message: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        paths.append(message["path"])
        if message["path"] == "/":
            return status, {"Location": location.format(url=url)}, b""
        return 200, {}, result(message["id"], {"params": message["params"]})

    with serve(respond) as url:
        transport = McpTransport(url)
        answers = [transport.send({**LIST_TOOLS, "params": {"n": n}}, 5) for n in (1, 2)]

    assert [one["result"]["params"]["n"] for one in answers if one] == [1, 2]
    assert [path.partition("?")[0] for path in paths] == ["/", "/mcp/", "/mcp/"]


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{other}/", "//localhost:{port}/", "ftp://127.0.0.1:{port}/", "http://[/"],
)
def test_a_redirect_elsewhere_is_not_followed(location: str) -> None:
    reached: list[Any] = []

    def elsewhere(message: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        reached.append(message)
        return 200, {}, result(message["id"], {})

    with serve(elsewhere) as other:
        ports = {"other": urlsplit(other).port}
        with serve(lambda _: (307, {"Location": location.format(**ports)}, b"")) as url:
            ports["port"] = urlsplit(url).port
            with pytest.raises(McpError, match="status 307"):
                McpTransport(url).send(LIST_TOOLS, 5)

    assert reached == []


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://mcp.example/mcp", "http://mcp.example/mcp/", "https://mcp.example/mcp/"),
        ("http://mcp.example/mcp", "https://MCP.example/mcp", "https://mcp.example/mcp"),
        ("https://a.example:8443/x?key=1", "x/?key=1", "https://a.example:8443/x/?key=1"),
        ("https://a.example:8443/x", "https://a.example/x/", None),
        ("https://a.example/x", "https://a.example.evil.example/x/", None),
        ("https://a.example/x", "https://a.example@evil.example/x/", None),
        ("https://a.example/x", "https://evil@a.example/x/", "https://a.example/x/"),
    ],
)
def test_a_redirect_stays_on_the_host_and_keeps_tls(
    url: str, location: str, target: str | None
) -> None:
    response = urllib3.HTTPResponse(status=308, headers={"Location": location})

    assert redirection(url, response) == target


def test_redirects_without_end_are_given_up() -> None:
    with serve(lambda _: (307, {"Location": "/"}, b"")) as url, pytest.raises(McpError):
        McpTransport(url).send(LIST_TOOLS, 5)


PRIMED = b"id: 41\nretry: 120\ndata:\n\n"


def polled(*streams: bytes | int, received: list[Any]) -> Responder:
    """Answers one request after the other with these streams or statuses."""
    remaining = iter(streams)

    def respond(message: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        received.append((message["http_method"], message["headers"].get("Last-Event-ID")))
        stream = next(remaining)
        return (stream, {}, b"") if isinstance(stream, int) else (200, STREAM, stream)

    return respond


def test_a_stream_that_the_server_closes_is_polled_until_it_answers() -> None:
    received: list[Any] = []
    progress = b'id: 42\ndata: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n'
    cut = b"id: 43\ndata: {"
    found = b"id: 44\ndata: " + result(7, {"a": 1}) + b"\n\n"
    streams = (PRIMED, progress + cut, b": nothing yet\n\n", found)

    with serve(polled(*streams, received=received)) as url:
        answer = McpTransport(url).send(LIST_TOOLS, 5)

    assert answer
    assert answer["result"] == {"a": 1}
    assert received == [("POST", None), ("GET", "41"), ("GET", "42"), ("GET", "42")]


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        ((PRIMED, 405), "The server answered with status 405."),
        ((PRIMED, 404), "The server answered with status 404."),
        ((b"id: 1\nretry: 60000\ndata:\n\n",), "The server did not answer in time."),
        ((b"retry: 1\n\n",), "The server gave no answer."),
    ],
)
def test_a_stream_that_cannot_be_resumed_is_an_error(
    streams: tuple[bytes | int, ...], message: str
) -> None:
    with serve(polled(*streams, received=[])) as url, pytest.raises(McpError) as error:
        McpTransport(url).send(LIST_TOOLS, 5)

    assert str(error.value) == message
    assert not isinstance(error.value, SessionLost)


def test_polling_ends_when_the_time_is_up() -> None:
    received: list[Any] = []
    streams = [b"id: 1\nretry: 0\ndata:\n\n"] * 50

    server = serve(polled(*streams, received=received))
    with server as url, pytest.raises(McpError, match="did not answer in time"):
        McpTransport(url).send(LIST_TOOLS, 0.5)

    assert 2 <= len(received) <= 6


def test_polling_ends_when_nobody_waits_any_more() -> None:
    transport: McpTransport

    def respond(_: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        transport.give_up()
        return 200, STREAM, b"id: 1\nretry: 50000\ndata:\n\n"

    with serve(respond) as url:
        transport = McpTransport(url)
        with pytest.raises(McpError, match="Nobody waits"):
            transport.send(LIST_TOOLS, 60)


@pytest.mark.parametrize(
    "listed", [{"tools": 5}, {"tools": None}, {"tools": {"a": 1}}, {}], ids=repr
)
async def test_a_list_that_is_none_has_no_tools(listed: dict[str, Any]) -> None:
    with serve(
        mcp_responder({"initialize": initialize, "tools/list": lambda _: listed}, [])
    ) as url:
        server = McpServer(url)
        assert await server.tools() == []
        await server.close()


async def test_half_an_emoji_becomes_a_character_that_can_be_sent_on() -> None:
    tool = {"name": "a", "description": "b\ud83d", "inputSchema": {"title": "\ude00c"}}
    methods = {
        "initialize": initialize,
        "tools/list": lambda _: {"tools": [tool]},
        "tools/call": lambda _: {"content": [{"type": "text", "text": "d\udfff"}]},
    }

    with serve(mcp_responder(methods, [])) as url:
        server = McpServer(url)
        (found,) = await server.tools()
        called = await server.call("a", {"x": "\ud83d"})
        await server.close()

    assert (found.description, found.parameters) == ("b\ufffd", {"title": "\ufffdc"})
    assert called.text == "d\ufffd"


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
async def test_each_kind_of_content_becomes_text(content: list[Any], text: str) -> None:
    methods = {
        "initialize": initialize,
        "tools/list": lambda _: {"tools": []},
        "tools/call": lambda _: {"content": content},
    }

    with serve(mcp_responder(methods, [])) as url:
        server = McpServer(url)
        await server.tools()
        output = await server.call("x", {})
        await server.close()

    assert output.text == text


async def test_a_server_of_an_unknown_version_is_refused() -> None:
    methods = {"initialize": lambda _: {"protocolVersion": "1999-01-01"}}

    with serve(mcp_responder(methods, [])) as url:
        server = McpServer(url)
        with pytest.raises(McpError, match="not supported"):
            await server.tools()
        await server.close()
