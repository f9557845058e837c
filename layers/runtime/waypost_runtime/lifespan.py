"""ASGI lifespan: started once, before the first invocation; it ends with the process."""

import asyncio
import logging
from typing import Any

from waypost_runtime.failures import StartupFailed

logger = logging.getLogger(__name__)


async def start(app: Any, state: dict[str, Any]) -> "asyncio.Task[None] | None":
    """Runs the app's startup.

    Args:
        state: The app may fill it; every request gets a copy.

    Returns:
        The lifespan, to be kept alive; None where the app has none.

    Raises:
        StartupFailed: With the app's own message.
    """
    startup = Startup()
    scope = {
        "type": "lifespan",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "state": state,
    }
    task = asyncio.create_task(_call(app, scope, startup))
    waiting: list[asyncio.Future[Any]] = [task, startup.outcome]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if not startup.outcome.done():
        # An app without lifespan raises or returns; it is fine without.
        logger.debug("The app has no lifespan.", exc_info=task.exception())
        return None
    message = startup.outcome.result()
    if message["type"] == "lifespan.startup.failed":
        await asyncio.wait([task])
        raise StartupFailed(message.get("message") or "The app could not start.")
    return task


class Startup:
    """The app's `receive` and `send`: one message in, the first one out counts."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._asked = False
        self._shutdown: asyncio.Future[dict[str, Any]] = loop.create_future()
        self.outcome: asyncio.Future[dict[str, Any]] = loop.create_future()

    async def receive(self) -> dict[str, Any]:
        if self._asked:
            return await self._shutdown
        self._asked = True
        return {"type": "lifespan.startup"}

    async def send(self, message: dict[str, Any]) -> None:
        if not self.outcome.done():
            self.outcome.set_result(message)


async def _call(app: Any, scope: dict[str, Any], startup: Startup) -> None:
    await app(scope, startup.receive, startup.send)
