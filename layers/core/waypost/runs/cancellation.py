"""Cancels runs, and deletes threads with all their runs."""

import asyncio

from waypost.errors import NotFound, RunLive
from waypost.identity import Identity
from waypost.runs.backend import Backend
from waypost.store import deletions, journals
from waypost.store.journals import RunHead

_TIMEOUT, _POLL_SECONDS = 4.0, 0.25
"""Seconds that a cancelled run has to end while its caller waits, and between two looks."""
_RETENTION_DAYS = 30


async def cancel(backend: Backend, who: Identity, run_id: str) -> RunHead:
    """Asks a run to stop and waits for that, a few seconds. What was answered by then is stored.

    Raises:
        NotFound: There is no such run, or it is somebody else's.
    """
    head = await journals.request_cancel(backend.table, who, run_id)
    loop = asyncio.get_running_loop()
    until = loop.time() + _TIMEOUT
    while head.live and not head.lost and loop.time() < until:
        await asyncio.sleep(_POLL_SECONDS)
        head = await journals.head(backend.table, who, run_id)
    return head


async def delete_thread(
    backend: Backend, who: Identity, thread_id: str, *, hard: bool = False
) -> None:
    """A thread is gone at once; its items go after 30 days, or at once if `hard`.

    A thread that was deleted before can be deleted hard.

    Raises:
        NotFound: There is no such thread, or it is somebody else's.
        RunLive: It is to be removed, and its run does not stop.
    """
    table = backend.table
    hidden = await deletions.hide(table, who, thread_id, _RETENTION_DAYS, again=hard)
    live = hidden.live_run and await _still_live(backend, who, hidden.live_run)
    if not hard:
        await deletions.expire(table, who, thread_id, _RETENTION_DAYS)
    elif live:
        raise RunLive(live)
    else:
        await deletions.remove(table, who, thread_id)


async def _still_live(backend: Backend, who: Identity, run_id: str) -> str | None:
    """The run, if it does not stop: nobody will read its answer."""
    try:
        head = await cancel(backend, who, run_id)
    except NotFound:
        return None
    return run_id if head.live and not head.lost else None
