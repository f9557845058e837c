"""HTTP/1.1 to the Runtime API, over an `asyncio.Protocol` with a writer of its own.

One connection is kept alive and used for everything: asking for the next invocation, then
answering it. A hand-written writer costs a third of what an HTTP library does per chunk.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

_BUFFER = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """A response of the Runtime API. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Lost(OSError):
    """The Runtime API closed the connection."""


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        transport.set_write_buffer_limits(high=_BUFFER)

    def data_received(self, data: bytes) -> None:
        self._received += data
        answer = _parse(self._received)
        if answer and self._answer and not self._answer.done():
            self._received.clear()
            self._answer.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        self._writable.set()
        if self._answer and not self._answer.done():
            self._answer.set_exception(Lost("The Runtime API closed the connection."))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def begin(self, data: bytes) -> None:
        """Starts a request: its head, and as much of its body as there is."""
        self._answer = asyncio.get_running_loop().create_future()
        # An answer that nobody waits for any more must not be reported as an unseen error.
        self._answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.write(data)

    def write(self, data: bytes) -> None:
        """Raises Lost where the connection is gone, or was answered before it was finished."""
        if self.lost or self._transport.is_closing():
            raise Lost("The Runtime API closed the connection.")
        self._transport.write(data)

    async def drain(self) -> None:
        """Waits while the other side does not read. Raises Lost."""
        if not self._writable.is_set():
            await self._writable.wait()
        if self.lost:
            raise Lost("The Runtime API closed the connection.")

    async def answer(self) -> Answer:
        """What the request was answered with. Raises Lost."""
        assert self._answer is not None  # noqa: S101
        answer = await asyncio.shield(self._answer)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        self.lost = True
        self._transport.close()


class Channel:
    """The Runtime API at `host:port`, through whichever connection is alive."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host or address, int(port or 80)
        self._address = address
        self._connection: Connection | None = None

    async def connection(self) -> Connection:
        if self._connection is None or self._connection.lost:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(Connection, self._host, self._port)
        return self._connection

    async def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """A whole request. Raises Lost, or OSError where nothing listens."""
        connection = await self.connection()
        length = {"Content-Length": str(len(body))} if method == "POST" else {}
        connection.begin(self.head(method, path, {**(headers or {}), **length}) + body)
        return await connection.answer()

    def head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._address}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def close(self) -> None:
        if self._connection and not self._connection.lost:
            self._connection.close()


def _parse(received: bytearray) -> Answer | None:
    """The answer, once all of it is here; 1xx answers are skipped."""
    while True:
        head, blank, rest = bytes(received).partition(b"\r\n\r\n")
        if not blank:
            return None
        status_line, *lines = head.decode("latin-1").split("\r\n")
        status = int(status_line.split(" ", 2)[1])
        if status >= 200:
            break
        del received[: len(head) + 4]
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = _body(headers, rest, status)
    return None if body is None else Answer(status, headers, body)


def _body(headers: Mapping[str, str], rest: bytes, status: int) -> bytes | None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunked(rest)
    length = 0 if status in (204, 304) else int(headers.get("content-length", "0"))
    return rest[:length] if len(rest) >= length else None


def _chunked(rest: bytes) -> bytes | None:
    body, place = bytearray(), 0
    while True:
        line_end = rest.find(b"\r\n", place)
        if line_end < 0:
            return None
        size = int(rest[place:line_end].partition(b";")[0], 16)
        place = line_end + 2
        if len(rest) < place + size + 2:
            return None
        if size == 0:
            return bytes(body)
        body += rest[place : place + size]
        place += size + 2
