"""Replaces a function's environments when its code changes."""

from collections.abc import Callable
from pathlib import Path

from watchfiles import awatch

from waypost_local.pool import Pool


async def watch(pool: Pool, more: list[Path], say: Callable[[str], None]) -> None:
    """Watches the function's code, its layers and `more` until it is cancelled."""
    folders = [pool.function.code, *pool.function.layers, *more]
    async for changes in awatch(*(f for f in folders if f.exists())):
        changed = {Path(path).name for _, path in changes if "__pycache__" not in path}
        if changed:
            say(f"          {', '.join(sorted(changed)[:3])} changed: starting afresh")
            await pool.replace()
