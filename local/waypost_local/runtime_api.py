"""Lambda's Runtime API for one environment.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Callable, Mapping

import h11

from waypost_local.http1 import Connection, Gone, value
from waypost_local.invocation import Invocation, InvocationFailed

_PREFIX = "/2018-06-01/runtime"
_ACCEPTED = b'{"status":"OK"}'
_LARGEST_ANSWER = 6 * 1024 * 1024 + 100
"""Bytes of an answer that is not streamed, as Lambda counts them."""
_BROKE_OFF = "The function broke its response off."
_TRAILER = "lambda-runtime-function-error-"


class RuntimeApi:
    """Serves on a port of its own. `ready` is set while the function waits for an invocation."""

    def __init__(self, on_init_error: Callable[[InvocationFailed], None]) -> None:
        self._on_init_error = on_init_error
        self._server: asyncio.Server
        self._next: asyncio.Queue[Invocation] = asyncio.Queue()
        self._current: Invocation | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._waiting: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    async def start(self) -> str:
        """Listens, and answers the address for AWS_LAMBDA_RUNTIME_API."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def serve(self, invocation: Invocation) -> None:
        """Hands an invocation over, and waits until the function asks for the next one."""
        self.ready.clear()
        self._current = invocation
        self._next.put_nowait(invocation)
        await self.ready.wait()

    def fail_current(self, kind: str, message: str) -> None:
        if self._current:
            self._current.fail(kind, message)

    async def read_to_end(self) -> None:
        """Takes in what an ended process had sent."""
        if left := self._connections - {self._waiting}:
            await asyncio.wait(left)

    def close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._connections.add(task)
        connection = Connection(reader, writer)
        try:
            while request := await connection.request():
                await self._serve(connection, request)
        except (Gone, asyncio.CancelledError):
            # The environment has ended, or was ended.
            pass
        finally:
            self._connections.discard(task)
            connection.close()

    async def _serve(self, connection: Connection, request: h11.Request) -> None:
        path = request.target.decode()
        match path.removeprefix(_PREFIX).strip("/").split("/"):
            case ["invocation", "next"]:
                await connection.read()
                await self._give(connection)
            case ["restore", "next"]:
                await connection.read()
                await connection.respond(200, [], b"")
            case ["invocation", invocation_id, "response"]:
                await self._take(connection, request, invocation_id)
            case ["invocation", invocation_id, "error"]:
                await self._take_error(connection, invocation_id)
            case ["init" | "restore", "error"]:
                self._on_init_error(_error(await connection.read()))
                await _accept(connection)
            case _:
                await connection.read()
                await connection.respond(404, [], b"")

    async def _give(self, connection: Connection) -> None:
        if self._next.empty():
            self.fail_current("Runtime.NoResponse", "The function went on without a response.")
        self._waiting = asyncio.current_task()
        self.ready.set()
        invocation = await self._next.get()
        self._waiting = None
        headers = [(n.encode(), text.encode()) for n, text in _headers(invocation).items()]
        await connection.respond(200, headers, invocation.event)

    async def _take(self, connection: Connection, request: h11.Request, wanted: str) -> None:
        invocation = self._awaited(wanted)
        if invocation is None:
            await connection.read()
            await connection.respond(410, [], b'{"errorType":"Gone"}')
            return
        try:
            if value(request.headers, "lambda-runtime-function-response-mode") == "streaming":
                async for chunk in connection.body():
                    await invocation.stream(chunk)
                await invocation.finish(_trailing(connection.trailers))
            else:
                await _take_whole(connection, invocation)
        except Gone:
            invocation.fail("Runtime.BrokenResponse", _BROKE_OFF)
            raise
        await _accept(connection)

    async def _take_error(self, connection: Connection, wanted: str) -> None:
        error = _error(await connection.read())
        if invocation := self._awaited(wanted):
            invocation.fail(error.kind, error.message)
        await _accept(connection)

    def _awaited(self, wanted: str) -> Invocation | None:
        """The current invocation, where that is the wanted one and it has no answer yet."""
        current = self._current
        return current if current and current.id == wanted and not current.over.is_set() else None


async def _take_whole(connection: Connection, invocation: Invocation) -> None:
    body = await connection.read()
    if len(body) > _LARGEST_ANSWER:
        text = f"The answer has {len(body)} bytes; Lambda takes {_LARGEST_ANSWER}."
        invocation.fail("Function.ResponseSizeTooLarge", text)
        return
    await invocation.answer(body)
    await invocation.finish()


async def _accept(connection: Connection) -> None:
    await connection.respond(202, [(b"content-type", b"application/json")], _ACCEPTED)


def _headers(invocation: Invocation) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": invocation.id,
        "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
        "Lambda-Runtime-Trace-Id": invocation.trace_id,
        "Lambda-Runtime-Invocation-Id": str(uuid.uuid4()),
    }


def _trailing(trailers: Mapping[str, str]) -> InvocationFailed | None:
    kind = trailers.get(f"{_TRAILER}type")
    if kind is None:
        return None
    try:
        body = base64.b64decode(trailers.get(f"{_TRAILER}body", ""))
    except ValueError:
        body = b""
    return InvocationFailed(kind, _error(body).message)


def _error(body: bytes) -> InvocationFailed:
    try:
        fields = json.loads(body)
        return InvocationFailed(
            str(fields.get("errorType", "Error")), str(fields.get("errorMessage", ""))
        )
    except (ValueError, AttributeError):
        return InvocationFailed("Error", body.decode(errors="replace"))
