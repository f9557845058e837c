"""The stand-in on a port of its own, for clients that block."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from waypost_local.bedrock import serving
from waypost_local.bedrock.model import ConverseRequest, Piece, Stop, Text, ToolInput, ToolStart
from waypost_local.bedrock.tokens import metered

MODEL = "us.amazon.nova-lite-v1:0"
HELLO = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
TOOL = {
    "toolSpec": {
        "name": "query_database",
        "description": "Runs a SELECT.",
        "inputSchema": {"json": {"type": "object", "properties": {"sql": {"type": "string"}}}},
    }
}


@dataclass
class Scripted:
    """A model that says what it was told to, and keeps what it was asked."""

    pieces: Iterable[Piece] = (Text("One two three."),)
    reason: str = "end_turn"
    asked: list[ConverseRequest] = field(default_factory=list)

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        self.asked.append(request)
        for piece in metered(self.pieces, self.reason, request):
            yield piece


@dataclass
class Exact:
    """A model whose pieces go out as they are."""

    pieces: Iterable[Piece | Exception]

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


CALL = (ToolStart("call_1", "query_database"), ToolInput('{"sql": "select 1"}'))
END = Stop("end_turn", 3, 2)


@contextmanager
def on_a_port(app: Any) -> Iterator[str]:
    """Serves `app` from a thread with an event loop of its own; yields its URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = serving(app)

    async def up() -> str:
        return (await context.__aenter__()).url

    async def down() -> None:
        await context.__aexit__(None, None, None)

    try:
        yield asyncio.run_coroutine_threadsafe(up(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(down(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def client(url: str, fault: str = "", read_timeout: float = 30) -> Any:
    """An unmodified boto3 client; `fault` is sent as the header that asks for one."""
    made = boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
    )
    if fault:

        def add(request: Any, **_: Any) -> None:
            request.headers["x-waypost-fault"] = fault

        made.meta.events.register("before-send.bedrock-runtime", add)
    return made


def text_of(events: Iterable[dict[str, Any]]) -> str:
    deltas = (e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e)
    return "".join(delta.get("text", "") for delta in deltas)
