"""Whether a process is answering questions right now."""

import asyncio
import time


class Activity:
    """Counts the runs of a process, and knows when it last became busy or idle."""

    def __init__(self) -> None:
        self._live_runs = 0
        self.changed_at = time.time()
        """Seconds since the epoch."""

    @property
    def busy(self) -> bool:
        return self._live_runs > 0

    def count(self, run: asyncio.Task[None]) -> None:
        """Counts a run until its task is done."""
        self._add(1)
        run.add_done_callback(lambda _: self._add(-1))

    def _add(self, change: int) -> None:
        was = self.busy
        self._live_runs += change
        if self.busy != was:
            self.changed_at = time.time()
