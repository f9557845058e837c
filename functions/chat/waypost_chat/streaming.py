"""A run as a streamed response."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from waypost.events import now
from waypost.runs import FollowedRun, LiveRun
from waypost_chat import sse
from waypost_chat.dialects import Dialect, HasHeartbeat

_DEADLINE_IS_NEAR = 5.0
_ID_LINE = re.compile(rb"^id: \d+\n", re.MULTILINE)
_VISIBLE = re.compile(r"[\x21-\x7e]+")
AnyRun = LiveRun | FollowedRun


class RunStream(StreamingResponse):
    """Follows a run to its end, from after the event with number `after`.

    The client may leave: the response then goes on waiting for a run of this process, because
    Lambda freezes the process as soon as the response is over.
    """

    def __init__(
        self,
        run: AnyRun,
        dialect: Dialect,
        heartbeat: float,
        scope: Scope,
        after: int = 0,
        *,
        ids: bool = True,
    ) -> None:
        """Args: ids: Without, frames have no `id` lines."""
        self._run = run
        frames = _bytes(run, dialect, heartbeat, scope, after)
        super().__init__(
            frames if ids else _without_ids(frames),
            media_type=sse.MEDIA_TYPE,
            headers={**sse.HEADERS, **run_headers(run)},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            await self._run.wait()


def run_headers(run: AnyRun) -> dict[str, str]:
    """Ids in headers. A thread's id that is not visible ASCII is percent-encoded."""
    thread_id = run.thread_id
    if not _VISIBLE.fullmatch(thread_id):
        thread_id = quote(thread_id)
    return {"X-Run-Id": run.id, "X-Thread-Id": thread_id}


async def wait_for_end(run: AnyRun, scope: Scope) -> bool:
    """Waits until the run is over; False where the invocation's time was over first."""
    seq = 0
    while not run.finished:
        try:
            seq += len(await run.read(seq, timeout=60))
        except asyncio.CancelledError:
            if not _deadline_is_near(scope):
                raise
            if not run.out_of_time():
                return False
    return True


def wants_ids(request: Request) -> bool:
    """Whether a client of the five systems resumes: one that does not is not sent any ids."""
    return "last-event-id" in request.headers or request.query_params.get("ids") == "1"


async def _without_ids(frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Frames that begin with their data, the opening and the heartbeats as blocks of their own."""
    async for data in frames:
        if data == sse.OPENING:
            # Some readers take a block that only sets the time to reconnect for an event.
            yield b": open\n\n"
        elif data == sse.HEARTBEAT:
            yield data + b"\n"
        else:
            yield _ID_LINE.sub(b"", data)


async def _bytes(
    run: AnyRun, dialect: Dialect, heartbeat: float, scope: Scope, after: int
) -> AsyncIterator[bytes]:
    yield sse.OPENING
    seq, finished, beat = 0, False, _Heartbeat(dialect, heartbeat)
    while not finished:
        try:
            events = await run.read(seq, beat.timeout)
        except asyncio.CancelledError:
            if not _deadline_is_near(scope):
                raise
            if not run.out_of_time():
                return
            continue
        finished = run.finished
        seq += len(events)
        # A dialect has a state, so it encodes everything, also what is not sent.
        encoded = [(event.seq, dialect.encode(event)) for event in events]
        data = b"".join(part for number, part in encoded if number > after)
        if chunk := data if finished else beat.after(data):
            yield chunk


class _Heartbeat:
    """Keeps a silent stream alive: a comment line after so many seconds without data.

    Where a dialect has a heartbeat event, clients expect that one, also between tokens.
    """

    def __init__(self, dialect: Dialect, seconds: float) -> None:
        self._event = dialect.heartbeat if isinstance(dialect, HasHeartbeat) else None
        self._seconds = seconds
        self._due = time.monotonic() + seconds

    @property
    def timeout(self) -> float:
        """Seconds until the next beat."""
        return max(0.0, self._due - time.monotonic())

    def after(self, data: bytes) -> bytes:
        """`data`, and a beat where it is time for one."""
        due = not self.timeout and bool(self._event or not data)
        if due or (data and not self._event):
            self._due = time.monotonic() + self._seconds
        return data + self._beat() if due else data

    def _beat(self) -> bytes:
        return self._event(now()) if self._event else sse.HEARTBEAT


def _deadline_is_near(scope: Scope) -> bool:
    """Whether a cancellation means that the invocation's time is over, not that a client left."""
    deadline: Any = scope.get("aws.deadline")
    return deadline is not None and deadline - time.time() < _DEADLINE_IS_NEAR
