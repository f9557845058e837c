"""The servers that are measured, each in a process of its own, and how requests reach it."""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
END = b"0\r\n\r\n"


@dataclass
class ContestantProcess:
    """A contestant's process. CPU is in seconds, memory in MB."""

    process: asyncio.subprocess.Process
    started: float

    @property
    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, name: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024

    async def end(self) -> None:
        self.process.kill()
        await self.process.wait()


@dataclass
class TimedResponse:
    """One response: seconds to its first event and to its end, and when its bytes arrived."""

    first: float = 0.0
    total: float = 0.0
    arrivals: list[tuple[float, bytes]] = field(default_factory=list)


async def spawn(
    command: list[str], env: dict[str, str], paths: Sequence[Path] = ()
) -> ContestantProcess:
    paths = paths or [HERE, HERE.parents[1] / "layers/runtime"]
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **env},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return ContestantProcess(process, started)


async def read(
    reader: asyncio.StreamReader, started_at: float, *, pause: float = 0.0, keep: bool = False
) -> TimedResponse:
    """A chunked body to its end; `pause` after each read makes the reader a slow one."""
    timed = TimedResponse()
    tail = b""
    while not tail.endswith(END):
        data = await reader.read(65_536)
        if not data:
            break
        now = time.perf_counter()
        if not timed.first and b"data:" in data:
            timed.first = now - started_at
        if keep:
            timed.arrivals.append((time.time(), data))
        tail = (tail + data)[-len(END) :]
        if pause:
            await asyncio.sleep(pause)
    timed.total = time.perf_counter() - started_at
    return timed


async def _either(ready: Coroutine[Any, Any, Any], ended: Coroutine[Any, Any, int]) -> None:
    """Raises RuntimeError where the process ends before it is ready."""
    tasks = [asyncio.ensure_future(one) for one in (ready, ended)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if tasks[1].done():
        raise RuntimeError(f"the process ended with {tasks[1].result()}")
    tasks[1].cancel()


class UvicornContestant:
    """The app behind a web server, over HTTP."""

    name = "uvicorn"
    streams = True

    def __init__(self, process: ContestantProcess, port: int) -> None:
        self.process = process
        self._port = port
        self.startup = 0.0

    app = "bench_app:app"

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["UvicornContestant"]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", cls.app, "--port", str(port)]
        process = await spawn([*command, "--log-level", "error"], {})
        contestant = cls(process, port)
        try:
            await contestant._until_up()
            yield contestant
        finally:
            await process.end()

    async def ask(
        self, path: str, *, pause: float = 0.0, keep: bool = False, body: Any = None
    ) -> TimedResponse:
        limit = 65_536 if pause else 2**20
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=limit)
        started_at = time.perf_counter()
        sent = json.dumps(body).encode() if body else b""
        method = "POST" if body else "GET"
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent)}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + sent)
        timed = await read(reader, started_at, pause=pause, keep=keep)
        writer.close()
        return timed

    async def _until_up(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(0.002)
                continue
            writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await reader.read()
            writer.close()
            self.startup = time.perf_counter() - self.process.started
            return


class LambdaContestant:
    """A Lambda process under a Runtime API that times its responses."""

    name = "waypost_runtime"
    streams = True
    command: tuple[str, ...] = ("-m", "waypost_runtime")
    handler = "bench_app.app"
    python = sys.executable
    concurrency = 1
    task_root = HERE
    paths: Sequence[Path] = ()

    def __init__(self) -> None:
        self.process: ContestantProcess
        self.startup = 0.0
        self._waiting = asyncio.Event()
        self._events: asyncio.Queue[bytes] = asyncio.Queue()
        self._results: asyncio.Queue[TimedResponse] = asyncio.Queue()
        self._started_at = 0.0
        self._pause = 0.0
        self._keep = False
        self._serving: set[asyncio.Task[Any]] = set()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["LambdaContestant"]:
        contestant = cls()
        server = await asyncio.start_server(contestant._serve, "127.0.0.1", 0, limit=65_536)
        port = server.sockets[0].getsockname()[1]
        env = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "_HANDLER": cls.handler,
            "LAMBDA_TASK_ROOT": str(cls.task_root),
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_MAX_CONCURRENCY": str(cls.concurrency),
        }
        contestant.process = await spawn([cls.python, *cls.command], env, cls.paths)
        try:
            await _either(contestant._waiting.wait(), contestant.process.process.wait())
            contestant.startup = time.perf_counter() - contestant.process.started
            yield contestant
        finally:
            await contestant.process.end()
            server.close()
            for serving in contestant._serving:
                serving.cancel()
            await asyncio.gather(*contestant._serving, return_exceptions=True)

    async def ask(
        self, path: str, *, pause: float = 0.0, keep: bool = False, body: Any = None
    ) -> TimedResponse:
        await self._waiting.wait()
        if self.concurrency == 1:
            self._waiting.clear()
        self._pause, self._keep = pause, keep
        self._started_at = time.perf_counter()
        self._events.put_nowait(_event(path, body))
        return await self._results.get()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving
        self._serving.add(serving)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                if head.startswith("get"):
                    await self._next(writer)
                else:
                    await self._response(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    async def _next(self, writer: asyncio.StreamWriter) -> None:
        self._waiting.set()
        event = await self._events.get()
        if not event:
            raise ConnectionError
        deadline = int((time.time() + 600) * 1000)
        writer.write(
            f"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: arn\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(event)}\r\n\r\n".encode()
            + event
        )

    async def _response(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if "transfer-encoding: chunked" in head:
            timed = await read(reader, self._started_at, pause=self._pause, keep=self._keep)
        else:
            length = int(head.split("content-length:")[1].split("\r\n")[0])
            await reader.readexactly(length)
            passed = time.perf_counter() - self._started_at
            timed = TimedResponse(passed, passed)
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        self._results.put_nowait(timed)


class BufferedContestant(LambdaContestant):
    """The same under AWS's own runtime client, with mangum: whole answers."""

    name = "mangum on awslambdaric"
    streams = False
    command = ("-m", "awslambdaric", "bench_app.handler")
    handler = "bench_app.handler"


def _event(target: str, body: Any = None) -> bytes:
    path, _, query = target.partition("?")
    http: dict[str, Any] = {
        "method": "POST" if body else "GET",
        "path": path,
        "sourceIp": "127.0.0.1",
    }
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "x", "accept": "*/*", "content-type": "application/json"},
        "body": json.dumps(body) if body else "",
        "requestContext": {"http": http},
        "isBase64Encoded": False,
    }
    return json.dumps(event).encode()
