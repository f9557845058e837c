"""One MCP server during one run: a session, its tools, and calls of them."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, TypeVar

from waypost.agents.mcp.transport import McpError, McpTransport, SessionLost
from waypost.json_values import encodable, plain

T = TypeVar("T")
VERSION = "2025-11-25"
_KNOWN_VERSIONS = {VERSION, "2025-06-18", "2025-03-26"}
OPEN_SECONDS = 10.0
CALL_SECONDS = 60.0
_MAX_PAGES = 20
MAX_RESULT_CHARACTERS = 50_000
"""Characters of a result that a model is shown."""


@dataclass(frozen=True)
class McpToolSpec:
    """A tool as its server describes it; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class McpResult:
    """`structured` is there where the server gives its result as JSON too."""

    text: str
    structured: Any
    failed: bool


class McpServer:
    """Its requests go one after the other, in a thread of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._transport: McpTransport | None = None
        self._ids = count(1)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mcp")

    async def tools(self) -> list[McpToolSpec]:
        """Opens the session and lists the tools. Raises McpError."""
        return await self._in_thread(self._tools, OPEN_SECONDS)

    async def call(self, name: str, arguments: dict[str, Any]) -> McpResult:
        """Raises McpError where the call did not come about; else the result says how it went."""
        return await self._in_thread(partial(self._call, name, arguments), CALL_SECONDS)

    async def close(self) -> None:
        """Ends the session; nothing waits for it."""
        if transport := self._transport:
            transport.give_up()
            self._thread.submit(transport.end)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[float], T], seconds: float) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                return await loop.run_in_executor(self._thread, work, seconds)
        except TimeoutError:
            raise McpError("The server did not answer in time.") from None

    def _open(self, seconds: float) -> None:
        self._transport = McpTransport(self._url)
        about = {
            "protocolVersion": VERSION,
            "capabilities": {},
            "clientInfo": {"name": "waypost", "version": "1"},
        }
        version = self._request("initialize", about, seconds).get("protocolVersion")
        if not isinstance(version, str) or version not in _KNOWN_VERSIONS:
            raise McpError("The server's protocol version is not supported.")
        self._transport.headers["MCP-Protocol-Version"] = version
        self._transport.send({"jsonrpc": "2.0", "method": "notifications/initialized"}, seconds)

    def _tools(self, seconds: float) -> list[McpToolSpec]:
        try:
            return self._list_tools(seconds)
        except SessionLost:
            return self._list_tools(seconds)

    def _list_tools(self, seconds: float) -> list[McpToolSpec]:
        self._open(seconds)
        found: list[McpToolSpec] = []
        page: dict[str, Any] = {}
        for _ in range(_MAX_PAGES):
            listed = self._request("tools/list", page, seconds)
            found += map(_tool_spec, _list(listed.get("tools")))
            if not listed.get("nextCursor"):
                break
            page = {"cursor": listed["nextCursor"]}
        return found

    def _call(self, name: str, arguments: dict[str, Any], seconds: float) -> McpResult:
        params = {"name": name, "arguments": arguments}
        try:
            return _result(self._request("tools/call", params, seconds))
        except SessionLost:
            self._open(seconds)
            return _result(self._request("tools/call", params, seconds))

    def _request(self, method: str, params: dict[str, Any], seconds: float) -> dict[str, Any]:
        if self._transport is None:
            raise McpError("The server is not connected.")
        message = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        answer = self._transport.send(message, seconds) or {}
        if error := answer.get("error"):
            reason = error.get("message") if isinstance(error, dict) else None
            raise McpError(encodable(f"The server refused: {reason or 'no reason given'}"))
        result = answer.get("result")
        if not isinstance(result, dict):
            raise McpError("The server gave no result.")
        return result


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tool_spec(tool: Any) -> McpToolSpec:
    try:
        schema = tool.get("inputSchema") or {}
        name, description = str(tool["name"]), str(tool.get("description") or "")
        return McpToolSpec(encodable(name), encodable(description), dict(plain(schema)))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise McpError("The server's list of tools is not valid.") from None


def _result(result: dict[str, Any]) -> McpResult:
    structured = result.get("structuredContent")
    blocks = [block for block in _list(result.get("content")) if isinstance(block, dict)]
    text = encodable("\n".join(map(_text, blocks)))
    if not text and structured is not None:
        text = json.dumps(structured, ensure_ascii=False)
    short = (
        text
        if len(text) <= MAX_RESULT_CHARACTERS
        else f"{text[:MAX_RESULT_CHARACTERS]}\n[cut off here]"
    )
    return McpResult(short, structured, bool(result.get("isError")))


def _text(block: dict[str, Any]) -> str:
    """The text of a block; of pictures and sound, their kind."""
    if "text" in block:
        return str(block["text"])
    resource = block.get("resource")
    with contextlib.suppress(TypeError, KeyError):
        return str(resource["text"])  # type: ignore[index]
    if uri := block.get("uri") or (isinstance(resource, dict) and resource.get("uri")):
        return f"[{block.get('name') or 'resource'}: {uri}]"
    return f"[{block.get('type', 'something')} that cannot be shown here]"
