"""The thread that a run begins in, with the history that its model is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from waypost.errors import NotFound, RunLive, ThreadDeleted
from waypost.events import now
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.records import Message, PriorTurn, Run, Thread
from waypost.runs.backend import Backend
from waypost.runs.cancellation import delete_thread
from waypost.runs.client_history import newest_that_fit, to_exchanges
from waypost.runs.history import History, fit
from waypost.runs.lookup import thread_history
from waypost.runs.request import RunRequest

_MAX_TITLE = 80


@dataclass(frozen=True)
class ThreadContext:
    """The thread as it will be once the run is in it."""

    thread: Thread
    history: History = field(default_factory=History)
    prior_turns: tuple[PriorTurn, ...] = ()
    """Turns that were taken before the thread began, where it begins now."""


async def load(backend: Backend, who: Identity, request: RunRequest) -> ThreadContext:
    """Raises NotFound, and RunLive where the question before is still being answered."""
    at = now()
    fresh = Thread(
        id=request.thread_id or new_id("thread"),
        user_id=who.user_id,
        title=_title(request.text),
        created_at=at,
        updated_at=at,
    )
    if request.thread_id is None:
        return await _new_thread(backend, who, request.prior_turns, fresh)
    try:
        found, history = await thread_history(backend, who, fresh.id)
    except NotFound as error:
        if not request.create:
            raise
        if isinstance(error, ThreadDeleted):
            # It begins anew under its id, with nothing of what was deleted.
            await delete_thread(backend, who, fresh.id, hard=True)
        return await _new_thread(backend, who, request.prior_turns, fresh)
    if found.live_run:
        raise RunLive(found.live_run)
    return ThreadContext(found.model_copy(update={"updated_at": at}), history)


async def _new_thread(
    backend: Backend, who: Identity, prior_turns: Sequence[PriorTurn], fresh: Thread
) -> ThreadContext:
    """A thread that is new here, with as many of the client's earlier turns as fit."""
    if not prior_turns:
        return ThreadContext(fresh)
    budget = backend.history_budget(await backend.agents_of(who))
    fitting = newest_that_fit(prior_turns, budget)
    thread = fresh.model_copy(update={"has_prior_turns": bool(fitting)})
    return ThreadContext(thread, fit(to_exchanges(fitting), "", budget), fitting)


def user_message(run: Run, text: str) -> Message:
    return Message(
        id=run.user_message_id,
        thread_id=run.thread_id,
        run_id=run.id,
        role="user",
        text=text,
        created_at=run.created_at,
    )


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_TITLE else line[: _MAX_TITLE - 1].rstrip() + "…"
