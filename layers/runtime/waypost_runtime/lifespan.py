"""ASGI lifespan: started once, before the first invocation; it ends with the process."""

import asyncio
from typing import Any


class StartupFailed(Exception):
    """The app said that it could not start."""


async def start(app: Any, state: dict[str, Any]) -> "asyncio.Task[None] | None":
    """Runs the app's startup. None where the app knows no lifespan.

    Raises:
        StartupFailed: With the app's own message.
    """
    started: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    messages = [{"type": "lifespan.startup"}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        never: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        return await never

    async def send(message: dict[str, Any]) -> None:
        if not started.done():
            started.set_result(message)

    scope = {
        "type": "lifespan",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "state": state,
    }
    task: asyncio.Task[None] = asyncio.ensure_future(app(scope, receive, send))
    waiting: list[asyncio.Future[Any]] = [task, started]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if not started.done():
        # An app without lifespan raises or returns; it is fine without.
        task.exception()
        return None
    message = started.result()
    if message["type"] == "lifespan.startup.failed":
        raise StartupFailed(message.get("message", ""))
    return task
