"""Bedrock on a port of its own, for clients that block, and models for it."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from waypost_local.bedrock import serving
from waypost_local.bedrock.model import (
    ConverseRequest,
    Piece,
    Stop,
    TextPiece,
    ToolUseInput,
    ToolUseStart,
)
from waypost_local.bedrock.tokens import limited

MODEL = "us.amazon.nova-lite-v1:0"
HELLO = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
PARAMETERS = {"type": "object", "properties": {"sql": {"type": "string"}}}
TOOL = {
    "toolSpec": {
        "name": "query_database",
        "description": "Runs a SELECT.",
        "inputSchema": {"json": PARAMETERS},
    }
}


@dataclass
class ScriptedModel:
    """Replies with `pieces`, token by token and within the limits; records its requests."""

    pieces: Iterable[Piece] = (TextPiece("One two three."),)
    reason: str = "end_turn"
    requests: list[ConverseRequest] = field(default_factory=list)

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        self.requests.append(request)
        for piece in limited(self.pieces, self.reason, request):
            yield piece


@dataclass
class UnlimitedModel:
    """Replies with `pieces` as they are, and raises those that are exceptions."""

    pieces: Iterable[Piece | Exception]

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


CALL = (ToolUseStart("call_1", "query_database"), ToolUseInput('{"sql": "select 1"}'))
END = Stop("end_turn", 3, 2)


@contextmanager
def on_a_port(app: Any) -> Iterator[str]:
    """Serves `app` from a thread with an event loop of its own; yields its URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = serving(app)

    async def start() -> str:
        return (await server.__aenter__()).url

    async def stop() -> None:
        await server.__aexit__(None, None, None)

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def unreachable_url() -> Iterator[str]:
    """A URL whose port is taken, but refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def client(url: str, fault: str = "", read_timeout: float = 30) -> Any:
    """An unmodified boto3 client; `fault` is sent as the header that asks for one."""
    bedrock = boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
    )
    if fault:

        def add_header(request: Any, **_: Any) -> None:
            request.headers["x-waypost-fault"] = fault

        bedrock.meta.events.register("before-send.bedrock-runtime", add_header)
    return bedrock


def text_of(events: Iterable[dict[str, Any]]) -> str:
    deltas = (e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e)
    return "".join(delta.get("text", "") for delta in deltas)
