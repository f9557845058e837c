"""Ends runs whose process is gone: done by whoever reads such a run next."""

import contextlib
import time

from waypost.errors import Interrupted
from waypost.events import Event, RunStarted
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.records import Run
from waypost.runs import thread_context
from waypost.runs.backend import Backend
from waypost.runs.projection import RunProjection
from waypost.runs.request import RunRequest
from waypost.store import journals, run_end
from waypost.store import runs as run_store
from waypost.store.journals import RunHead
from waypost.store.run_start import NewThread
from waypost.store.table import ConditionFailed

_TRIES = 3


async def end_lost_run(backend: Backend, who: Identity, head: RunHead) -> None:
    """Ends a run whose lease has expired as interrupted, with all that its journal holds.

    Any number may try: one of them writes the end, and the others find it.
    """
    for attempt in range(_TRIES):
        try:
            await run_end.finish(backend.table, who, await _end_of(backend, who, head))
        except run_end.Superseded:
            return
        except ConditionFailed:
            # A last batch came in after all, between our reading and our writing.
            if attempt == _TRIES - 1:
                raise
        else:
            return


async def store_interrupted(
    backend: Backend, who: Identity, request: RunRequest, run_id: str
) -> None:
    """Stores a run that was to be stored at its end, and whose process is gone.

    Where it was stored after all, nothing is changed.
    """
    found = await thread_context.load(backend, who, request)
    run = Run(
        id=run_id,
        thread_id=found.thread.id,
        user_id=who.user_id,
        state="running",
        user_message_id=new_id("msg"),
        message_id=new_id("msg"),
        created_at=found.thread.created_at,
    )
    projection = RunProjection(run)
    end = projection.append(projection.failed(Interrupted()))
    thread = NewThread(
        found.thread, thread_context.user_message(run, request.text), found.prior_turns
    )
    stored = run_end.RunEnd(projection.run(), projection.message(), [], [end], 0, None, thread)
    with contextlib.suppress(run_end.Superseded):
        await run_end.finish(backend.table, who, stored)


async def _end_of(backend: Backend, who: Identity, head: RunHead) -> run_end.RunEnd:
    run = await run_store.record(backend.table, who, head.thread_id, head.run_id)
    _, events = await journals.read(backend.table, who, head.run_id, 0)
    projection = RunProjection(run)
    for event in events:
        projection.apply(event)
    missing: list[Event] = []
    if not events:
        started = RunStarted(
            thread_id=run.thread_id,
            user_message_id=run.user_message_id,
            message_id=run.message_id,
        )
        missing.append(projection.append(started))
    missing += [projection.append(event) for event in list(projection.close_open())]
    missing.append(projection.append(projection.failed(Interrupted())))
    expires = int(time.time() + backend.settings.journal_days * 86_400)
    return run_end.RunEnd(
        projection.run(), projection.message(), projection.steps(), missing, expires
    )
