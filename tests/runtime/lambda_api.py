"""Lambda's side of the Runtime API on a raw socket, which records every byte of the runtime."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

PREFIX = "/2018-06-01/runtime"
DEFAULT_SECONDS = 600.0


@dataclass
class Request:
    """A request as it came in, a piece at a time."""

    head: bytes
    raw: bytearray = field(default_factory=bytearray)
    """Everything after the head, as it was on the wire."""
    chunks: list[bytes] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode().removesuffix(" HTTP/1.1")

    @property
    def headers(self) -> dict[str, str]:
        return _headers(self.head.split(b"\r\n")[1:])


@dataclass
class Invocation:
    """An event for the function, and what has come back for it so far."""

    id: str
    event: bytes
    headers: dict[str, str]
    status: int = 202
    """What Lambda answers to the response …"""
    status_after: int | None = None
    """… at its end, or after so many chunks."""
    cut_after: int | None = None
    """Lambda closes the connection after so many chunks."""
    request: Request | None = None
    done: bool = False
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while Lambda reads the response; cleared, the response has to wait."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def chunk(self, number: int) -> bytes:
        """Waits for a chunk, counted from 0, which is the prelude's."""
        await self._until(lambda: self.request is not None and len(self.request.chunks) > number)
        assert self.request
        return self.request.chunks[number]

    async def answer(self) -> Request:
        """Waits for the whole answer."""
        await self._until(lambda: self.done)
        assert self.request
        return self.request

    async def _until(self, condition: Any) -> None:
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(condition)

    async def change(self) -> None:
        async with self.changed:
            self.changed.notify_all()


class LambdaApi:
    """`async with LambdaApi() as api`, then `api.invoke(event)`."""

    def __init__(self) -> None:
        self.address = ""
        self.requests: list[Request] = []
        self.connections = 0
        self.log: list[str] = []
        """The first line of every request, in order; tests add lines of their own."""
        self.restore_status = 200
        self._invocations: asyncio.Queue[Invocation] = asyncio.Queue()
        self._known: dict[str, Invocation] = {}
        self._request_added = asyncio.Condition()
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "LambdaApi":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def invoke(
        self,
        event: Any,
        *,
        seconds: float = DEFAULT_SECONDS,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Invocation:
        """Hands an event to the function. Bytes are sent as they are, anything else as JSON."""
        number = f"request-{len(self._known) + 1}"
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        metadata = {
            "Lambda-Runtime-Aws-Request-Id": number,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f",
            **(headers or {}),
        }
        invocation = Invocation(number, body, metadata, **options)
        invocation.reads.set()
        self._known[number] = invocation
        self._invocations.put_nowait(invocation)
        return invocation

    async def ask(self, event: Any, **options: Any) -> Request:
        """Hands an event over and waits for the whole answer."""
        return await self.invoke(event, **options).answer()

    async def wait_for_request(self, line: str, times: int = 1) -> Request:
        """Waits until a request with this line came in so many times."""

        def found() -> list[Request]:
            return [request for request in self.requests if request.line == line]

        async with asyncio.timeout(30), self._request_added:
            await self._request_added.wait_for(lambda: len(found()) >= times)
        return found()[times - 1]

    def stop_listening(self) -> None:
        self._server.close()

    def drop_connections(self) -> None:
        """As after a long freeze: every connection is gone."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            while True:
                await self._answer(await _head(reader), reader, writer)
        except (
            asyncio.IncompleteReadError,
            asyncio.CancelledError,
            ConnectionError,
            _ConnectionClosed,
        ):
            writer.close()
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await self._note(request)
        if request.line == f"GET {PREFIX}/invocation/next":
            invocation = await self._invocations.get()
            await _reply(writer, 200, invocation.event, invocation.headers)
        elif request.line == f"GET {PREFIX}/restore/next":
            await _reply(writer, self.restore_status)
        elif (number := request.line.split("/")[-2]) in self._known:
            await self._take(self._known[number], request, reader, writer)
        else:
            request.body = await reader.readexactly(int(request.headers["content-length"]))
            await _reply(writer, 202)

    async def _note(self, request: Request) -> None:
        self.log.append(request.line)
        self.requests.append(request)
        async with self._request_added:
            self._request_added.notify_all()

    async def _take(
        self,
        invocation: Invocation,
        request: Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        invocation.request = request
        if "transfer-encoding" in request.headers:
            await self._take_chunks(invocation, request, reader, writer)
        else:
            request.body = await reader.readexactly(int(request.headers["content-length"]))
            request.raw += request.body
        invocation.done = True
        await _reply(writer, invocation.status)
        await invocation.change()

    async def _take_chunks(
        self,
        invocation: Invocation,
        request: Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        while True:
            await invocation.reads.wait()
            line = await reader.readuntil(b"\r\n")
            size = int(line, 16)
            request.raw += line
            if size == 0:
                break
            chunk = await reader.readexactly(size + 2)
            request.raw += chunk
            request.chunks.append(chunk[:-2])
            await invocation.change()
            if len(request.chunks) == invocation.cut_after:
                raise _ConnectionClosed
            if len(request.chunks) == invocation.status_after:
                await _reply(writer, invocation.status)
                await reader.read()
                raise _ConnectionClosed
        rest = b""
        while not (rest == b"\r\n" or rest.endswith(b"\r\n\r\n")):
            rest += await reader.readuntil(b"\r\n")
        request.raw += rest
        request.trailers = _headers(rest.split(b"\r\n"))
        request.body = b"".join(request.chunks)


class _ConnectionClosed(Exception):
    """Lambda ends the connection."""


async def _head(reader: asyncio.StreamReader) -> Request:
    return Request(await reader.readuntil(b"\r\n\r\n"))


async def _reply(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> None:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
    await writer.drain()


def _headers(lines: list[bytes]) -> dict[str, str]:
    pairs = (line.decode().partition(": ") for line in lines if line)
    return {name.lower(): value for name, _, value in pairs}
