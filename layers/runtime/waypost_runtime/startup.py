"""From a fresh process to a function that can take invocations."""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from waypost_runtime import api, handlers, lifespan, settings, snapstart
from waypost_runtime.channel import Channel
from waypost_runtime.failures import kind_of
from waypost_runtime.handlers import Handlers
from waypost_runtime.http1 import HttpResponse
from waypost_runtime.settings import RuntimeSettings

logger = logging.getLogger(__name__)
_FAILED = 1
_BEFORE_SNAPSHOT_FAILED = 64
_AFTER_RESTORE_FAILED = 65
Report = Callable[[Channel, str, str], Awaitable[HttpResponse]]


class CannotStart(Exception):
    """The environment cannot start; Lambda was told, and the process ends with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Function:
    """A function that is up."""

    settings: RuntimeSettings
    handlers: Handlers
    state: Mapping[str, Any]
    lifespan: "asyncio.Task[None] | None"


async def start(channel: Channel, env: Mapping[str, str]) -> Function:
    """Imports the function, takes it through a snapshot if there is to be one, starts its app.

    Raises:
        CannotStart: After `/init/error` or `/restore/error`.
    """
    async with _reported(channel, api.fail_init, _FAILED):
        configured = settings.read(env)
        loaded = handlers.load(configured.handler, configured.event_handler)
        if configured.buffered:
            importlib.import_module("waypost_runtime.buffered")
    if configured.snap_start:
        await _through_snapshot(channel)
    report, code = (
        (api.fail_restore, _AFTER_RESTORE_FAILED)
        if configured.snap_start
        else (api.fail_init, _FAILED)
    )
    state: dict[str, Any] = {}
    async with _reported(channel, report, code):
        # It may open sockets, which no snapshot keeps: so it comes after the restore.
        task = await lifespan.start(loaded.app, state) if loaded.app else None
    return Function(configured, loaded, state, task)


async def _through_snapshot(channel: Channel) -> None:
    kind = "Runtime.BeforeSnapshotError"
    async with _reported(channel, api.fail_init, _BEFORE_SNAPSHOT_FAILED, kind):
        snapstart.before_snapshot()
        await api.wait_for_restore(channel)
    kind = "Runtime.AfterRestoreError"
    async with _reported(channel, api.fail_restore, _AFTER_RESTORE_FAILED, kind):
        snapstart.after_restore()


@asynccontextmanager
async def _reported(
    channel: Channel, report: Report, code: int, kind: str | None = None
) -> AsyncIterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:
        logger.critical("The function could not start.", exc_info=error)
        await report(channel, kind or kind_of(error), str(error))
        raise CannotStart(code) from error
