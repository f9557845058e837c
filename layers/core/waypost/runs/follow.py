"""A run of another process, or one that is over, read from its journal."""

import asyncio
import logging

from waypost.errors import Gone, Invalid, NotFound
from waypost.events import Event, Terminal
from waypost.identity import Identity
from waypost.runs.backend import Backend
from waypost.runs.journal import STORE_ERRORS
from waypost.runs.recovery import end_lost_run
from waypost.store import journals
from waypost.store import threads as thread_store
from waypost.store.journals import RunHead

logger = logging.getLogger(__name__)
_LAG = 3.0
"""Seconds that the journal may be behind what a reader of the run itself has seen."""


class FollowedRun:
    """Polls for new events as often as they are written, and ends a run whose process is gone."""

    def __init__(self, backend: Backend, who: Identity, head: RunHead, events: list[Event]) -> None:
        self._backend = backend
        self._who = who
        self._events = events
        self._broken_off = False
        self.id = head.run_id
        self.thread_id = head.thread_id

    @property
    def last(self) -> int:
        """The number of the last event that was read."""
        return len(self._events)

    @property
    def finished(self) -> bool:
        over = bool(self._events) and isinstance(self._events[-1], Terminal)
        return over or self._broken_off

    async def read(self, after: int, timeout: float) -> list[Event]:
        """The events whose seq is greater than `after`, as soon as there are any.

        Nothing after `timeout` seconds of silence, or where the run is over.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while self.last <= after and not self.finished and loop.time() < until:
            await asyncio.sleep(min(self._backend.settings.journal_seconds, until - loop.time()))
            await self._read_new()
        return self._events[after:]

    async def wait(self) -> None:
        """Returns at once: the run does not depend on this process."""

    def out_of_time(self) -> bool:
        """False: the run goes on in another process, and its end is not read here."""
        return False

    async def _read_new(self) -> None:
        try:
            head, events = await journals.read(self._backend.table, self._who, self.id, self.last)
            if head and head.lost:
                await end_lost_run(self._backend, self._who, head)
        except STORE_ERRORS as error:
            logger.warning(
                "journal not read", extra={"run_id": self.id, "error": type(error).__name__}
            )
            return
        self._events += events
        # Its events have expired, or somebody else has ended it before what was read already.
        self._broken_off = not events and (head is None or not head.live)


async def follow(backend: Backend, who: Identity, run_id: str, after: int = 0) -> FollowedRun:
    """A run to read from its journal.

    Raises:
        NotFound: There is no such run, it is somebody else's, or its thread was deleted.
        Gone: Its events have expired.
        Invalid: It has no event `after`.
    """
    head, events = await _read(backend, who, run_id)
    if head.lost:
        await end_lost_run(backend, who, head)
        head, events = await _read(backend, who, run_id)
    run = FollowedRun(backend, who, head, events)
    if not head.live and not (run.finished and events[0].seq == 1):
        raise Gone("The events of this run have expired.", code="journal_expired")
    if after > run.last:
        # Who has followed the run itself may have seen what is not written yet.
        await run.read(after - 1, 0 if run.finished else _LAG)
    if after > run.last:
        raise Invalid(f"The run has {run.last} events so far.", code="event_id_beyond_end")
    return run


async def _read(backend: Backend, who: Identity, run_id: str) -> tuple[RunHead, list[Event]]:
    head, events = await journals.read(backend.table, who, run_id, 0)
    if head is None or head.user_id != who.user_id:
        raise NotFound("Run not found.", code="run_not_found")
    await thread_store.thread(backend.table, who, head.thread_id)
    return head, [*events]
