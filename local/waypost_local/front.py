"""The function URL: HTTP in, events to the function, its response out as it comes.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import h11

from waypost_local import cors, events, responses
from waypost_local.environment import InitFailed
from waypost_local.events import Request
from waypost_local.failure import CommandError
from waypost_local.http1 import Connection, Gone, Malformed
from waypost_local.invocation import InvocationFailed
from waypost_local.logs import Served
from waypost_local.pool import Pool, Running, Throttled

LARGEST_EVENT = 6 * 1024 * 1024
"""Bytes of an event, its body included, that Lambda takes."""
_AGENT = "x-waypost-agent"


class _Refused(Exception):
    """Answered by the URL itself. `reason` is for the log."""

    def __init__(self, status: int, message: str, reason: object = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.reason = str(reason)


@dataclass
class _Seen:
    """What the request's line in the log will say. Times are `time.monotonic`'s."""

    request: Request
    began: float = field(default_factory=time.monotonic)
    first: float = 0.0
    ended: float = 0.0
    status: int = 0
    agent: str = ""
    reason: str = ""
    running: Running | None = None

    def begin(self, status: int) -> None:
        self.status, self.first = status, time.monotonic()

    def served(self) -> Served:
        running = self.running
        error = (running.invocation.error or running.invocation.trailer) if running else None
        return Served(
            method=self.request.method,
            path=self.request.path,
            status=self.status,
            first_ms=round((self.first - self.began) * 1000),
            total_ms=round((self.ended - self.began) * 1000),
            environment=running.environment if running else "",
            request_id=running.invocation.id if running else "",
            agent=self.agent,
            error=str(error) if error else self.reason,
        )


class Front:
    """Serves one function on one port. `paced` holds responses to Lambda's bandwidth."""

    def __init__(self, pool: Pool, served: Callable[[Served], None], *, paced: bool) -> None:
        self._pool = pool
        self._served = served
        self._paced = paced
        self._cors = cors.from_url(pool.function.url or {})
        self._url_id = events.url_id(pool.function.name)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accept, sock=listening)

    def close(self) -> None:
        """Takes no more connections; what is running goes on."""
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
        connection = Connection(reader, writer)
        peer = writer.get_extra_info("peername")[0]
        try:
            while request := await connection.request():
                await self._serve(connection, _request(request, peer))
        except Malformed as error:
            await _refuse_malformed(connection, error)
        except (Gone, asyncio.CancelledError):
            # The client has left, or the stack is stopping.
            pass
        finally:
            self._connections.discard(task)
            connection.close()

    async def _serve(self, connection: Connection, request: Request) -> None:
        seen = _Seen(request)
        try:
            await self._answer(connection, seen)
        except _Refused as refused:
            seen.reason = refused.reason
            seen.begin(refused.status)
            await self._refuse(connection, request, refused)
        finally:
            seen.ended = time.monotonic()
            self._log(seen)

    def _log(self, seen: _Seen) -> None:
        if seen.running is None:
            self._served(seen.served())
            return
        # Its agent is known once the function has printed all that it had to say.
        seen.running.finished.add_done_callback(lambda _: self._served(seen.served()))

    async def _answer(self, connection: Connection, seen: _Seen) -> None:
        request = seen.request
        body = await _read(connection)
        if self._cors and cors.is_preflight(request.method, request.joined):
            seen.begin(200)
            allowed = self._cors.preflight(request.joined)
            await connection.respond(200, responses.encoded(allowed), b"")
            return
        event = json.dumps(events.from_request(request, body, self._url_id)).encode()
        if len(event) > LARGEST_EVENT:
            raise _too_large()
        seen.running = await self._invoke(event)
        await self._relay(connection, seen, seen.running)

    async def _invoke(self, event: bytes) -> Running:
        try:
            return await self._pool.invoke(event)
        except Throttled as error:
            raise _Refused(429, "Rate Exceeded.", error) from None
        except (InitFailed, CommandError) as error:
            raise _Refused(502, "Internal Server Error", error) from None

    async def _relay(self, connection: Connection, seen: _Seen, running: Running) -> None:
        """Passes the response on. The function is not told when its client leaves."""
        invocation, request = running.invocation, seen.request
        try:
            prelude = await invocation.head()
        except InvocationFailed:
            raise _Refused(502, "Internal Server Error") from None
        seen.begin(prelude.status)
        seen.agent = prelude.headers.get(_AGENT, "")
        client = responses.Client(connection, paced=self._paced)
        headers = responses.headers(request, invocation, prelude, self._cors)
        await client.start(prelude.status, headers)
        silent = request.method == "HEAD" or prelude.status in responses.BODILESS
        async for chunk in invocation.body():
            if not silent:
                await client.send(chunk)
        if invocation.error:
            raise Gone("The response ends where the function did.")
        await client.end()

    async def _refuse(self, connection: Connection, request: Request, refused: _Refused) -> None:
        body = json.dumps({"Message": refused.message}).encode()
        given = {"content-type": "application/json", "content-length": str(len(body))}
        headers = responses.encoded(responses.with_cors(request, given, self._cors))
        await connection.start(refused.status, headers)
        if request.method != "HEAD":
            await connection.send(body)
        await connection.end()


def _request(request: h11.Request, peer: str) -> Request:
    headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in request.headers]
    target = request.target.decode("latin-1")
    if not target.startswith("/"):
        # The absolute form, as sent to proxies.
        target = "/" + target.partition("://")[2].partition("/")[2]
    return Request(request.method.decode(), target, headers, peer)


async def _read(connection: Connection) -> bytes:
    """The body. One that is too large is read to its end, so that its sender hears why."""
    body, size = bytearray(), 0
    async for chunk in connection.body():
        size += len(chunk)
        if size <= LARGEST_EVENT:
            body += chunk
    if size > LARGEST_EVENT:
        raise _too_large()
    return bytes(body)


def _too_large() -> _Refused:
    return _Refused(413, "Request Entity Too Large", f"more than {LARGEST_EVENT} bytes")


async def _refuse_malformed(connection: Connection, error: Malformed) -> None:
    try:
        await connection.respond(error.status, [(b"connection", b"close")], b"")
    except Gone:
        return
