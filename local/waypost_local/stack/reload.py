"""Restarts a function when its code changes."""

from collections.abc import Sequence
from pathlib import Path

from watchfiles import awatch

from waypost_local.errors import CommandError
from waypost_local.lambda_.environment import InitFailed
from waypost_local.lambda_.pool import Pool
from waypost_local.stack.console import ConsoleLog


async def watch(folders: Sequence[Path], pool: Pool, log: ConsoleLog) -> None:
    """Replaces the environments after each change. Running invocations finish first."""
    async for changes in awatch(*folders):
        names = ", ".join(sorted({Path(path).name for _, path in changes}))
        try:
            await pool.replace()
            log.message(f"Restarted after a change of {names}.")
        except (InitFailed, CommandError) as error:
            log.message(f"After a change of {names}: {error}")
