"""Runs and threads as they are now: one whose process is gone is ended first."""

import asyncio

from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Message, Run, Step, Thread
from waypost.runs.backend import Backend
from waypost.runs.client_history import to_exchanges
from waypost.runs.history import MAX_EXCHANGES, History, exchanges, fit
from waypost.runs.recovery import end_lost_run
from waypost.store import journals
from waypost.store import runs as run_store
from waypost.store import threads as thread_store

_MESSAGES = 4 * MAX_EXCHANGES
"""An exchange has two messages, and some more where its answer broke off."""


async def run(backend: Backend, who: Identity, run_id: str) -> tuple[Run, list[Step]]:
    """Raises NotFound."""
    head = await journals.head(backend.table, who, run_id)
    if head.lost:
        await end_lost_run(backend, who, head)
    return await run_store.run(backend.table, who, run_id)


async def answer_text(backend: Backend, who: Identity, run_id: str) -> str:
    """What a run has answered. Raises NotFound, also where the run is somebody else's."""
    found, _ = await run(backend, who, run_id)
    message = await thread_store.message(backend.table, who, found.thread_id, found.message_id)
    return message.text if message else ""


async def thread(backend: Backend, who: Identity, thread_id: str) -> Thread:
    """Raises NotFound."""
    found = await thread_store.thread(backend.table, who, thread_id)
    if found.live_run is None:
        return found
    try:
        head = await journals.head(backend.table, who, found.live_run)
    except NotFound:
        return found
    if not head.lost:
        return found
    await end_lost_run(backend, who, head)
    return await thread_store.thread(backend.table, who, thread_id)


async def thread_history(
    backend: Backend, who: Identity, thread_id: str, before: str | None = None
) -> tuple[Thread, History]:
    """A thread, and as much of its conversation as fits into a prompt.

    Args:
        before: A message's id: only what came before it.

    Raises:
        NotFound: There is no such thread.
    """
    found, messages, agents = await asyncio.gather(
        thread(backend, who, thread_id),
        thread_store.messages(backend.table, who, thread_id, _MESSAGES),
        backend.agents_of(who),
    )
    prior = (
        await thread_store.prior_turns(backend.table, who, thread_id)
        if found.has_prior_turns
        else ()
    )
    asked_here = exchanges([m for m in messages if before is None or m.id < before])
    not_summarised = [
        exchange
        for exchange in (*to_exchanges(prior), *asked_here)
        if exchange.through > (found.summary_through or "")
    ]
    return found, fit(not_summarised, found.summary or "", backend.history_budget(agents))


async def thread_view(
    backend: Backend, who: Identity, thread_id: str, limit: int, before: str | None = None
) -> tuple[Thread, list[Message], list[tuple[Run, list[Step]]]]:
    """A thread with its last messages and its runs.

    Args:
        before: A message's id: the messages that came before it, instead of the last.

    Raises:
        NotFound: There is no such thread.
    """
    found = await thread(backend, who, thread_id)
    messages, runs = await asyncio.gather(
        thread_store.messages(backend.table, who, thread_id, limit, before),
        run_store.thread_runs(backend.table, who, thread_id),
    )
    return found, messages, runs
