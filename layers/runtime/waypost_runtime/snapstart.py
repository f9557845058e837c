"""SnapStart: hooks around the snapshot (https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html).

Nothing may hold a socket while the snapshot is taken, so this runs before the loop opens any that
it keeps.
"""

import importlib
from collections.abc import Callable
from typing import Any

from waypost_runtime.channel import Channel

HOOKS = "snapshot_restore_py"
BEFORE_FAILED = 64
AFTER_FAILED = 65


def run_hooks(name: str) -> None:
    """Runs the registered hooks: before the snapshot in reverse order, after it in order."""
    try:
        registry: Any = importlib.import_module(HOOKS)
    except ImportError:
        return
    hooks: list[tuple[Callable[..., Any], Any, Any]] = list(getattr(registry, f"get_{name}")())
    for hook, args, kwargs in reversed(hooks) if name == "before_snapshot" else hooks:
        hook(*args, **kwargs)


async def wait_for_restore(channel: Channel) -> None:
    """Blocks until the snapshot was taken and restored, then lets go of the connection."""
    await channel.call("GET", "/2018-06-01/runtime/restore/next")
    channel.close()
