"""A careful client: it asks under a key, tries again, and goes on where it was cut off."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

Event = dict[str, Any]
TERMINAL = {"run.completed", "run.failed", "run.cancelled"}
PATIENCE = 60.0
"""Seconds after which a client gives a run up."""
_TRY_AGAIN = {429, 500, 502, 503, 504}
_PAUSE = 0.15
BROKEN = (httpx.TransportError, httpx.StreamError)
"""What httpx raises where a connection does not come about, or breaks."""


class GivenUp(Exception):
    """The stack does not answer as it should; the text says what it did."""


@dataclass
class Reading:
    """One run as one client has put it together, over as many connections as it took.

    `before` is what was seen and had to be dropped, because it was never stored.
    """

    run_id: str = ""
    thread_id: str = ""
    events: list[Event] = field(default_factory=list)
    before: list[Event] = field(default_factory=list)
    posts: int = 0
    connections: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] in TERMINAL

    @property
    def last(self) -> int:
        return len(self.events)

    @property
    def end(self) -> Event:
        return self.events[-1]

    def take(self, seq: str, name: str, event: Event) -> None:
        """An event as it came. What is wrong with it is noted."""
        expected = self.last + 1
        if not int(seq) == event["seq"] == expected:
            self.complaints.append(f"event {seq} came where {expected} was next")
        if name != event["type"]:
            self.complaints.append(f"event {seq}: the name is {name}, the type {event['type']}")
        if self.over:
            self.complaints.append(f"event {seq} came after the end")
        if self.run_id and event["run_id"] != self.run_id:
            self.complaints.append(f"event {seq} is of another run")
        self.events.append(event)

    def start_over(self) -> None:
        self.before, self.events = self.events, []


Seen = Callable[[Reading], Awaitable[None]]


@dataclass(frozen=True)
class Manner:
    """How a client reads: it leaves after so many events of each connection, and pauses between
    two. `seen` is awaited after each event."""

    cuts: tuple[int, ...] = ()
    pause: float = 0.0
    leaves_early: float | None = None
    """Seconds after which it leaves the first try of its question, unanswered."""
    seen: Seen | None = None


@dataclass
class Client:
    """One user's way to the stack."""

    http: httpx.AsyncClient
    url: str
    tenant: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Tenant-Id": self.tenant, "X-User-Id": "user"}

    async def ask(
        self, path: str, key: str, manner: Manner, body: dict[str, Any] | None = None
    ) -> Reading:
        """Posts until there is a run, and reads it to its end.

        Raises:
            GivenUp: It was refused, or nothing came of it.
        """
        reading = Reading()
        early = manner.leaves_early
        async with _patience(reading):
            while not reading.run_id:
                reading.posts += 1
                with suppress(*BROKEN):
                    await _leaving(early, self._post(path, key, manner, body, reading))
                early = None
                if not reading.run_id:
                    await asyncio.sleep(_PAUSE)
        return await self.follow(reading, manner)

    async def follow(self, reading: Reading, manner: Manner) -> Reading:
        """Reads a run to its end, from after what was read of it. Raises GivenUp."""
        async with _patience(reading):
            while not reading.over:
                before = reading.last
                with suppress(*BROKEN):
                    await self._follow_once(reading, manner)
                if reading.last == before:
                    await asyncio.sleep(_PAUSE)
        return reading

    async def get(self, path: str) -> Any:
        """JSON, as soon as it is answered. Raises GivenUp."""
        return (await self.call("GET", path)).json()

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any answer that is not an invitation to try again. Raises GivenUp."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = await self.http.request(
                    method, f"{self.url}{path}", headers=self.headers, **more
                )
                if answer.status_code not in _TRY_AGAIN:
                    return answer
                told = f"{answer.status_code} {answer.text[:200]}"
            except BROKEN as error:
                told = repr(error)
            if time.monotonic() > until:
                raise GivenUp(f"{method} {path} for {PATIENCE:g} seconds: {told}")
            await asyncio.sleep(_PAUSE)

    async def until(self, path: str, true: Callable[[Any], bool]) -> Any:
        """Looks until what is there is as wanted. Raises GivenUp."""
        until = time.monotonic() + PATIENCE
        while not true(found := await self.get(path)):
            if time.monotonic() > until:
                raise GivenUp(f"{path} stays {found}")
            await asyncio.sleep(_PAUSE)
        return found

    async def _post(self, path: str, key: str, manner: Manner, body: Any, reading: Reading) -> None:
        headers = {**self.headers, "Idempotency-Key": key}
        request = self.http.stream("POST", f"{self.url}{path}", json=body, headers=headers)
        async with request as answer:
            if answer.status_code in _TRY_AGAIN:
                return
            if answer.status_code != 200:
                await answer.aread()
                raise GivenUp(f"POST {path}: {answer.status_code} {answer.text[:300]}")
            reading.run_id = answer.headers["x-run-id"]
            reading.thread_id = answer.headers["x-thread-id"]
            with suppress(*BROKEN):
                await _read(answer, reading, manner)

    async def _follow_once(self, reading: Reading, manner: Manner) -> None:
        headers = {**self.headers, "Last-Event-ID": str(reading.last)}
        url = f"{self.url}/v1/runs/{reading.run_id}/events"
        async with self.http.stream("GET", url, headers=headers) as answer:
            if answer.status_code == 200:
                await _read(answer, reading, manner)
                return
            await answer.aread()
            # What was seen last was never stored: nothing can follow it.
            unknown = answer.status_code == 422 and "event_id_beyond_end" in answer.text
            if unknown or (answer.status_code == 204 and reading.events):
                reading.start_over()
            elif answer.status_code not in _TRY_AGAIN:
                text = f"events after {reading.last}: {answer.status_code} {answer.text[:300]}"
                raise GivenUp(text)


async def _read(answer: httpx.Response, reading: Reading, manner: Manner) -> None:
    """One connection, until it ends or the client leaves."""
    cut = manner.cuts[reading.connections] if reading.connections < len(manner.cuts) else 0
    reading.connections += 1
    came = 0
    async for seq, name, data in frames(answer):
        reading.take(seq, name, json.loads(data))
        came += 1
        if manner.seen:
            await manner.seen(reading)
        if came == cut:
            return
        if manner.pause:
            await asyncio.sleep(manner.pause)


async def frames(answer: httpx.Response) -> AsyncIterator[tuple[str, str, str]]:
    """(id, event, data) of each frame; an unfinished one is dropped, as browsers do."""
    fields: dict[str, str] = {}
    async for line in _lines(answer):
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            yield fields.get("id", ""), fields.get("event", ""), fields["data"]
            fields = {}


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    """Whole lines only, and LF alone ends one: a text may hold any other line separator."""
    rest = b""
    async for chunk in answer.aiter_raw():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode()


@asynccontextmanager
async def _patience(reading: Reading) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        what = f"{reading.run_id or 'the question'} after event {reading.last}"
        raise GivenUp(f"no end of {what} within {PATIENCE:g} seconds") from None


async def _leaving(seconds: float | None, work: Coroutine[Any, Any, None]) -> None:
    """Does the work, or as much of it as can be done in so many seconds."""
    with suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)
