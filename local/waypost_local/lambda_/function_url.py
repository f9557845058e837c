"""The function URL: HTTP in, events to the function, its response out as it comes.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import h11

from waypost_local.errors import CommandError
from waypost_local.lambda_ import cors, url_events, url_responses
from waypost_local.lambda_.access_log import AccessLogEntry, AccessLogRecord
from waypost_local.lambda_.environment import InitFailed
from waypost_local.lambda_.http1 import ConnectionClosed, HttpConnection, MalformedRequest
from waypost_local.lambda_.invocation import InvocationFailed
from waypost_local.lambda_.pool import Pool, RunningInvocation, Throttled
from waypost_local.lambda_.url_events import UrlRequest

MAX_EVENT_SIZE = 6 * 1024 * 1024
"""Bytes of an event, its body included, that Lambda takes."""
_AGENT_HEADER = "x-waypost-agent"


class _RequestRefused(Exception):
    """The URL itself responds with an error. `reason` is for the log."""

    def __init__(self, status: int, message: str, reason: object = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = str(reason)


class FunctionUrl:
    """Serves one function on one port. `paced` limits responses to Lambda's bandwidth."""

    def __init__(self, pool: Pool, log: Callable[[AccessLogEntry], None], *, paced: bool) -> None:
        self._pool = pool
        self._log = log
        self._paced = paced
        settings = cors.from_url(pool.function.url or {})
        self._cors = replace(settings, loopback=True) if settings else None
        self._url_id = url_events.url_id(pool.function.name)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loopback = False

    async def start(self, listening: socket.socket) -> None:
        self._loopback = cors.is_loopback(_host_of(listening))
        self._server = await asyncio.start_server(self._accept, sock=listening)

    def close(self) -> None:
        """Accepts no more connections. Running requests go on."""
        if self._server:
            self._server.close()

    async def stop(self) -> None:
        self.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._connections.add(task)
        connection = HttpConnection(reader, writer)
        client_ip = writer.get_extra_info("peername")[0]
        try:
            while request := await connection.request():
                await self._serve(connection, _to_url_request(request, client_ip))
        except MalformedRequest as error:
            await _refuse_malformed(connection, error)
        except (ConnectionClosed, asyncio.CancelledError):
            # The client has disconnected, or the stack is stopping.
            pass
        finally:
            self._connections.discard(task)
            connection.close()

    async def _serve(self, connection: HttpConnection, request: UrlRequest) -> None:
        record = AccessLogRecord(request)
        try:
            await self._respond(connection, record)
        except _RequestRefused as refused:
            record.refusal = refused.reason
            record.response_started(refused.status)
            await self._refuse(connection, request, refused)
        finally:
            record.ended = time.monotonic()
            self._log_when_finished(record)

    def _log_when_finished(self, record: AccessLogRecord) -> None:
        if record.running is None:
            self._log(record.entry())
            return
        # The function prints its agent, which the log reads, before it has finished.
        record.running.finished.add_done_callback(lambda _: self._log(record.entry()))

    async def _respond(self, connection: HttpConnection, record: AccessLogRecord) -> None:
        request = record.request
        body = await _read_body(connection)
        self._check_host(request)
        if self._cors and cors.is_preflight(request.method, request.header_values):
            record.response_started(200)
            headers = self._cors.preflight_headers(request.header_values)
            await connection.respond(200, url_responses.encode(headers), b"")
            return
        event = json.dumps(url_events.from_request(request, body, self._url_id)).encode()
        if len(event) > MAX_EVENT_SIZE:
            raise _too_large()
        record.running = await self._invoke(event)
        await self._relay(connection, record, record.running)

    def _check_host(self, request: UrlRequest) -> None:
        """A page elsewhere may have its own name lead here; it must not read the answers.

        Only where the stack listens on this machine alone: who opens it to a network decides so.
        """
        host = request.header_values.get("host", "localhost")
        if self._loopback and not cors.is_loopback(host):
            raise _RequestRefused(
                421, f"{host} is no name of this machine. Call 127.0.0.1 or localhost.", host
            )

    async def _invoke(self, event: bytes) -> RunningInvocation:
        try:
            return await self._pool.invoke(event)
        except Throttled as error:
            raise _RequestRefused(429, "Rate Exceeded.", error) from None
        except (InitFailed, CommandError) as error:
            raise _RequestRefused(502, "Internal Server Error", error) from None

    async def _relay(
        self, connection: HttpConnection, record: AccessLogRecord, running: RunningInvocation
    ) -> None:
        """Passes the response on. The function is not told when its client disconnects."""
        invocation, request = running.invocation, record.request
        try:
            prelude = await invocation.prelude()
        except InvocationFailed:
            raise _RequestRefused(502, "Internal Server Error") from None
        record.response_started(prelude.status)
        record.agent = prelude.headers.get(_AGENT_HEADER, "")
        writer = url_responses.ResponseWriter(connection, paced=self._paced)
        headers = url_responses.response_headers(request, invocation, prelude, self._cors)
        await writer.start(prelude.status, headers)
        bodiless = request.method == "HEAD" or prelude.status in url_responses.BODILESS
        async for chunk in invocation.body():
            if not bodiless:
                await writer.send(chunk)
        if invocation.error:
            raise ConnectionClosed("The function failed before its response was complete.")
        await writer.end()

    async def _refuse(
        self, connection: HttpConnection, request: UrlRequest, refused: _RequestRefused
    ) -> None:
        body = json.dumps({"Message": refused.message}).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        with_cors = url_responses.with_cors(request, headers, self._cors)
        await connection.start(refused.status, url_responses.encode(with_cors))
        if request.method != "HEAD":
            await connection.send(body)
        await connection.end()


def _host_of(listening: socket.socket) -> str:
    host = str(listening.getsockname()[0])
    return f"[{host}]" if ":" in host else host


def _to_url_request(request: h11.Request, client_ip: str) -> UrlRequest:
    headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in request.headers]
    target = request.target.decode("latin-1")
    if not target.startswith("/"):
        # The absolute form, as clients send it to proxies.
        target = "/" + target.partition("://")[2].partition("/")[2]
    return UrlRequest(request.method.decode(), target, headers, client_ip)


async def _read_body(connection: HttpConnection) -> bytes:
    """The body. One that is too large is read to its end, so that the client gets the response."""
    body, size = bytearray(), 0
    async for chunk in connection.body():
        size += len(chunk)
        if size <= MAX_EVENT_SIZE:
            body += chunk
    if size > MAX_EVENT_SIZE:
        raise _too_large()
    return bytes(body)


def _too_large() -> _RequestRefused:
    return _RequestRefused(413, "Request Entity Too Large", f"more than {MAX_EVENT_SIZE} bytes")


async def _refuse_malformed(connection: HttpConnection, error: MalformedRequest) -> None:
    try:
        await connection.respond(error.status, [(b"connection", b"close")], b"")
    except ConnectionClosed:
        return
