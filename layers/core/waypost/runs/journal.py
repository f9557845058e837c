"""The writer of one run's journal: batches behind the stream, and the lease that keeps it live.

Readers of the run do not wait for writes, except at its end: that is shown once all is written.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable

from botocore.exceptions import ClientError

from waypost.errors import StoreUnavailable, raised_at
from waypost.events import Event, ToolOutput
from waypost.identity import Identity
from waypost.settings import Settings
from waypost.store import Table, journals
from waypost.store.table import ConditionFailed

logger = logging.getLogger(__name__)
_RENEW_SECONDS = 1.0
"""Seconds between two renewals of the lease, which also read the cancel flag."""
_FIRST_PAUSE, _MAX_PAUSE = 0.1, 2.0
STORE_ERRORS = (StoreUnavailable, ClientError)
"""What a call to the table may raise where it is out of reach, or refuses."""


class Journal:
    """Takes events at once, and writes them when a batch is old or large enough.

    Args:
        lease_until: Until when the table has the run as live, in seconds since the epoch.
        on_cancel: Called where the run is to be cancelled.
        on_lost: Called once where somebody else has ended the run.
    """

    def __init__(
        self,
        table: Table,
        who: Identity,
        run_id: str,
        settings: Settings,
        lease_until: float,
        *,
        on_cancel: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._table = table
        self._who = who
        self._run_id = run_id
        self._settings = settings
        self._on_cancel = on_cancel
        self._on_lost = on_lost
        self._pending: list[str] = []
        self._first = 1
        """The number of the first event that is not written yet."""
        self._size = 0
        self._has_events = asyncio.Event()
        self._write_now = asyncio.Event()
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._renew_lease())]
        self._closing = False
        self._lease_until = lease_until
        self._renewed = asyncio.Event()

    @property
    def expires_at(self) -> int:
        """When what is written now expires, in seconds since the epoch."""
        return int(time.time() + self._settings.journal_days * 86_400)

    def add(self, event: Event) -> None:
        """Queues a stamped event, to be written in at most `journal_seconds`."""
        encoded = journals.encode(event)
        self._pending.append(encoded)
        self._size += len(encoded)
        self._has_events.set()
        # What a tool has done must not be done again because it was not stored.
        if self._size >= self._settings.journal_bytes or isinstance(event, ToolOutput):
            self._write_now.set()

    async def flush(self, until: float) -> bool:
        """Writes what is left, and tells whether all is written.

        Args:
            until: When to give up, in seconds of the event loop's clock.
        """
        self._closing = True
        self._write_now.set()
        self._has_events.set()
        writer = self._tasks[0]
        await asyncio.wait([writer], timeout=max(0, until - asyncio.get_running_loop().time()))
        return writer.done() and not self._pending

    def close(self) -> None:
        """Stops writing and renewing."""
        for task in self._tasks:
            task.cancel()

    async def _write(self) -> None:
        while self._pending or not self._closing:
            await self._has_events.wait()
            await self._batch_is_due()
            await self._append()
            if not self._pending and not self._closing:
                self._has_events.clear()

    async def _batch_is_due(self) -> None:
        try:
            async with asyncio.timeout(self._settings.journal_seconds):
                await self._write_now.wait()
        except TimeoutError:
            return
        if not self._closing:
            self._write_now.clear()

    async def _append(self) -> None:
        """Writes what is there now. Later events wait: a batch that was tried must not change."""
        batch, self._pending, self._size = self._pending, [], 0
        if batch:
            await try_until(self._run_id, math.inf, lambda: self._put(batch))
            self._first += len(batch)

    async def _put(self, batch: list[str]) -> None:
        """Once the lease has expired, somebody else may have ended the run: renew, then write."""
        while time.time() >= self._lease_until:
            self._renewed.clear()
            await self._renewed.wait()
        await journals.append(
            self._table, self._who, self._run_id, self._first, batch, self.expires_at
        )

    async def _renew_lease(self) -> None:
        every = min(_RENEW_SECONDS, self._settings.lease / 3)
        while True:
            await asyncio.sleep(every)
            try:
                lease = time.time() + self._settings.lease
                head = await journals.renew_lease(self._table, self._who, self._run_id, lease)
            except ConditionFailed:
                self._on_lost()
                return
            except STORE_ERRORS as error:
                _log("lease not renewed", self._run_id, error)
                continue
            self._lease_until = lease
            self._renewed.set()
            if head.cancel_requested:
                self._on_cancel()


class NoJournal:
    """Of a run that is stored once it is over: nobody follows it, and no lease keeps it live."""

    expires_at = 0

    def add(self, event: Event) -> None:
        """Keeps nothing."""

    async def flush(self, until: float) -> bool:
        return True

    def close(self) -> None:
        """There is nothing to stop."""


async def try_until(run_id: str, until: float, write: Callable[[], Awaitable[None]]) -> bool:
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
        except STORE_ERRORS as error:
            _log("run not written", run_id, error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _MAX_PAUSE)


def _log(what: str, run_id: str, error: Exception) -> None:
    logger.warning(
        what,
        extra={"run_id": run_id, "error": type(error).__name__, "where": raised_at(error)},
    )
