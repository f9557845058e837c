"""Lambda's Runtime API for one environment (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)."""

import asyncio
import json
import uuid
from collections.abc import Callable

import h11

from waypost_local.http1 import Connection, Gone, value
from waypost_local.invocation import Invocation

_PREFIX = "/2018-06-01/runtime"
_ACCEPTED = b'{"status":"OK"}'


class RuntimeApi:
    """Serves on a port of its own. `ready` is set while the function waits for an invocation."""

    def __init__(self, on_init_error: Callable[[str, str], None]) -> None:
        self._on_init_error = on_init_error
        self._server: asyncio.Server
        self._next: asyncio.Queue[Invocation] = asyncio.Queue()
        self._current: Invocation | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.ready = asyncio.Event()

    async def start(self) -> str:
        """Listens, and answers the address for AWS_LAMBDA_RUNTIME_API."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def hand_over(self, invocation: Invocation) -> None:
        self.ready.clear()
        self._current = invocation
        self._next.put_nowait(invocation)

    def fail_current(self, kind: str, message: str) -> None:
        if self._current:
            self._current.fail(kind, message)
            self._current = None

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
            # Whoever was being answered in a stream is cut off where the stream was.
            pass
        finally:
            self._connections.discard(task)
            connection.close()

    async def _serve(self, connection: Connection, request: h11.Request) -> None:
        path = request.target.decode()
        match path.removeprefix(_PREFIX).strip("/").split("/"):
            case ["invocation", "next"]:
                await _read(connection)
                await self._give(connection)
            case ["restore", "next"]:
                await _read(connection)
                await connection.respond(200, [], b"")
            case ["invocation", invocation_id, "response"]:
                await self._take(connection, request, invocation_id)
            case ["invocation", invocation_id, "error"]:
                await self._take_error(connection, invocation_id)
            case ["init", "error"] | ["restore", "error"]:
                kind, message = _error(await _read(connection))
                self._on_init_error(kind, message)
                await _accepted(connection)
            case _:
                await _read(connection)
                await connection.respond(404, [], b"")

    async def _give(self, connection: Connection) -> None:
        self.ready.set()
        invocation = await self._next.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
            "Lambda-Runtime-Invocation-Id": str(uuid.uuid4()),
            "Content-Type": "application/json",
        }
        pairs = [(name.encode(), text.encode()) for name, text in headers.items()]
        await connection.respond(200, pairs, invocation.event)

    async def _take(self, connection: Connection, request: h11.Request, wanted: str) -> None:
        invocation = self._current
        if invocation is None or invocation.id != wanted or invocation.over.is_set():
            await _read(connection)
            await connection.respond(410, [], b'{"errorType":"Gone"}')
            return
        mode = value(list(request.headers), "lambda-runtime-function-response-mode")
        if mode == "streaming":
            async for chunk in connection.body():
                await invocation.stream(chunk)
        else:
            await invocation.answer(await _read(connection))
        await invocation.finish()
        await _accepted(connection)

    async def _take_error(self, connection: Connection, wanted: str) -> None:
        kind, message = _error(await _read(connection))
        if self._current and self._current.id == wanted:
            self._current.fail(kind, message)
        await _accepted(connection)


async def _read(connection: Connection) -> bytes:
    return b"".join([chunk async for chunk in connection.body()])


async def _accepted(connection: Connection) -> None:
    await connection.respond(202, [(b"content-type", b"application/json")], _ACCEPTED)


def _error(body: bytes) -> tuple[str, str]:
    try:
        fields = json.loads(body)
        return str(fields.get("errorType", "Error")), str(fields.get("errorMessage", ""))
    except (ValueError, AttributeError):
        return "Error", body.decode(errors="replace")
