"""The event loop is never blocked, and heartbeats are sent while a tool or a model is awaited."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.types import Message

from tests.chat.conftest import Api, Running
from tests.chat.test_runs import body_of, scope
from waypost_local.bedrock.model import ToolUseInput, ToolUseStart

ENDLESS = f"SELECT count(*) AS n FROM {', '.join(f'technicians t{n}' for n in range(60))}"
QUERY_SECONDS = 1.0
QUICK = {"WAYPOST_HEARTBEAT": "0.02", "WAYPOST_QUERY_SECONDS": str(QUERY_SECONDS)}


@asynccontextmanager
async def measure_lag() -> AsyncIterator[list[float]]:
    """The seconds between two turns of the event loop, one after another."""
    lags: list[float] = []

    async def watch() -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            lags.append(time.monotonic() - before)
            before = time.monotonic()

    task = asyncio.create_task(watch())
    try:
        yield lags
    finally:
        task.cancel()


async def blocked_share(work: Callable[[], Awaitable[Any]], seconds: float = 0.0) -> float:
    """The longest lag of the loop as a share of `seconds`, or of all that `work` takes.

    The best of three tries: a machine that is busy with something else keeps the loop waiting now
    and then; a loop that is blocked is blocked each time.
    """
    shares = []
    for _ in range(3):
        async with measure_lag() as lags:
            await work()
            # The next turn of the measuring task ends the last lag.
            await asyncio.sleep(0.01)
        shares.append(max(lags) / (seconds or sum(lags)))
        if shares[-1] < 0.5:
            break
    return min(shares)


async def test_a_blocked_loop_is_measured() -> None:
    async def block() -> None:
        await asyncio.sleep(0.02)
        time.sleep(0.3)  # noqa: ASYNC251
        await asyncio.sleep(0.02)

    assert await blocked_share(block, 0.3) > 0.5


async def test_the_loop_is_free_while_a_model_streams(api: Api) -> None:
    api.model.add_reply("rag | 1 | - | x").add_reply("Warm.")
    await api.ask("How much leave?")

    async def stream() -> None:
        api.model.add_reply("rag | 1 | - | x").add_reply(*[f"word{n} " for n in range(1000)])
        await api.ask("How much leave?")

    assert await blocked_share(stream) < 0.5


async def test_the_loop_is_free_while_a_tool_runs(
    environment: dict[str, str], running: Running
) -> None:
    """The query runs into its time limit."""
    async with running(environment | QUICK) as api:

        async def query() -> None:
            api.model.add_reply("sql | 1 | - | x").add_query(ENDLESS).add_reply("Too many.")
            found = await api.ask("How many?")
            (failed,) = [event for event in found if event["type"] == "tool.failed"]
            assert "took longer than" in failed["message"]

        assert await blocked_share(query, QUERY_SECONDS) < 0.5


@pytest.mark.parametrize("waits_for", ["tool", "model"])
async def test_heartbeats_are_sent_while_a_tool_or_a_model_is_silent(
    environment: dict[str, str], running: Running, waits_for: str
) -> None:
    async with running(environment | QUICK) as api:
        gate = asyncio.Event()
        if waits_for == "tool":
            call = (
                ToolUseStart("c1", "query_database"),
                ToolUseInput(json.dumps({"sql": ENDLESS})),
            )
            api.model.add_reply("sql | 1 | - | x").add_reply(*call, reason="tool_use").add_reply(
                "Many."
            )
        else:
            api.model.add_reply("sql | 1 | - | x").add_reply("Word ", gate, "word.")
        sent = bytearray()

        async def send(message: Message) -> None:
            sent.extend(message.get("body", b""))
            marker = b"event: tool.input\n" if waits_for == "tool" else b"event: text.delta\n"
            if sent.partition(marker)[2].count(b"\n: hb\n") >= 3:
                gate.set()

        await api.app(scope("/v1/runs"), body_of({"input": "How many?"}), send)
        waiting = b"event: tool.input\n" if waits_for == "tool" else b"event: text.delta\n"
        assert sent.partition(waiting)[2].count(b"\n: hb\n") >= 3
        assert b"event: run.completed\n" in sent


async def test_heartbeats_are_sent_while_the_dialect_encodes_no_frame(
    environment: dict[str, str], running: Running
) -> None:
    """Tool calls are no frames of the internal dialect: events come, and no bytes do."""
    async with running(environment | QUICK) as api:
        gate = asyncio.Event()
        pieces = [
            ToolUseInput('{"sql": "'),
            *[ToolUseInput("-- ")] * 400,
            ToolUseInput('\\nSELECT 1"}'),
        ]
        call = ToolUseStart("c1", "query_database")
        api.model.add_reply("sql | 1 | - | x").add_reply(
            call, *pieces, gate, reason="tool_use"
        ).add_reply("Many.")
        sent = bytearray()

        async def send(message: Message) -> None:
            sent.extend(message.get("body", b""))
            if sent.count(b": hb\n") >= 3:
                gate.set()

        conversation = {"id": "c1", "user_id": "u", "company_id": "c"}
        body = {"input": {"message": "How many?"}, "conversation": conversation}
        await api.app(scope("/internal/chat/stream"), body_of(body), send)
        assert sent.count(b": hb\n") >= 3
        assert b'"event":"complete"' in sent
