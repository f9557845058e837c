"""A server on a port of this process."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.bedrock.local_bedrock import HELLO, ScriptedModel
from waypost_local.bedrock import Pace, app, serving
from waypost_local.bedrock.model import Piece, Stop, TextPiece
from waypost_local.bedrock.pace import paced

pytestmark = pytest.mark.server


async def test_port_0_takes_a_free_port_and_releases_it() -> None:
    async with serving(app(ScriptedModel())) as server, httpx.AsyncClient() as http:
        assert server.port > 0
        assert (await http.get(f"{server.url}/_faults")).json() is None

    with socket.create_server(("127.0.0.1", server.port)):
        pass


async def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with serving(app(ScriptedModel()), port=port):
                pass


async def test_signals_stay_with_whoever_runs_the_loop() -> None:
    before = signal.getsignal(signal.SIGINT)
    async with serving(app(ScriptedModel())):
        assert signal.getsignal(signal.SIGINT) is before


async def test_it_stops_while_a_stream_stalls() -> None:
    async with serving(app(ScriptedModel())) as server, httpx.AsyncClient() as http:
        url = f"{server.url}/model/m/converse-stream"
        headers = {"x-waypost-fault": "stall_after;after=1"}
        body = {"messages": HELLO["messages"]}
        async with http.stream("POST", url, json=body, headers=headers) as answer:
            assert await anext(answer.aiter_raw())


async def test_a_pace_delays_each_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asserted on the sleeps that it asks for. Only they move the clock."""
    now = 100.0
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        sleeps.append(round(seconds, 6))
        now += seconds

    async def pieces() -> AsyncIterator[Piece]:
        for text in ("a", "b", "c"):
            yield TextPiece(text)
        yield Stop("end_turn", 1, 3)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    received = [piece async for piece in paced(pieces(), Pace(0.5, 10))]

    assert sleeps == [0.5, 0.1, 0.1]
    assert len(received) == 4
