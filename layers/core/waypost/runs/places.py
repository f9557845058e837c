"""The thread that a run begins in, with what the model is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from waypost.errors import NotFound, RunLive
from waypost.events import now
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.records import Said, Thread
from waypost.runs.backend import Backend
from waypost.runs.history import History, fit
from waypost.runs.reading import recall
from waypost.runs.told import exchanges, fitting

_TITLE = 80


class Asked(Protocol):
    """What counts of a request here: see `begin.Request`."""

    @property
    def text(self) -> str: ...
    @property
    def thread_id(self) -> str | None: ...
    @property
    def create(self) -> bool: ...
    @property
    def told(self) -> Sequence[Said]: ...


@dataclass(frozen=True)
class Place:
    """The thread as it will be once the run is in it."""

    thread: Thread
    history: History = field(default_factory=History)
    told: tuple[Said, ...] = ()
    """What was said before the thread began, where it begins now."""


async def find(backend: Backend, who: Identity, asked: Asked) -> Place:
    """Raises NotFound, and RunLive where the question before is still being answered."""
    at = now()
    fresh = Thread(
        id=asked.thread_id or new_id("thread"),
        user_id=who.user_id,
        title=_title(asked.text),
        created_at=at,
        updated_at=at,
    )
    if asked.thread_id is None:
        return await _begun_elsewhere(backend, who, asked.told, fresh)
    try:
        found, history = await recall(backend, who, fresh.id)
    except NotFound:
        # Where the id is taken by another user, the transaction that begins the run refuses it.
        if asked.create:
            return await _begun_elsewhere(backend, who, asked.told, fresh)
        raise
    if found.live_run:
        raise RunLive(found.live_run)
    return Place(found.model_copy(update={"updated_at": at}), history)


async def _begun_elsewhere(
    backend: Backend, who: Identity, told: Sequence[Said], fresh: Thread
) -> Place:
    """A thread that is new to us, with as much as fits of what the client says came before."""
    if not told:
        return Place(fresh)
    budget = backend.history_budget(await backend.agents_of(who))
    kept = fitting(told, budget)
    thread = fresh.model_copy(update={"told": bool(kept)})
    return Place(thread, fit(exchanges(kept), "", budget), kept)


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"
