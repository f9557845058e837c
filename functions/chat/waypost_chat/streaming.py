"""A run as a streamed response."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from waypost.errors import DeadlinePassed
from waypost.runs import LiveRun
from waypost_chat import sse
from waypost_chat.dialects import Dialect

_DEADLINE_IS_NEAR = 5.0


class RunStream(StreamingResponse):
    """Follows a run to its end.

    Whoever called may leave: the response then goes on waiting for the run, because Lambda
    freezes the process as soon as the response is over.
    """

    def __init__(self, run: LiveRun, dialect: Dialect, heartbeat: float, scope: Scope) -> None:
        self._run = run
        super().__init__(
            _bytes(run, dialect, heartbeat, scope),
            media_type=sse.MEDIA_TYPE,
            headers={**sse.HEADERS, **run_headers(run)},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            await self._run.wait()


def run_headers(run: LiveRun) -> dict[str, str]:
    return {"X-Run-Id": run.id, "X-Thread-Id": run.thread_id}


def deadline_is_near(scope: Scope) -> bool:
    """Whether a cancellation means that the invocation's time is over, not that a client left."""
    deadline: Any = scope.get("aws.deadline")
    return deadline is not None and deadline - time.time() < _DEADLINE_IS_NEAR


async def _bytes(
    run: LiveRun, dialect: Dialect, heartbeat: float, scope: Scope
) -> AsyncIterator[bytes]:
    yield sse.OPENING
    seq, over = 0, False
    while not over:
        try:
            events = await run.read(seq, heartbeat)
        except asyncio.CancelledError:
            if not deadline_is_near(scope):
                raise
            run.stop(DeadlinePassed())
            continue
        over = run.finished
        seq += len(events)
        data = b"".join(map(dialect.encode, events))
        if data:
            yield data
        elif not events:
            yield sse.HEARTBEAT
