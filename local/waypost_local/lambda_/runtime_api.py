"""Lambda's Runtime API for one execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import h11

from waypost_local.lambda_.http1 import ConnectionClosed, Headers, HttpConnection, header
from waypost_local.lambda_.invocation import InvocationFailed, LambdaInvocation

_PREFIX = "/2018-06-01/runtime"
_ACCEPTED_BODY = b'{"status":"OK"}'
_MAX_BUFFERED_RESPONSE = 6 * 1024 * 1024 + 100
"""Bytes of a response that is not streamed, as Lambda counts them."""
_NO_RESPONSE = "The function asked for the next invocation before it responded."
_INCOMPLETE = "The function closed the connection before its response was complete."
_ERROR_TRAILER = "lambda-runtime-function-error-"


@dataclass(frozen=True)
class _Running:
    """`over` is set when the function asks for another invocation in its place."""

    invocation: LambdaInvocation
    over: asyncio.Event = field(default_factory=asyncio.Event)


class RuntimeApi:
    """Serves on a port of its own. `ready` is set once the function waits for an invocation.

    A function may wait for several at once, on a connection each.
    """

    def __init__(self, on_init_error: Callable[[InvocationFailed], None]) -> None:
        self._on_init_error = on_init_error
        self.slots = 1
        """So many invocations the function waits for or runs at once."""
        self._server: asyncio.Server
        self._next: asyncio.Queue[_Running] = asyncio.Queue()
        self._running: dict[str, _Running] = {}
        self._taken: dict[asyncio.Task[None], _Running] = {}
        """What was taken last over each connection."""
        self._abandoned: list[_Running] = []
        """What was taken over connections that are gone."""
        self._connections: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()
        self.ready = asyncio.Event()

    async def start(self) -> str:
        """Listens, and returns the address for AWS_LAMBDA_RUNTIME_API."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def run(self, invocation: LambdaInvocation) -> None:
        """Gives the function an invocation, and waits until it asks for the next one."""
        running = _Running(invocation)
        self._running[invocation.id] = running
        self._next.put_nowait(running)
        try:
            await running.over.wait()
        finally:
            del self._running[invocation.id]

    def fail_all(self, kind: str, message: str) -> None:
        """Fails every invocation that has no response yet."""
        for running in list(self._running.values()):
            running.invocation.fail(kind, message)

    async def read_to_end(self) -> None:
        """Reads what a process had sent before it ended."""
        if unfinished := self._connections - self._waiting:
            await asyncio.wait(unfinished)

    def close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._connections.add(task)
        connection = HttpConnection(reader, writer)
        try:
            while request := await connection.request():
                await self._serve(connection, request)
        except (ConnectionClosed, asyncio.CancelledError):
            # The process has ended, or the environment is stopped.
            pass
        finally:
            self._connections.discard(task)
            if running := self._taken.pop(task, None):
                self._abandoned.append(running)
            connection.close()

    async def _serve(self, connection: HttpConnection, request: h11.Request) -> None:
        path = request.target.decode()
        match path.removeprefix(_PREFIX).strip("/").split("/"):
            case ["invocation", "next"]:
                await connection.read()
                await self._send_next_invocation(connection)
            case ["restore", "next"]:
                await connection.read()
                await connection.respond(200, [], b"")
            case ["invocation", invocation_id, "response"]:
                await self._receive_response(connection, request, invocation_id)
            case ["invocation", invocation_id, "error"]:
                await self._receive_error(connection, invocation_id)
            case ["init" | "restore", "error"]:
                self._on_init_error(_parse_error(await connection.read()))
                await _respond_accepted(connection)
            case _:
                await connection.read()
                await connection.respond(404, [], b"")

    async def _send_next_invocation(self, connection: HttpConnection) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        if before := self._before(task):
            before.invocation.fail("Runtime.NoResponse", _NO_RESPONSE)
            before.over.set()
        self._waiting.add(task)
        self.ready.set()
        try:
            running = await self._next.get()
        finally:
            self._waiting.discard(task)
        self._taken[task] = running
        invocation = running.invocation
        await connection.respond(200, _invocation_headers(invocation), invocation.event)

    def _before(self, task: asyncio.Task[None]) -> "_Running | None":
        """What the function is over with that now asks for another invocation."""
        if running := self._taken.pop(task, None):
            return running
        if self._abandoned:
            return self._abandoned.pop(0)
        # A runtime may ask over one connection and answer over another.
        if self._taken and len(self._taken) + len(self._waiting) >= self.slots:
            return self._taken.pop(next(iter(self._taken)))
        return None

    async def _receive_response(
        self, connection: HttpConnection, request: h11.Request, invocation_id: str
    ) -> None:
        invocation = self._unfinished(invocation_id)
        if invocation is None:
            await connection.read()
            await connection.respond(410, [], b'{"errorType":"Gone"}')
            return
        try:
            if header(request.headers, "lambda-runtime-function-response-mode") == "streaming":
                async for chunk in connection.body():
                    await invocation.write(chunk)
                await invocation.finish(_late_error(connection.trailers))
            else:
                await _receive_buffered(connection, invocation)
        except ConnectionClosed:
            invocation.fail("Runtime.BrokenResponse", _INCOMPLETE)
            raise
        await _respond_accepted(connection)

    async def _receive_error(self, connection: HttpConnection, invocation_id: str) -> None:
        error = _parse_error(await connection.read())
        if invocation := self._unfinished(invocation_id):
            invocation.fail(error.kind, error.message)
        await _respond_accepted(connection)

    def _unfinished(self, invocation_id: str) -> LambdaInvocation | None:
        """The running invocation of this id, if it has no response yet."""
        running = self._running.get(invocation_id)
        done = running is None or running.invocation.done.is_set()
        return None if done or running is None else running.invocation


async def _receive_buffered(connection: HttpConnection, invocation: LambdaInvocation) -> None:
    body = await connection.read()
    if len(body) > _MAX_BUFFERED_RESPONSE:
        text = f"The response has {len(body)} bytes; Lambda takes {_MAX_BUFFERED_RESPONSE}."
        invocation.fail("Function.ResponseSizeTooLarge", text)
        return
    await invocation.write_buffered(body)
    await invocation.finish()


async def _respond_accepted(connection: HttpConnection) -> None:
    await connection.respond(202, [(b"content-type", b"application/json")], _ACCEPTED_BODY)


def _invocation_headers(invocation: LambdaInvocation) -> Headers:
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": invocation.id,
        "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
        "Lambda-Runtime-Invocation-Id": str(uuid.uuid4()),
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _late_error(trailers: Mapping[str, str]) -> InvocationFailed | None:
    kind = trailers.get(f"{_ERROR_TRAILER}type")
    if kind is None:
        return None
    try:
        body = base64.b64decode(trailers.get(f"{_ERROR_TRAILER}body", ""))
    except ValueError:
        body = b""
    return InvocationFailed(kind, _parse_error(body).message)


def _parse_error(body: bytes) -> InvocationFailed:
    try:
        fields = json.loads(body)
        return InvocationFailed(
            str(fields.get("errorType", "Error")), str(fields.get("errorMessage", ""))
        )
    except (ValueError, AttributeError):
        return InvocationFailed("Error", body.decode(errors="replace"))
