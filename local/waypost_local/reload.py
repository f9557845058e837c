"""Starts functions anew when their code changes."""

from collections.abc import Sequence
from pathlib import Path

from watchfiles import awatch

from waypost_local.environment import InitFailed
from waypost_local.failure import CommandError
from waypost_local.logs import Log
from waypost_local.pool import Pool


async def watch(folders: Sequence[Path], pool: Pool, log: Log) -> None:
    """Replaces the environments after each change; what is running finishes first."""
    async for changes in awatch(*folders):
        names = ", ".join(sorted({Path(path).name for _, path in changes}))
        try:
            await pool.replace()
            log.note(f"Started anew after a change of {names}.")
        except (InitFailed, CommandError) as error:
            log.note(f"After a change of {names}: {error}")
