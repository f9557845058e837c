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
        names = sorted({Path(path).name for _, path in changes})
        log.note(f"Changed: {', '.join(names)}")
        try:
            await pool.replace()
        except (InitFailed, CommandError) as error:
            log.note(str(error))
