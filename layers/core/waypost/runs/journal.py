"""The writer of one run's journal: batches behind the stream, and a lease that says it lives.

Nobody who reads the run's events waits for it, but for the end: that is shown once all is written.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable

from botocore.exceptions import ClientError

from waypost.errors import StoreUnavailable, where
from waypost.events import Event, ToolOutput
from waypost.identity import Identity
from waypost.settings import Settings
from waypost.store import Table, journals
from waypost.store.table import ConditionFailed

logger = logging.getLogger(__name__)
_BEAT = 1.0
"""Seconds between two signs of life, which also bring back the wish to cancel."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
UNWRITTEN = (StoreUnavailable, ClientError)
"""What a write may raise where the table is out of reach, or refuses."""


class Journal:
    """Takes events at once, and writes them when a batch is old or large enough.

    Args:
        cancelled: Called once where somebody wishes to cancel the run.
        lost: Called once where somebody else has closed the run.
    """

    def __init__(
        self,
        table: Table,
        who: Identity,
        run_id: str,
        settings: Settings,
        *,
        cancelled: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self._table = table
        self._who = who
        self._run_id = run_id
        self._settings = settings
        self._cancelled = cancelled
        self._lost = lost
        self._pending: list[str] = []
        self._first = 1
        """The number of the first event that is not written yet."""
        self._size = 0
        self._something = asyncio.Event()
        self._hurry = asyncio.Event()
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._beat())]
        self._closing = False
        self._lease_until = time.time() + settings.lease
        self._renewed = asyncio.Event()

    @property
    def expires_at(self) -> int:
        """When what is written now may go."""
        return int(time.time() + self._settings.journal_days * 86_400)

    def add(self, event: Event) -> None:
        """Notes a stamped event. It is written in at most `journal_seconds`."""
        encoded = journals.encode(event)
        self._pending.append(encoded)
        self._size += len(encoded)
        self._something.set()
        # What a tool has done must not be done again because nobody wrote it down.
        if self._size >= self._settings.journal_bytes or isinstance(event, ToolOutput):
            self._hurry.set()

    async def flush(self, until: float) -> bool:
        """Writes what is left, and tells whether all is written.

        Args:
            until: When to give up, in seconds of the event loop's clock.
        """
        self._closing = True
        self._hurry.set()
        self._something.set()
        writer = self._tasks[0]
        await asyncio.wait([writer], timeout=max(0, until - asyncio.get_running_loop().time()))
        return writer.done() and not self._pending

    def close(self) -> None:
        """Stops writing and beating."""
        for task in self._tasks:
            task.cancel()

    async def _write(self) -> None:
        while self._pending or not self._closing:
            await self._something.wait()
            await self._batch_is_due()
            await self._append()
            if not self._pending and not self._closing:
                self._something.clear()

    async def _batch_is_due(self) -> None:
        try:
            async with asyncio.timeout(self._settings.journal_seconds):
                await self._hurry.wait()
        except TimeoutError:
            return
        if not self._closing:
            self._hurry.clear()

    async def _append(self) -> None:
        """Writes what is there now. Later events wait: a batch that was tried must not change."""
        batch, self._pending, self._size = self._pending, [], 0
        if batch:
            await self.try_until(math.inf, lambda: self._put(batch))
            self._first += len(batch)

    async def _put(self, batch: list[str]) -> None:
        """Whoever was not heard of for as long as its lease may have been taken for dead: it asks
        before it writes."""
        while time.time() >= self._lease_until:
            self._renewed.clear()
            await self._renewed.wait()
        place = self._table, self._who, self._run_id, self._first
        await journals.append(*place, batch, self.expires_at)

    async def try_until(self, until: float, write: Callable[[], Awaitable[None]]) -> bool:
        """Whether a write got through, tried again and again.

        Args:
            until: When to give up, in seconds of the event loop's clock.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                async with asyncio.timeout_at(until if until < math.inf else None):
                    await write()
                return True
            except TimeoutError:
                return False
            except UNWRITTEN as error:
                self._log("run not written", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _beat(self) -> None:
        every = min(_BEAT, self._settings.lease / 3)
        while True:
            await asyncio.sleep(every)
            try:
                lease = time.time() + self._settings.lease
                head = await journals.beat(self._table, self._who, self._run_id, lease)
            except ConditionFailed:
                self._lost()
                return
            except UNWRITTEN as error:
                self._log("lease not renewed", error)
                continue
            self._lease_until = lease
            self._renewed.set()
            if head.cancel_requested:
                self._cancelled()

    def _log(self, what: str, error: Exception) -> None:
        about = {"error": type(error).__name__, "where": where(error)}
        logger.warning(what, extra={"run_id": self._run_id, **about})
