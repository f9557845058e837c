"""A run that goes on with the answer of one that broke off."""

import time

from waypost.errors import Conflict, Gone, RunLive
from waypost.events import Event, now
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.records import LIVE, Run
from waypost.runs import reading, retelling
from waypost.runs.answer import Question
from waypost.runs.backend import Backend
from waypost.runs.begin import NO_CALL, Call, claimed_by, once
from waypost.runs.follow import FollowedRun
from waypost.runs.live import LiveRun
from waypost.store import beginnings, journals
from waypost.store import runs as run_store
from waypost.store import threads as thread_store
from waypost.store.idempotency import Claim

_BROKEN_OFF = {"failed", "cancelled", "interrupted"}


async def resume(
    backend: Backend, who: Identity, run_id: str, call: Call = NO_CALL
) -> LiveRun | FollowedRun:
    """A new run whose answer is what is missing of that run's answer.

    The tools that were called are not called again: the model is told what they gave.

    Raises:
        NotFound: There is no such run, or it is somebody else's.
        RunLive: A run is live on its thread.
        Gone: The run's events are no longer kept.
        Conflict: The run came to its end, or the thread went on without it.
    """
    claim = claimed_by(call, ["continue", run_id])
    return await once(backend, who, claim, lambda: _resume(backend, who, run_id, call, claim))


async def _resume(
    backend: Backend, who: Identity, run_id: str, call: Call, claim: Claim | None
) -> LiveRun:
    broken, _ = await reading.run(backend, who, run_id)
    thread = await reading.thread(backend, who, broken.thread_id)
    if thread.live_run or broken.state in LIVE:
        raise RunLive(thread.live_run or broken.id)
    await _check(backend, who, broken)
    events = await _events(backend, who, broken)
    at = now()
    run = Run(
        id=new_id("run"),
        thread_id=broken.thread_id,
        user_id=who.user_id,
        state="running",
        user_message_id=broken.user_message_id,
        message_id=new_id("msg"),
        continues=broken.id,
        created_at=at,
        model=broken.model,
        mcp_servers=broken.mcp_servers,
    )
    question = await _question(backend, who, broken, events)
    lease = time.time() + backend.settings.lease
    thread = thread.model_copy(update={"updated_at": at})
    await beginnings.begin(
        backend.table, who, thread, run, None, lease, claim=claim, unchanged=True
    )
    return LiveRun.start(backend, who, run, question, call.deadline)


async def _check(backend: Backend, who: Identity, run: Run) -> None:
    shortened = run.state == "completed" and run.stop_reason == "max_tokens"
    if run.state not in _BROKEN_OFF and not shortened:
        raise Conflict("This answer is complete.", code="not_continuable")
    if await run_store.latest(backend.table, who, run.thread_id) != run.id:
        raise Conflict("The thread has gone on since.", code="not_continuable")


async def _events(backend: Backend, who: Identity, run: Run) -> list[Event]:
    """The events of a run, after those of the runs that it goes on with itself."""
    earlier: list[Event] = []
    if run.continues:
        before = await run_store.record(backend.table, who, run.thread_id, run.continues)
        earlier = await _events(backend, who, before)
    _, events = await journals.read(backend.table, who, run.id, 0)
    if not events:
        raise Gone("The events of this run are no longer kept.", code="journal_expired")
    return [*earlier, *events]


async def _question(backend: Backend, who: Identity, broken: Run, events: list[Event]) -> Question:
    agents = await backend.agents_of(who)
    agent = agents.get(broken.route.agent) if broken.route else None
    place = broken.thread_id, broken.user_message_id
    asked = await thread_store.message(backend.table, who, *place)
    if asked is None:
        raise Conflict("The question of this answer is not there any more.", code="not_continuable")
    usual = backend.model_id((agent and agent.model) or backend.settings.model)
    _, history = await reading.recall(backend, who, broken.thread_id, before=asked.id)
    model = broken.model if broken.model != usual else None
    return Question(
        asked.text,
        history,
        agents,
        agent,
        model,
        said=retelling.turns(events),
        mcp_servers=broken.mcp_servers,
    )
