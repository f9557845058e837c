"""A run whose events a test emits one by one, and the streams that it is read through.

Events, their bytes and what is stored of a run are Waypost's own; only the model is missing.
"""

import asyncio
import queue
from collections.abc import AsyncIterator, Callable

from waypost.events import Event, RunFailed, RunStarted, Terminal
from waypost.records import Message, Run, Step
from waypost.runs.projection import RunProjection
from waypost_chat import sse
from waypost_chat.dialects.waypost import WaypostDialect

TIMEOUT = 10.0
"""Seconds that a test waits for the page to do something."""
INTERRUPTED = RunFailed(
    code="interrupted",
    message="The answer was interrupted. What had been written by then is stored.",
    retryable=True,
    partial=True,
)


class ConnectionDropped(Exception):
    """The connection breaks in the middle of the response."""


Chunk = bytes | Exception | None
"""Bytes to send, an error that breaks the connection, or the response's end."""


class ScriptedRun:
    def __init__(
        self,
        run: Run,
        question: str,
        *,
        store: Callable[[Run, list[Step], Message], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._run = run
        self._store = store
        self._loop = loop
        self._projection = RunProjection(run)
        self._dialect = WaypostDialect()
        self._events: list[Event] = []
        self._streams: list[asyncio.Queue[Chunk]] = []
        self._connections: queue.Queue[int] = queue.Queue()
        self.question = question
        self.agent: str | None = None
        """The agent that was asked for."""
        self.id = run.id
        self.thread_id = run.thread_id
        self.expired = False
        """Its events are no longer stored."""

    @property
    def last_seq(self) -> int:
        """The number of the last event that is stored."""
        return len(self._events)

    @property
    def ended(self) -> bool:
        return bool(self._events) and isinstance(self._events[-1], Terminal)

    def start(self) -> None:
        run = self._run
        self.emit(
            RunStarted(
                thread_id=run.thread_id,
                user_message_id=run.user_message_id,
                message_id=run.message_id,
            )
        )

    def emit(self, *events: Event) -> None:
        """Stores and sends the run's next events; a terminal one ends its streams."""

        def emit_all() -> None:
            for event in events:
                self._emit(event)

        self._call_on_loop(emit_all)

    def encode(self, event: Event) -> bytes:
        """Stores the next event, and returns its bytes for `send`."""
        encoded: list[bytes] = []
        self._call_on_loop(lambda: encoded.append(self._add(event)))
        return encoded[0]

    def send(self, chunk: Chunk) -> None:
        self._call_on_loop(lambda: self._send(chunk))

    def close(self) -> None:
        """Ends the responses normally, whether or not the run has ended."""
        self.send(None)

    def drop(self) -> None:
        """Breaks the connections."""
        self.send(ConnectionDropped())

    def crash(self, stored: int) -> None:
        """The function dies: only the first `stored` events were stored."""

        def forget_events() -> None:
            del self._events[stored:]
            self._projection = RunProjection(self._run)
            for event in self._events:
                self._projection.apply(event)

        self._call_on_loop(forget_events)
        self.drop()

    def interrupt(self) -> None:
        """Recovery finds that no function answers this run any more."""
        self.emit(*self._projection.close_open(), INTERRUPTED)

    def next_connection(self) -> int:
        """Waits for the next connection: the number after which it wants to read events."""
        return self._connections.get(timeout=TIMEOUT)

    def next_connection_within(self, seconds: float) -> int | None:
        """As `next_connection`, but None where none comes within so many seconds."""
        try:
            return self._connections.get(timeout=seconds)
        except queue.Empty:
            return None

    async def stream(self, after: int) -> AsyncIterator[bytes]:
        chunks: asyncio.Queue[Chunk] = asyncio.Queue()
        for event in self._events[after:]:
            chunks.put_nowait(self._dialect.encode(event))
        if self.ended:
            chunks.put_nowait(None)
        self._streams.append(chunks)
        self._connections.put(after)
        yield sse.OPENING
        while (chunk := await chunks.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    def _emit(self, event: Event) -> None:
        self._send(self._add(event))
        if self.ended:
            projection = self._projection
            self._store(projection.run(), projection.steps(), projection.message())
            self._send(None)

    def _add(self, event: Event) -> bytes:
        self._events.append(self._projection.append(event))
        return self._dialect.encode(self._events[-1])

    def _send(self, chunk: Chunk) -> None:
        for stream in self._streams:
            stream.put_nowait(chunk)
        if chunk is None or isinstance(chunk, Exception):
            self._streams.clear()

    def _call_on_loop(self, function: Callable[[], None]) -> None:
        """Calls a function on the server's event loop, and waits for it."""

        async def call() -> None:
            function()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(TIMEOUT)
