"""JSON-RPC over HTTP: one message a POST, answered with JSON or with Server-Sent Events."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import urllib3

CONNECT_SECONDS = 3.0
MAX_RESPONSE_BYTES = 1_000_000
"""Bytes of one answer."""
_CHUNK = 65_536
_EVENT_STREAM = "text/event-stream"

Message = dict[str, Any]


class McpError(Exception):
    """A server failed. The text is fit for model and user: it names no address."""


class SessionLost(McpError):
    """The server does not know the session any more."""


class McpTransport:
    """The connection to one server. It blocks, so it belongs into a thread."""

    def __init__(self, url: str) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise McpError("The server's address is not an HTTP address.")
        self._url = url
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)
        self.headers = {
            "Accept": f"application/json, {_EVENT_STREAM}",
            "Content-Type": "application/json",
        }

    def send(self, message: Message, seconds: float) -> Message | None:
        """The answer to a request, or None for a notification. Raises McpError."""
        until = time.monotonic() + seconds
        try:
            response = self._request("POST", seconds, json.dumps(message))
            try:
                return self._answer(response, message.get("id"), until)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise McpError(_told(error)) from error

    def end(self) -> None:
        """Tells the server that the session is over, if it wants to know."""
        try:
            if "Mcp-Session-Id" in self.headers:
                self._request("DELETE", CONNECT_SECONDS, None).close()
        except (urllib3.exceptions.HTTPError, OSError):
            # It will find out by itself.
            return
        finally:
            self._pool.clear()

    def _request(self, method: str, seconds: float, body: str | None) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            method,
            self._url,
            body=body,
            headers=self.headers,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
        )

    def _answer(
        self, response: urllib3.BaseHTTPResponse, request_id: Any, until: float
    ) -> Message | None:
        if response.status == 404 and "Mcp-Session-Id" in self.headers:
            raise SessionLost("The server has forgotten the session.")
        if not 200 <= response.status < 300:
            raise McpError(f"The server answered with status {response.status}.")
        if session := response.headers.get("Mcp-Session-Id"):
            self.headers["Mcp-Session-Id"] = session
        if request_id is None:
            return None
        streamed = response.headers.get("Content-Type", "").startswith(_EVENT_STREAM)
        chunks = _chunks(response, until)
        messages = _events(chunks) if streamed else iter([b"".join(chunks)])
        for message in map(_parsed, messages):
            if message.get("id") == request_id and "method" not in message:
                return message
        raise McpError("The server gave no answer.")


def _chunks(response: urllib3.BaseHTTPResponse, until: float) -> Iterator[bytes]:
    size = 0
    while chunk := response.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > MAX_RESPONSE_BYTES:
            raise McpError("The server's answer is too long.")
        yield chunk
        if time.monotonic() > until:
            raise McpError("The server took too long to answer.")


def _events(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The data of each event: https://html.spec.whatwg.org/multipage/server-sent-events.html."""
    data: list[bytes] = []
    for line in _lines(chunks):
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            yield b"\n".join(data)
            data = []


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines without their ends, which are LF, CRLF or CR."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        # A CR at the very end may be the first half of a CRLF.
        whole = rest.removesuffix(b"\r")
        *lines, last = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = last + rest[len(whole) :]
        yield from lines
    if rest.endswith(b"\r"):
        yield rest.removesuffix(b"\r")


def _parsed(data: bytes) -> Message:
    try:
        message = json.loads(data) if data.strip() else {}
    except ValueError:
        raise McpError("The server's answer is not JSON.") from None
    if not isinstance(message, dict):
        raise McpError("The server's answer is not a JSON-RPC message.")
    return message


def _told(error: Exception) -> str:
    unreachable = isinstance(error, urllib3.exceptions.NewConnectionError)
    if not unreachable and isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
        return "The server did not answer in time."
    return "The server cannot be reached."
