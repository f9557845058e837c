"""The stand-in on a port of this process."""

import asyncio
import signal
import socket

import httpx
import pytest

from tests.bedrock.stand_in import HELLO, Scripted
from waypost_local.bedrock import Pace, app, serving
from waypost_local.bedrock.model import Stop, Text
from waypost_local.bedrock.pace import paced


async def test_port_zero_takes_a_free_one_and_gives_it_back() -> None:
    async with serving(app(Scripted())) as server, httpx.AsyncClient() as http:
        assert server.port > 0
        assert (await http.get(f"{server.url}/_faults")).json() is None

    with socket.create_server(("127.0.0.1", server.port)):
        pass


async def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with serving(app(Scripted()), port=port):
                pass


async def test_signals_stay_with_whoever_runs_the_loop() -> None:
    before = signal.getsignal(signal.SIGINT)
    async with serving(app(Scripted())):
        assert signal.getsignal(signal.SIGINT) is before


async def test_it_stops_while_a_stream_stalls() -> None:
    async with serving(app(Scripted())) as server, httpx.AsyncClient() as http:
        url = f"{server.url}/model/m/converse-stream"
        headers = {"x-waypost-fault": "stall_after;after=1"}
        body = {"messages": HELLO["messages"]}
        async with http.stream("POST", url, json=body, headers=headers) as answer:
            assert await anext(answer.aiter_raw())


async def test_a_pace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in the waits that it asks for, on a clock that only they move."""
    now = 100.0
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(round(seconds, 6))
        now += seconds

    async def pieces():  # type: ignore[no-untyped-def]
        for text in ("a", "b", "c"):
            yield Text(text)
        yield Stop("end_turn", 1, 3)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    said = [piece async for piece in paced(pieces(), Pace(0.5, 10))]

    assert waits == [0.5, 0.1, 0.1]
    assert len(said) == 4
