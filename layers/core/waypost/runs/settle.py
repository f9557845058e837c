"""Runs whose function is gone: whoever meets one writes down how far it came."""

import time

from waypost.errors import Interrupted
from waypost.events import Event, RunStarted
from waypost.identity import Identity
from waypost.runs.backend import Backend
from waypost.runs.books import Books
from waypost.store import endings, journals
from waypost.store import runs as run_store
from waypost.store.journals import Head
from waypost.store.table import ConditionFailed

_TRIES = 3


async def settle(backend: Backend, who: Identity, head: Head) -> None:
    """Ends a run whose lease is over as interrupted, with all that its journal holds.

    Any number may try: one of them writes the end, and the others find it.
    """
    for attempt in range(_TRIES):
        try:
            await endings.finish(backend.table, who, await _ending(backend, who, head))
        except endings.Superseded:
            return
        except ConditionFailed:
            # A last batch came in after all, between our reading and our writing.
            if attempt == _TRIES - 1:
                raise
        else:
            return


async def _ending(backend: Backend, who: Identity, head: Head) -> endings.Ending:
    run = await run_store.record(backend.table, who, head.thread_id, head.run_id)
    _, events = await journals.read(backend.table, who, head.run_id, 0)
    books = Books(run)
    for event in events:
        books.enter(event)
    missing: list[Event] = []
    if not events:
        missing.append(
            books.add(
                RunStarted(
                    thread_id=run.thread_id,
                    user_message_id=run.user_message_id,
                    message_id=run.message_id,
                )
            )
        )
    missing += [books.add(event) for event in list(books.closing())]
    missing.append(books.add(books.failed(Interrupted())))
    expires = int(time.time() + backend.settings.journal_days * 86_400)
    return endings.Ending(books.run(), books.message(), books.steps(), missing, expires)
