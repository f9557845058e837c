"""When an invocation must be over."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

_LAST_CALL = 0.5


@dataclass(frozen=True)
class Deadline:
    """Two moments before Lambda ends the environment, in seconds since the epoch."""

    stop: float
    """The app is cancelled."""
    last_call: float
    """The response is ended, whatever the app does."""

    @classmethod
    def before(cls, end: float, margin: float) -> "Deadline":
        """The margin, in seconds, takes at most half of the time that is left."""
        margin = min(margin, max(0.0, end - time.time()) / 2)
        return cls(end - margin, end - min(_LAST_CALL, margin / 2))


async def done_by(task: "asyncio.Task[Any]", moment: float) -> bool:
    """Waits for the task until the moment; True if it is done."""
    await asyncio.wait([task], timeout=max(0.0, moment - time.time()))
    return task.done()
