"""Many invocations at once in one process, as on Lambda Managed Instances."""

import asyncio
import json
import logging
import os
import signal
from typing import Any

import pytest

from tests.runtime.conftest import Spawn, Start, url_event
from tests.runtime.lambda_api import PREFIX, LambdaApi
from waypost_runtime import logs
from waypost_runtime.channel import Channel
from waypost_runtime.context import LambdaContext
from waypost_runtime.loop import run
from waypost_runtime.startup import CannotStart

SLOTS = 32
MANY = {"AWS_LAMBDA_MAX_CONCURRENCY": str(SLOTS)}
NEXT = f"GET {PREFIX}/invocation/next"


class Meeting:
    """An app whose requests wait for each other between two pieces of their bodies."""

    def __init__(self, size: int) -> None:
        self.barrier = asyncio.Barrier(size)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/broken":
            raise RuntimeError("broken")
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"before ", "more_body": True})
        await self.barrier.wait()
        about: LambdaContext = scope["aws.context"]
        logging.getLogger("shop").warning("served")
        assert logs.own.get() is about
        await send({"type": "http.response.body", "body": about.aws_request_id.encode()})


async def test_32_streams_run_through_one_process(api: LambdaApi, start: Start) -> None:
    start(Meeting(SLOTS), **MANY)
    await api.wait_for_request(NEXT, times=SLOTS)
    assert api.connections == SLOTS

    answers = await asyncio.gather(*(api.ask(url_event()) for _ in range(SLOTS)))

    bodies = [answer.body.rpartition(b"\0")[2].decode() for answer in answers]
    assert sorted(bodies) == sorted(f"before request-{n + 1}" for n in range(SLOTS))
    assert api.connections == SLOTS


async def test_a_request_that_fails_touches_no_other(api: LambdaApi, start: Start) -> None:
    start(Meeting(2), AWS_LAMBDA_MAX_CONCURRENCY="3")
    one = api.invoke(url_event())
    await one.chunk(1)
    broken = await api.ask(url_event(path="/broken"))
    cut = api.invoke(url_event(), cut_after=2)
    assert b'"statusCode": 500' in broken.body
    assert (await one.answer()).body.endswith(b"before request-1")
    await cut.chunk(1)
    # The slot whose connection Lambda has closed goes on over a new one.
    again = await asyncio.gather(api.ask(url_event()), api.ask(url_event()))
    assert all(b"before" in answer.body for answer in again)


async def test_each_line_of_the_log_names_its_own_request(
    api: LambdaApi, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    formatted: list[dict[str, Any]] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            formatted.append(json.loads(logs.JsonLines().format(record)))

    logger, handler = logging.getLogger("shop"), Keeping()
    logger.addHandler(handler)
    try:
        start(Meeting(3), AWS_LAMBDA_MAX_CONCURRENCY="3")
        await asyncio.gather(*(api.ask(url_event()) for _ in range(3)))
    finally:
        logger.removeHandler(handler)
    assert {line["requestId"] for line in formatted} == {f"request-{n}" for n in (1, 2, 3)}


async def test_events_are_handled_at_once_too(api: LambdaApi, start: Start) -> None:
    barrier = asyncio.Barrier(4)

    async def on_event(event: Any, context: Any) -> Any:
        await barrier.wait()
        return {"by": context.aws_request_id, "trace": os.environ.get("_X_AMZN_TRACE_ID")}

    start(Meeting(1), on_event, AWS_LAMBDA_MAX_CONCURRENCY="4")
    headers = {"Lambda-Runtime-Trace-Id": "Root=1-2-3"}
    asked = (api.ask({"Records": []}, headers=headers) for _ in range(4))
    found = [json.loads(answer.body) for answer in await asyncio.gather(*asked)]
    assert {one["by"] for one in found} == {f"request-{n}" for n in (1, 2, 3, 4)}
    # One variable of the process cannot tell four requests apart.
    assert {one["trace"] for one in found} == {""}


STREAM = """
import asyncio
async def handler(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await asyncio.sleep(0.5)
        await send({"type": "http.response.body", "body": b"b"})
"""


async def test_a_process_that_is_to_end_finishes_what_runs(api: LambdaApi, spawn: Spawn) -> None:
    process = await spawn(STREAM, AWS_LAMBDA_MAX_CONCURRENCY="4")
    running = api.invoke(url_event())
    await running.chunk(1)
    await api.wait_for_request(NEXT, times=4)
    process.send_signal(signal.SIGTERM)
    assert (await running.answer()).body.endswith(b"ab")
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_lambda_that_is_gone_ends_every_slot(api: LambdaApi, start: Start) -> None:
    task = start(Meeting(1), **MANY)
    await api.wait_for_request(NEXT, times=SLOTS)
    api.stop_listening()
    api.drop_connections()
    with pytest.raises(OSError):  # noqa: PT011 - whichever the system names
        await task


@pytest.mark.parametrize("value", ["0", "many", "-1"])
async def test_a_number_that_is_none_is_named(api: LambdaApi, value: str) -> None:
    env = {"_HANDLER": "x.y", "AWS_LAMBDA_MAX_CONCURRENCY": value}
    with pytest.raises(CannotStart):
        await run(Channel(api.address), env)
    (request,) = api.requests
    assert b"AWS_LAMBDA_MAX_CONCURRENCY" in request.body
