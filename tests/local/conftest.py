"""A small stack, a gate to hold its function at, and a client that sees bytes."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from waypost_local import template
from waypost_local.front import Front
from waypost_local.logs import Log, Served
from waypost_local.physical import Where
from waypost_local.pool import Pool
from waypost_local.stack import listen
from waypost_local.template import Stack

TEMPLATE = Path(__file__).parent / "stack/template.yaml"
WHERE = Where("http://127.0.0.1:1", "http://127.0.0.1:2")


def load(root: Path = TEMPLATE.parent, **given: str) -> Stack:
    return template.load(template.read(TEMPLATE), root, given, WHERE)


@dataclass
class Url:
    """A running function URL, and what was said about it."""

    pool: Pool
    port: int
    requests: "asyncio.Queue[Served]" = field(default_factory=asyncio.Queue)
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.request("GET", path, **more)

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.address, timeout=30, trust_env=False) as client:
            return await client.request(method, path, **more)

    async def connect(self) -> "Wire":
        return Wire(*await asyncio.open_connection("127.0.0.1", self.port))


class Wire:
    """A connection, seen as bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def ask(self, path: str, method: str = "GET", *headers: str, body: bytes = b"") -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode() + body)

    async def head(self) -> str:
        return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def chunk(self) -> bytes:
        size = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(size + 2))[:-2]


class Gate:
    """The test's end of what the function waits at."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: asyncio.Queue[Wire] = asyncio.Queue()


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    async def arrive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made.arrived.put(Wire(reader, writer))

    server = await asyncio.start_server(arrive, "127.0.0.1", 0)
    made = Gate(server.sockets[0].getsockname()[1])
    yield made
    server.close()
    while not made.arrived.empty():
        made.arrived.get_nowait().writer.close()


Open = Callable[..., AbstractAsyncContextManager[Url]]


@pytest.fixture
def serving() -> Open:
    """Opens the small stack's URL; `given` are parameters of its template."""

    @contextlib.asynccontextmanager
    async def opened(
        most: int = 3, root: Path = TEMPLATE.parent, *, paced: bool = False, **given: str
    ) -> AsyncIterator[Url]:
        listening: socket.socket = listen("127.0.0.1", 0)
        lines: list[str] = []
        log = Log(lines.append)
        pool = Pool(load(root, **given).with_url(), sys.executable, {}, most, log.printed)
        url = Url(pool, listening.getsockname()[1], lines=lines)

        def served(request: Served) -> None:
            log.served(request)
            url.requests.put_nowait(request)

        front = Front(pool, served, paced=paced)
        await front.start(listening)
        try:
            yield url
        finally:
            await pool.stop()
            await front.stop()

    return opened


@pytest.fixture
async def url(serving: Open) -> AsyncIterator[Url]:
    async with serving() as opened:
        yield opened
