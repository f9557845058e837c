"""A run that continues the answer of one that broke off."""

from waypost.agents.definition import Agent
from waypost.errors import Conflict, Gone, RunLive
from waypost.events import Event, now
from waypost.identity import Identity
from waypost.models.stop_reasons import CUT_OFF
from waypost.records import LIVE, Run
from waypost.runs import lookup
from waypost.runs.backend import Backend
from waypost.runs.begin import claim_for, once, store_and_start
from waypost.runs.follow import FollowedRun
from waypost.runs.live import LiveRun
from waypost.runs.pipeline import RunInput
from waypost.runs.request import NO_CONTEXT, RequestContext
from waypost.runs.transcript import transcript
from waypost.store import journals
from waypost.store import runs as run_store
from waypost.store import threads as thread_store
from waypost.store.idempotency import Claim

_BROKEN_OFF = {"failed", "cancelled", "interrupted"}


async def resume(
    backend: Backend, who: Identity, run_id: str, context: RequestContext = NO_CONTEXT
) -> LiveRun | FollowedRun:
    """A new run whose answer is what is missing of that run's answer.

    The tools that were called are not called again: the model is given their results.

    Raises:
        NotFound: There is no such run, or it is somebody else's.
        RunLive: A run is live on its thread.
        Gone: The run's events have expired.
        Conflict: The run is complete, or the thread went on without it.
    """
    claim = claim_for(context, ["continue", run_id])
    return await once(backend, who, claim, lambda: _resume(backend, who, run_id, context, claim))


async def _resume(
    backend: Backend, who: Identity, run_id: str, context: RequestContext, claim: Claim | None
) -> LiveRun:
    broken, _ = await lookup.run(backend, who, run_id)
    thread = await lookup.thread(backend, who, broken.thread_id)
    if thread.live_run or broken.state in LIVE:
        raise RunLive(thread.live_run or broken.id)
    await _check(backend, who, broken)
    events = await _events(backend, who, broken)
    at = now()
    run_input = await _run_input(backend, who, broken, events)
    return await store_and_start(
        backend,
        who,
        thread.model_copy(update={"updated_at": at}),
        run_input,
        context,
        claim,
        model=broken.model,
        mcp_servers=broken.mcp_servers,
        continues=broken,
    )


async def _check(backend: Backend, who: Identity, run: Run) -> None:
    cut_off = run.state == "completed" and run.stop_reason in CUT_OFF
    if run.state not in _BROKEN_OFF and not cut_off:
        raise Conflict("This answer is complete.", code="not_continuable")
    if await run_store.latest(backend.table, who, run.thread_id) != run.id:
        raise Conflict("The thread has a newer run.", code="not_continuable")


async def _events(backend: Backend, who: Identity, run: Run) -> list[Event]:
    """The events of a run, after those of the runs that it continues."""
    earlier: list[Event] = []
    if run.continues:
        before = await run_store.record(backend.table, who, run.thread_id, run.continues)
        earlier = await _events(backend, who, before)
    _, events = await journals.read(backend.table, who, run.id, 0)
    if not events:
        raise Gone("The events of this run have expired.", code="journal_expired")
    return [*earlier, *events]


async def _run_input(backend: Backend, who: Identity, broken: Run, events: list[Event]) -> RunInput:
    agents = await backend.agents_of(who)
    agent = agents.get(broken.route.agent) if broken.route else None
    question = await thread_store.message(
        backend.table, who, broken.thread_id, broken.user_message_id
    )
    if question is None:
        raise Conflict("The question of this answer no longer exists.", code="not_continuable")
    _, history = await lookup.thread_history(backend, who, broken.thread_id, before=question.id)
    return RunInput(
        text=question.text,
        history=history,
        agents=agents,
        agent=agent,
        model=_chosen_model(backend, broken, agent),
        prior_output=transcript(events),
        mcp_servers=broken.mcp_servers,
    )


def _chosen_model(backend: Backend, broken: Run, agent: Agent | None) -> str | None:
    """The model, where the caller chose it: where it is not the one the agent would ask."""
    return broken.model if broken.model != backend.model_of(agent) else None
