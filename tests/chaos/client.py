"""A client that asks with an idempotency key, retries, and resumes where it was cut off."""

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
TIMEOUT = 60.0
"""Seconds until a client gives up on a run."""
_RETRYABLE = {429, 500, 502, 503, 504}
_PAUSE = 0.15
CONNECTION_ERRORS = (httpx.TransportError, httpx.StreamError)
"""The errors of httpx for a connection that cannot be opened, or breaks."""


class ClientGaveUp(Exception):
    """The stack does not answer as it should; the message has its answer."""


@dataclass
class ClientRun:
    """One run's events as one client has received them, over one or more connections.

    `dropped` are events that it received and had to drop, because they were never stored.
    """

    run_id: str = ""
    thread_id: str = ""
    events: list[Event] = field(default_factory=list)
    dropped: list[Event] = field(default_factory=list)
    posts: int = 0
    connections: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] in TERMINAL

    @property
    def last(self) -> int:
        return len(self.events)

    @property
    def end(self) -> Event:
        return self.events[-1]

    def add_event(self, seq: str, name: str, event: Event) -> None:
        """Adds an event, and notes what is wrong with it."""
        expected = self.last + 1
        if not int(seq) == event["seq"] == expected:
            self.problems.append(f"event {seq} came where {expected} was next")
        if name != event["type"]:
            self.problems.append(f"event {seq}: the name is {name}, the type {event['type']}")
        if self.over:
            self.problems.append(f"event {seq} came after the end")
        if self.run_id and event["run_id"] != self.run_id:
            self.problems.append(f"event {seq} is of another run")
        self.events.append(event)

    def start_over(self) -> None:
        self.dropped, self.events = self.events, []


OnEvent = Callable[[ClientRun], Awaitable[None]]


@dataclass(frozen=True)
class ClientOptions:
    """How a client reads.

    It disconnects after `cuts[n]` events of its connection n, and pauses after each event.
    `on_event` is awaited after each event.
    """

    cuts: tuple[int, ...] = ()
    pause: float = 0.0
    leaves_early: float | None = None
    """Seconds after which it disconnects from the first try of its question."""
    on_event: OnEvent | None = None


@dataclass
class RetryingClient:
    """The client of one tenant's user."""

    http: httpx.AsyncClient
    url: str
    tenant: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Tenant-Id": self.tenant, "X-User-Id": "user"}

    async def ask(
        self, path: str, key: str, options: ClientOptions, body: dict[str, Any] | None = None
    ) -> ClientRun:
        """Posts until there is a run, and reads it to its end.

        Raises:
            ClientGaveUp: The question was refused, or no run began.
        """
        client_run = ClientRun()
        disconnect_after = options.leaves_early
        async with _time_limit(client_run):
            while not client_run.run_id:
                client_run.posts += 1
                with suppress(*CONNECTION_ERRORS):
                    await _cancelled_after(
                        disconnect_after, self._post(path, key, options, body, client_run)
                    )
                disconnect_after = None
                if not client_run.run_id:
                    await asyncio.sleep(_PAUSE)
        return await self.follow(client_run, options)

    async def follow(self, client_run: ClientRun, options: ClientOptions) -> ClientRun:
        """Reads a run to its end, from after what was read of it. Raises ClientGaveUp."""
        async with _time_limit(client_run):
            while not client_run.over:
                before = client_run.last
                with suppress(*CONNECTION_ERRORS):
                    await self._follow_once(client_run, options)
                if client_run.last == before:
                    await asyncio.sleep(_PAUSE)
        return client_run

    async def get(self, path: str) -> Any:
        """JSON, as soon as it is answered. Raises ClientGaveUp."""
        return (await self.call("GET", path)).json()

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The first answer that is not retryable. Raises ClientGaveUp."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                answer = await self.http.request(
                    method, f"{self.url}{path}", headers=self.headers, **more
                )
                if answer.status_code not in _RETRYABLE:
                    return answer
                last_error = f"{answer.status_code} {answer.text[:200]}"
            except CONNECTION_ERRORS as error:
                last_error = repr(error)
            if time.monotonic() > deadline:
                raise ClientGaveUp(f"{method} {path} for {TIMEOUT:g} seconds: {last_error}")
            await asyncio.sleep(_PAUSE)

    async def poll(self, path: str, true: Callable[[Any], bool]) -> Any:
        """Polls a path until `true` holds for its JSON. Raises ClientGaveUp."""
        deadline = time.monotonic() + TIMEOUT
        while not true(found := await self.get(path)):
            if time.monotonic() > deadline:
                raise ClientGaveUp(f"{path} stays {found}")
            await asyncio.sleep(_PAUSE)
        return found

    async def _post(
        self, path: str, key: str, options: ClientOptions, body: Any, client_run: ClientRun
    ) -> None:
        headers = {**self.headers, "Idempotency-Key": key}
        request = self.http.stream("POST", f"{self.url}{path}", json=body, headers=headers)
        async with request as answer:
            if answer.status_code in _RETRYABLE:
                return
            if answer.status_code != 200:
                await answer.aread()
                raise ClientGaveUp(f"POST {path}: {answer.status_code} {answer.text[:300]}")
            client_run.run_id = answer.headers["x-run-id"]
            client_run.thread_id = answer.headers["x-thread-id"]
            with suppress(*CONNECTION_ERRORS):
                await _read(answer, client_run, options)

    async def _follow_once(self, client_run: ClientRun, options: ClientOptions) -> None:
        headers = {**self.headers, "Last-Event-ID": str(client_run.last)}
        url = f"{self.url}/v1/runs/{client_run.run_id}/events"
        async with self.http.stream("GET", url, headers=headers) as answer:
            if answer.status_code == 200:
                await _read(answer, client_run, options)
                return
            await answer.aread()
            # The last events received were never stored: read from the start.
            unknown = answer.status_code == 422 and "event_id_beyond_end" in answer.text
            if unknown or (answer.status_code == 204 and client_run.events):
                client_run.start_over()
            elif answer.status_code not in _RETRYABLE:
                text = f"events after {client_run.last}: {answer.status_code} {answer.text[:300]}"
                raise ClientGaveUp(text)


async def _read(answer: httpx.Response, client_run: ClientRun, options: ClientOptions) -> None:
    """Reads one connection until it ends or the client disconnects."""
    cut = options.cuts[client_run.connections] if client_run.connections < len(options.cuts) else 0
    client_run.connections += 1
    count = 0
    async for seq, name, data in frames(answer):
        client_run.add_event(seq, name, json.loads(data))
        count += 1
        if options.on_event:
            await options.on_event(client_run)
        if count == cut:
            return
        if options.pause:
            await asyncio.sleep(options.pause)


async def frames(answer: httpx.Response) -> AsyncIterator[tuple[str, str, str]]:
    """(id, event, data) of each frame; an unfinished one is dropped, as in browsers."""
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
async def _time_limit(client_run: ClientRun) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TIMEOUT):
            yield
    except TimeoutError:
        subject = f"{client_run.run_id or 'the question'} after event {client_run.last}"
        raise ClientGaveUp(f"no end of {subject} within {TIMEOUT:g} seconds") from None


async def _cancelled_after(seconds: float | None, work: Coroutine[Any, Any, None]) -> None:
    """Does the work, and cancels it after so many seconds."""
    with suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)
