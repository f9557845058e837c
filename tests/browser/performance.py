"""One run on the stage: what it has said so far, and everybody who reads it."""

import asyncio
import queue
from collections.abc import AsyncIterator, Callable

from waypost.events import Event, RunFailed, RunStarted, Terminal
from waypost.records import Message, Run, Step
from waypost.runs.projection import RunProjection
from waypost_chat import sse
from waypost_chat.dialects.waypost import Waypost

PATIENCE = 10.0
"""Seconds that a test waits for the page to do something."""
INTERRUPTED = RunFailed(
    code="interrupted",
    message="The answer was interrupted. What had been said by then is kept.",
    retryable=True,
    partial=True,
)


class Dropped(Exception):
    """The connection is torn down in the middle of the response."""


class Performance:
    """One run, as far as the test has let it come."""

    def __init__(
        self,
        run: Run,
        question: str,
        *,
        keep: Callable[[Run, list[Step], Message], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._run = run
        self._keep = keep
        self._loop = loop
        self._books = RunProjection(run)
        self._dialect = Waypost()
        self._events: list[Event] = []
        self._readers: list[asyncio.Queue[bytes | Exception | None]] = []
        self._connections: queue.Queue[int] = queue.Queue()
        self.question = question
        self.agent: str | None = None
        """The one that was asked for."""
        self.id = run.id
        self.thread_id = run.thread_id
        self.expired = False
        """Its events are no longer kept."""

    @property
    def last(self) -> int:
        """The number of the last event that is kept."""
        return len(self._events)

    @property
    def over(self) -> bool:
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
        """The run's next events, kept and sent; the last one of a run closes its streams."""
        for event in events:
            self._in_turn(lambda event=event: self._emit(event))  # type: ignore[misc]

    def encoded(self, event: Event) -> bytes:
        """The next event's bytes, kept, and to be sent by `send` in whatever pieces."""
        encoded: list[bytes] = []
        self._in_turn(lambda: encoded.append(self._add(event)))
        return encoded[0]

    def send(self, piece: bytes | Exception | None) -> None:
        self._in_turn(lambda: self._send(piece))

    def close(self) -> None:
        """Ends the responses as if all were well, whether or not the run has ended."""
        self.send(None)

    def drop(self) -> None:
        self.send(Dropped())

    def crash(self, kept: int) -> None:
        """The function dies: events after the number `kept` were never stored."""

        def forget() -> None:
            del self._events[kept:]
            self._books = RunProjection(self._run)
            for event in self._events:
                self._books.enter(event)

        self._in_turn(forget)
        self.drop()

    def settle(self) -> None:
        """Somebody finds that nobody answers this run any more."""
        self.emit(*self._books.closing(), INTERRUPTED)

    def next_connection(self) -> int:
        """Waits for the next reader: the number after which it wants to read."""
        return self._connections.get(timeout=PATIENCE)

    async def stream(self, after: int) -> AsyncIterator[bytes]:
        pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        for event in self._events[after:]:
            pieces.put_nowait(self._dialect.encode(event))
        if self.over:
            pieces.put_nowait(None)
        self._readers.append(pieces)
        self._connections.put(after)
        yield sse.OPENING
        while (piece := await pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def _emit(self, event: Event) -> None:
        self._send(self._add(event))
        if self.over:
            self._keep(self._books.run(), self._books.steps(), self._books.message())
            self._send(None)

    def _add(self, event: Event) -> bytes:
        self._events.append(self._books.add(event))
        return self._dialect.encode(self._events[-1])

    def _send(self, piece: bytes | Exception | None) -> None:
        for reader in self._readers:
            reader.put_nowait(piece)
        if piece is None or isinstance(piece, Exception):
            self._readers.clear()

    def _in_turn(self, act: Callable[[], None]) -> None:
        """Acts on the server's loop, between two of its own steps, and waits for it."""

        async def acted() -> None:
            act()

        asyncio.run_coroutine_threadsafe(acted(), self._loop).result(PATIENCE)
