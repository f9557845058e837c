"""A small stack, a gate that its function waits at, and a client that reads bytes."""

import asyncio
import contextlib
import functools
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from waypost_local.lambda_.access_log import AccessLogEntry
from waypost_local.lambda_.function_url import FunctionUrl
from waypost_local.lambda_.pool import Pool
from waypost_local.stack import template
from waypost_local.stack.console import ConsoleLog
from waypost_local.stack.physical_ids import StackEndpoints
from waypost_local.stack.run import listen
from waypost_local.stack.template import Stack

TEMPLATE = Path(__file__).parent / "stack/template.yaml"
ENDPOINTS = StackEndpoints("http://127.0.0.1:1", "http://127.0.0.1:2")


@functools.cache
def load(root: Path = TEMPLATE.parent, **parameters: str) -> Stack:
    """The small stack, translated once for each set of parameters."""
    return template.load(template.read(TEMPLATE), root, parameters, ENDPOINTS)


@dataclass
class RunningUrl:
    """A function URL that is served, and what it logs."""

    pool: Pool
    port: int
    requests: asyncio.Queue[AccessLogEntry] = field(default_factory=asyncio.Queue)
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.address, timeout=30, trust_env=False) as client:
            return await client.request(method, path, **options)

    async def connect(self) -> "RawConnection":
        return await RawConnection.open(self.port)


class RawConnection:
    """A TCP connection, read and written as bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> "RawConnection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send_request(self, path: str, method: str = "GET", *headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode())

    async def head(self) -> str:
        return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def chunk(self) -> bytes:
        size = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(size + 2))[:-2]


class Gate:
    """The port that the function's `/steps` connects to for the lines that it sends."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: asyncio.Queue[RawConnection] = asyncio.Queue()


@contextlib.asynccontextmanager
async def open_gate() -> AsyncIterator[Gate]:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opened.arrived.put(RawConnection(reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    opened = Gate(server.sockets[0].getsockname()[1])
    yield opened
    server.close()
    while not opened.arrived.empty():
        opened.arrived.get_nowait().writer.close()


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    async with open_gate() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def shared_gate() -> AsyncIterator[Gate]:
    """A gate for tests that run in their module's event loop, as those of `shared_url` do."""
    async with open_gate() as opened:
        yield opened


@contextlib.asynccontextmanager
async def serve_small_stack(
    max_environments: int = 3,
    root: Path = TEMPLATE.parent,
    *,
    paced: bool = False,
    concurrency: int = 1,
    **parameters: str,
) -> AsyncIterator[RunningUrl]:
    """Serves the small stack's URL; keywords are parameters of its template."""
    listening: socket.socket = listen("127.0.0.1", 0)
    lines: list[str] = []
    log = ConsoleLog(lines.append)
    function = load(root, **parameters).url_function()
    pool = Pool(function, sys.executable, {}, max_environments, log.function_output, concurrency)
    url = RunningUrl(pool, listening.getsockname()[1], lines=lines)

    def log_request(entry: AccessLogEntry) -> None:
        log.request(entry)
        url.requests.put_nowait(entry)

    function_url = FunctionUrl(pool, log_request, paced=paced)
    await function_url.start(listening)
    try:
        yield url
    finally:
        await pool.stop()
        await function_url.stop()


ServeUrl = Callable[..., AbstractAsyncContextManager[RunningUrl]]


@pytest.fixture
def serve_url() -> ServeUrl:
    return serve_small_stack


@pytest.fixture
async def url() -> AsyncIterator[RunningUrl]:
    """A URL of the test's own."""
    async with serve_small_stack() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_url() -> AsyncIterator[RunningUrl]:
    async with serve_small_stack() as url:
        yield url


@pytest_asyncio.fixture(loop_scope="module")
async def shared_url(module_url: RunningUrl) -> AsyncIterator[RunningUrl]:
    """The URL of a module's tests, whose one environment is idle; the log is empty."""
    module_url.requests = asyncio.Queue()
    module_url.lines.clear()
    yield module_url
    await module_url.pool.finish(30)
