"""The function URL: HTTP in, events to the function, every chunk to the client as it comes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11

from waypost_local import cors, url_event
from waypost_local.environment import InitFailed
from waypost_local.http1 import Connection, Gone, value
from waypost_local.invocation import Invocation, InvocationFailed, Prelude
from waypost_local.pace import Pace
from waypost_local.pool import Pool, Throttled

MOST_BODY = 6 * 1024 * 1024
_JSON = (b"content-type", b"application/json")
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"}
_FAILED = b'{"Message":"Internal Server Error"}'


@dataclass
class Record:
    """What is logged of a request. Times are seconds since it came in."""

    method: str
    path: str
    status: int = 0
    first_byte: float | None = None
    total: float = 0.0
    environment: str = "-"
    note: str = ""


class Front:
    """Serves one function's URL."""

    def __init__(self, pool: Pool, log: Callable[[Record], None], *, paced: bool) -> None:
        self._pool = pool
        self._log = log
        self._paced = paced
        self._cors = (pool.function.url or {}).get("Cors")
        self._server: asyncio.Server
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listens and answers the port. Raises OSError where it is taken."""
        self._server = await asyncio.start_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._connections.add(task)
        connection = Connection(reader, writer)
        client = writer.get_extra_info("peername")[0]
        try:
            while request := await connection.request():
                await self._serve(connection, request, client)
        except (Gone, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            connection.close()

    async def _serve(self, connection: Connection, request: h11.Request, client: str) -> None:
        began = time.monotonic()
        target = request.target.decode("latin-1")
        record = Record(request.method.decode(), target.partition("?")[0])
        try:
            await _Exchange(connection, request, record, began, self._paced).run(
                self._pool, self._cors, client
            )
        finally:
            record.total = time.monotonic() - began
            self._log(record)


class _Exchange:
    """One request and what it is answered with."""

    def __init__(
        self,
        connection: Connection,
        request: h11.Request,
        record: Record,
        began: float,
        paced: bool,
    ) -> None:
        self._connection = connection
        self._request = request
        self._record = record
        self._began = began
        self._pace = Pace(began) if paced else None
        self._client_gone = False

    async def run(self, pool: Pool, settings: cors.Settings | None, client: str) -> None:
        headers = list(self._request.headers)
        origin = value(headers, "origin")
        self._added = cors.headers(settings, origin)
        body = await self._body()
        if body is None:
            await self._plain(413, b'{"Message":"Request Too Long"}')
        elif self._record.method == "OPTIONS" and settings and origin:
            self._added = cors.preflight(settings, origin)
            await self._plain(200, b"")
        else:
            await self._invoke(pool, body, client)

    async def _body(self) -> bytes | None:
        """The request's body, or None where it is larger than a function URL takes."""
        parts: list[bytes] = []
        size = 0
        async for chunk in self._connection.body():
            size += len(chunk)
            if size <= MOST_BODY:
                parts.append(chunk)
        return b"".join(parts) if size <= MOST_BODY else None

    async def _invoke(self, pool: Pool, body: bytes, client: str) -> None:
        event = url_event.build(
            self._record.method,
            self._request.target.decode("latin-1"),
            [(n.decode("latin-1"), v.decode("latin-1")) for n, v in self._request.headers],
            body,
            client,
        )
        try:
            invocation, environment = await pool.invoke(event)
            self._record.environment = environment.name
            await self._answer(invocation, await invocation.head())
        except Throttled:
            await self._plain(429, b'{"Reason":"ConcurrentInvocationLimitExceeded"}')
        except (InitFailed, InvocationFailed) as error:
            self._record.note = str(error)
            await self._plain(502, _FAILED)

    async def _answer(self, invocation: Invocation, prelude: Prelude) -> None:
        await self._start(prelude)
        async for chunk in invocation.body():
            await self._send(chunk)
        if invocation.error:
            self._record.note = str(invocation.error)
            raise Gone("The function broke off.")
        if not self._client_gone:
            await self._guarded(self._connection.end())
        if self._client_gone:
            self._record.note = "the client left; the function went on to its end"

    async def _start(self, prelude: Prelude) -> None:
        self._record.status = prelude.status
        self._record.first_byte = time.monotonic() - self._began
        bodiless = self._record.method == "HEAD" or prelude.status in (204, 304)
        kept = {
            name: text
            for name, text in prelude.headers.items()
            if name not in _HOP_BY_HOP or (name == "content-length" and not bodiless)
        }
        pairs = [*({**kept, **self._added}).items()]
        pairs += [("set-cookie", cookie) for cookie in prelude.cookies]
        encoded = [(n.encode("latin-1"), t.encode("latin-1")) for n, t in pairs]
        await self._guarded(self._connection.start(prelude.status, encoded))

    async def _send(self, chunk: bytes) -> None:
        """To the client, if it is still there: as on AWS, the function is not told if it is not."""
        if self._client_gone:
            return
        if self._pace:
            await asyncio.sleep(max(0.0, self._pace.due(len(chunk)) - time.monotonic()))
        await self._guarded(self._connection.send(chunk))

    async def _plain(self, status: int, body: bytes) -> None:
        self._record.status = status
        self._record.first_byte = time.monotonic() - self._began
        added = [(n.encode(), t.encode()) for n, t in self._added.items()]
        await self._connection.respond(status, [_JSON, *added] if body else added, body)

    async def _guarded(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except Gone:
            self._client_gone = True
