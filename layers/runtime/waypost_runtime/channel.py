"""HTTP/1.1 to the Runtime API, over an `asyncio.Protocol` with a writer of its own.

One connection is kept alive and used for everything: asking for the next invocation, then
answering it. A hand-written writer costs half of what an HTTP library does per chunk.
"""

import asyncio
from collections.abc import Mapping

from waypost_runtime.http1 import HttpResponse, ResponseReader

_BUFFER = 64 * 1024
"""Bytes on their way to Lambda before the writer is made to wait."""


class Lost(OSError):
    """The Runtime API closed the connection, or refused a request before it was finished."""

    def __init__(self) -> None:
        super().__init__("The Runtime API takes nothing more on this connection.")


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._reader = ResponseReader()
        self._answer: asyncio.Future[HttpResponse] | None = None
        self._over: asyncio.Event | None = None
        self._sending = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        transport.set_write_buffer_limits(high=_BUFFER)

    def data_received(self, data: bytes) -> None:
        answer = self._reader.feed(data)
        if not answer or not self._answer or self._answer.done():
            return
        self._answer.set_result(answer)
        if answer.status >= 400 and self._sending:
            self._transport.abort()
            self._lose()

    def connection_lost(self, error: Exception | None) -> None:
        self._lose()
        if self._answer and not self._answer.done():
            self._answer.set_exception(Lost())

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def begin(self, data: bytes, *, more: bool = False, over: asyncio.Event | None = None) -> None:
        """Starts a request.

        Args:
            data: Its head, and as much of its body as there is.
            more: Whether `write` will bring the rest.
            over: Set when nothing more can be sent.

        Raises:
            Lost: The connection is gone.
        """
        self._answer = asyncio.get_running_loop().create_future()
        # An answer that nobody waits for any more must not be reported as an unseen error.
        self._answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._over = over
        self.write(data, more=more)

    def write(self, data: bytes, *, more: bool) -> None:
        """Sends a part of the request. Raises Lost."""
        if self.lost or self._transport.is_closing():
            self._lose()
            raise Lost
        self._sending = more
        self._transport.write(data)

    async def drain(self) -> None:
        """Waits while the other side does not read. Raises Lost."""
        if not self._writable.is_set():
            await self._writable.wait()
        if self.lost and self._sending:
            raise Lost

    async def answer(self) -> HttpResponse:
        """What the request was answered with. Raises Lost."""
        assert self._answer is not None  # noqa: S101
        answer = await asyncio.shield(self._answer)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Lets go of the connection; what was not sent yet is not sent."""
        self._transport.abort()
        self._lose()

    def _lose(self) -> None:
        self.lost = True
        self._writable.set()
        if self._over:
            self._over.set()


class Channel:
    """The Runtime API at `host:port`, through whichever connection is alive."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        if not port.isdecimal():
            host, port = address, "80"
        self._host, self._port = host.strip("[]"), int(port)
        self._address = address
        self._connection: Connection | None = None

    def another(self) -> "Channel":
        """One more to the same Runtime API, with a connection of its own."""
        return Channel(self._address)

    async def connection(self) -> Connection:
        """The connection that is alive, or a new one. Raises OSError where nothing listens."""
        if self._connection is None or self._connection.lost:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(Connection, self._host, self._port)
        return self._connection

    async def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpResponse:
        """A whole request. Raises Lost, or OSError where nothing listens."""
        length = {"Content-Length": str(len(body))} if method == "POST" else {}
        request = self.head(method, path, {**(headers or {}), **length}) + body
        reused = self._connection is not None and not self._connection.lost
        try:
            return await self._exchange(request)
        except Lost:
            # A connection can go stale while the environment is frozen; a new one cannot.
            if not reused:
                raise
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> HttpResponse:
        connection = await self.connection()
        connection.begin(request)
        return await connection.answer()

    def head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._address}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def close(self) -> None:
        if self._connection and not self._connection.lost:
            self._connection.close()
