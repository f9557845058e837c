"""JSON-RPC over HTTP: one message a POST, answered with JSON or with Server-Sent Events."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3

from waypost.agents.mcp.event_stream import EventStream

CONNECT_SECONDS = 3.0
MAX_RESPONSE_BYTES = 1_000_000
"""Bytes of one answer."""
_CHUNK = 65_536
_SCHEMES = ("http", "https")
_EVENT_STREAM = "text/event-stream"
_MIN_RETRY = 0.1
"""Seconds between two polls at the least, whatever the server asks for."""
_MAX_REDIRECTS = 3
_LOST = {400, 404}
"""The protocol's status of a session that is gone is 404; some servers answer 400."""

Message = dict[str, Any]


class McpError(Exception):
    """A server failed. The text is fit for model and user: it names no address."""


class SessionLost(McpError):
    """The server does not know the session any more, and has not done what it was asked to."""


class McpTransport:
    """The connection to one server. It blocks, so it belongs into a thread."""

    def __init__(self, url: str) -> None:
        if urlsplit(url).scheme not in _SCHEMES:
            raise McpError("The server's address is not an HTTP address.")
        self._url = url
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)
        self._given_up = threading.Event()
        self.headers = {
            "Accept": f"application/json, {_EVENT_STREAM}",
            "Content-Type": "application/json",
        }

    def send(self, message: Message, seconds: float) -> Message | None:
        """The answer to a request, or None for a notification. Raises McpError."""
        until = time.monotonic() + seconds
        try:
            response = self._request("POST", until, json.dumps(message))
            try:
                return self._answer(response, message.get("id"), until)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise McpError(_told(error)) from error

    def give_up(self) -> None:
        """Ends the wait for a stream to go on; from any thread."""
        self._given_up.set()

    def end(self) -> None:
        """Tells the server that the session is over, if it wants to know."""
        try:
            if "Mcp-Session-Id" in self.headers:
                self._request("DELETE", time.monotonic() + CONNECT_SECONDS, None).close()
        except (urllib3.exceptions.HTTPError, OSError):
            # It will find out by itself.
            return
        finally:
            self._pool.clear()

    def _request(
        self, method: str, until: float, body: str | None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Follows the server to another path of its own, and stays there."""
        for _ in range(_MAX_REDIRECTS):
            response = self._request_once(method, until, body, headers)
            target = redirection(self._url, response)
            if target is None:
                return response
            response.close()
            self._url = target
        return self._request_once(method, until, body, headers)

    def _request_once(
        self, method: str, until: float, body: str | None, headers: dict[str, str]
    ) -> urllib3.BaseHTTPResponse:
        seconds = max(until - time.monotonic(), 0.001)
        return self._pool.request(
            method,
            self._url,
            body=body,
            headers={**self.headers, **headers},
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds),
        )

    def _answer(
        self, response: urllib3.BaseHTTPResponse, request_id: Any, until: float
    ) -> Message | None:
        if response.status in _LOST and "Mcp-Session-Id" in self.headers:
            raise SessionLost(f"The server has lost the session: status {response.status}.")
        _check_status(response)
        if session := response.headers.get("Mcp-Session-Id"):
            self.headers["Mcp-Session-Id"] = session
        if request_id is None:
            return None
        chunks = _chunks(response, until)
        streamed = _media_type(response) == _EVENT_STREAM
        messages = self._streamed(chunks, until) if streamed else iter([b"".join(chunks)])
        for message in map(_parsed, messages):
            if message.get("id") == request_id and "method" not in message:
                return message
        raise McpError("The server gave no answer.")

    def _streamed(self, chunks: Iterator[bytes], until: float) -> Iterator[bytes]:
        """The data of a stream's events, on from where it ends if the server can resume it.

        https://modelcontextprotocol.io/seps/1699-support-sse-polling-via-server-side-disconnect
        """
        events = EventStream()
        try:
            yield from events.read(chunks)
        except urllib3.exceptions.ProtocolError:
            if not events.last_id:
                raise
        while events.last_id:
            self._wait(events.retry, until)
            response = self._request("GET", until, None, **{"Last-Event-ID": events.last_id})
            try:
                _check_status(response)
                if _media_type(response) != _EVENT_STREAM:
                    raise McpError("The server's answer is not an event stream.")
                yield from events.read(_chunks(response, until))
            except urllib3.exceptions.ProtocolError:
                continue
            finally:
                response.close()

    def _wait(self, seconds: float, until: float) -> None:
        seconds = max(seconds, _MIN_RETRY)
        if time.monotonic() + seconds >= until:
            raise McpError("The server did not answer in time.")
        if self._given_up.wait(seconds):
            raise McpError("Nobody waits for the server any more.")


def redirection(url: str, response: urllib3.BaseHTTPResponse) -> str | None:
    """Where the same request belongs, if that is on the same host and port.

    A server behind a proxy does not know that it was called over TLS: what was, stays so.
    """
    location = response.headers.get("Location")
    if response.status not in (307, 308) or not location:
        return None
    try:
        target, own = urlsplit(urljoin(url, location)), urlsplit(url)
        if (target.hostname, target.port) != (own.hostname, own.port):
            return None
    except ValueError:
        return None
    if {own.scheme, target.scheme} == {"http", "https"}:
        target = target._replace(scheme="https")
    return target._replace(netloc=own.netloc).geturl() if target.scheme in _SCHEMES else None


def _media_type(response: urllib3.BaseHTTPResponse) -> str:
    """Without its parameters, in small letters."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _check_status(response: urllib3.BaseHTTPResponse) -> None:
    if not 200 <= response.status < 300:
        raise McpError(f"The server answered with status {response.status}.")


def _chunks(response: urllib3.BaseHTTPResponse, until: float) -> Iterator[bytes]:
    size = 0
    while chunk := response.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > MAX_RESPONSE_BYTES:
            raise McpError("The server's answer is too long.")
        yield chunk
        if time.monotonic() > until:
            raise McpError("The server took too long to answer.")


def _parsed(data: bytes) -> Message:
    try:
        message = json.loads(data) if data.strip() else {}
    except (ValueError, RecursionError):
        raise McpError("The server's answer is not JSON.") from None
    if not isinstance(message, dict):
        raise McpError("The server's answer is not a JSON-RPC message.")
    return message


def _told(error: Exception) -> str:
    unreachable = isinstance(error, urllib3.exceptions.NewConnectionError)
    if not unreachable and isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
        return "The server did not answer in time."
    return "The server cannot be reached."
