"""How a run begins: its thread and history are read, it is stored, then it starts to answer."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from waypost.errors import (
    CallerError,
    Conflict,
    Interrupted,
    Invalid,
    StoreUnavailable,
    Unavailable,
)
from waypost.identity import Identity, check_thread_id
from waypost.ids import new_id
from waypost.models import bedrock
from waypost.records import PriorTurn, Run, Thread
from waypost.runs import thread_context
from waypost.runs.backend import Backend
from waypost.runs.follow import FollowedRun, follow
from waypost.runs.live import LiveRun
from waypost.runs.pipeline import Routing, RunInput
from waypost.runs.request import NO_CONTEXT, RequestContext, RunRequest
from waypost.store import idempotency, journals, run_start
from waypost.store.idempotency import AlreadyClaimed, Claim
from waypost.store.run_start import NewThread
from waypost.store.table import ConditionFailed

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def begin(
    backend: Backend, who: Identity, request: RunRequest, context: RequestContext = NO_CONTEXT
) -> LiveRun | FollowedRun:
    """Starts a run, which goes on to its end whether or not anybody reads it.

    Where the caller has begun it before under the same key, it is that run, live or over.

    Raises:
        Invalid: The text is blank or too long, or the agent, the model, an MCP server, the key or
            the thread's id is not valid. Nothing was written.
        NotFound: The thread does not exist, or is not this user's. Nothing was written.
        RunLive: The question before is still being answered. Nothing was written.
        Conflict: The key was used for another request.
    """
    _check(backend, request)
    content = [request.text, request.thread_id, request.agent, request.model]
    content += [turn.text for turn in request.prior_turns]
    content += [*request.mcp_servers, *request.among]
    if request.runner:
        content.append("simulated")
    claim = claim_for(context, content)
    return await once(backend, who, claim, lambda: _begin(backend, who, request, context, claim))


async def once(
    backend: Backend, who: Identity, claim: Claim | None, start: Callable[[], Awaitable[LiveRun]]
) -> LiveRun | FollowedRun:
    """The run that `start` begins, or the one that the caller began under this claim before.

    That is looked up only where the start fails: a first request does not pay for it.
    """
    try:
        return await start()
    except (AlreadyClaimed, CallerError) as error:
        if claim and (run := await _claimed_run(backend, who, claim)):
            return run
        if isinstance(error, AlreadyClaimed):
            raise Conflict from None
        raise


def claim_for(context: RequestContext, content: Sequence[str | None]) -> Claim | None:
    """The caller's claim to a run of this content. Raises Invalid."""
    key = context.idempotency_key
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Invalid(
            "An idempotency key must be 1 to 255 visible ASCII characters.",
            code="invalid_idempotency_key",
        )
    return Claim(key, hashlib.sha256(json.dumps(content).encode()).hexdigest())


async def store_and_start(
    backend: Backend,
    who: Identity,
    thread: Thread,
    run_input: RunInput,
    context: RequestContext,
    claim: Claim | None,
    *,
    model: str | None,
    mcp_servers: tuple[str, ...] = (),
    prior_turns: Sequence[PriorTurn] = (),
    continues: Run | None = None,
) -> LiveRun:
    """Stores a run in its thread and starts it.

    Args:
        thread: As it will be with the run in it; its `updated_at` is when the run begins.
        model: The id of the model that is asked first.
        continues: The run whose answer this one finishes: then there is no new user message, and
            the thread must be as `thread` says.

    Raises as `run_start.begin` does.
    """
    run = Run(
        id=context.run_id or new_id("run"),
        thread_id=thread.id,
        user_id=who.user_id,
        state="running",
        user_message_id=continues.user_message_id if continues else new_id("msg"),
        message_id=new_id("msg"),
        continues=continues.id if continues else None,
        created_at=thread.updated_at,
        model=model,
        mcp_servers=mcp_servers,
    )
    bedrock.labels.set({"tenant": bedrock.hashed(who.tenant_id), "run": bedrock.hashed(run.id)})
    if context.run_id:
        new_thread = NewThread(
            thread, thread_context.user_message(run, run_input.text), prior_turns
        )
        return LiveRun.start(backend, who, run, run_input, new_thread, context)
    lease_until = time.time() + backend.settings.lease
    # Nothing of it is shown before the run is stored. Where the same request may have come before,
    # it would be paid for twice.
    routing = None if claim else Routing.begin(backend, who, run_input)
    try:
        await run_start.begin(
            backend.table,
            who,
            thread,
            run,
            None if continues else thread_context.user_message(run, run_input.text),
            lease_until,
            claim=claim,
            unchanged=continues is not None,
            prior_turns=prior_turns,
        )
        lease_until = await _whole_lease(backend, who, run, lease_until)
    except BaseException:
        if routing:
            routing.cancel()
        raise
    return LiveRun.start(
        backend, who, run, replace(run_input, routing=routing), lease_until, context
    )


async def _whole_lease(backend: Backend, who: Identity, run: Run, lease_until: float) -> float:
    """Until when the run is live: where storing it has taken long, that begins anew.

    Raises:
        Interrupted: The lease was over before the run could begin, and somebody has ended it.
    """
    lease = backend.settings.lease
    if lease_until - time.time() > lease / 2:
        return lease_until
    fresh = time.time() + lease
    try:
        await journals.renew_lease(backend.table, who, run.id, fresh)
    except ConditionFailed:
        raise Interrupted from None
    except StoreUnavailable:
        # The journal renews it, and writes nothing before.
        return lease_until
    return fresh


async def _claimed_run(backend: Backend, who: Identity, claim: Claim) -> FollowedRun | None:
    """The run that the caller began under this key. Raises Conflict where it was another one."""
    claimed = await idempotency.find(backend.table, who, claim.key)
    if claimed is None:
        return None
    if claimed.request != claim.request:
        raise Conflict(
            "This idempotency key was used for another request.", code="idempotency_mismatch"
        )
    return await follow(backend, who, claimed.run_id)


async def _begin(
    backend: Backend,
    who: Identity,
    request: RunRequest,
    context: RequestContext,
    claim: Claim | None,
) -> LiveRun:
    found, run_input = await input_of(backend, who, request)
    thread, agent = found.thread, run_input.agent
    if agent:
        thread = thread.model_copy(update={"agents": (*thread.agents, agent.id)})
    return await store_and_start(
        backend,
        who,
        thread,
        run_input,
        context,
        claim,
        model=run_input.model or backend.model_of(agent),
        mcp_servers=request.mcp_servers,
        prior_turns=found.prior_turns,
    )


async def input_of(
    backend: Backend, who: Identity, request: RunRequest
) -> tuple[thread_context.ThreadContext, RunInput]:
    """What a question is asked with.

    Raises:
        Invalid: There is no such agent.
        NotFound: There is no such thread.
        Unavailable: There is no agent at all.
    """
    agents, found = await asyncio.gather(
        backend.agents_of(who), thread_context.load(backend, who, request), return_exceptions=True
    )
    if isinstance(agents, BaseException):
        raise agents
    agent = agents.named(request.agent) if request.agent else None
    if isinstance(found, BaseException):
        raise found
    run_input = RunInput(
        text=request.text,
        history=found.history,
        agents=agents,
        agent=agent,
        model=backend.model_id(request.model) if request.model else None,
        among=request.among,
        runner=request.runner,
        mcp_servers=request.mcp_servers,
    )
    if run_input.agent is None and not run_input.candidates:
        raise Unavailable("There is no agent here that could answer this.", code="no_agents")
    return found, run_input


def _check(backend: Backend, request: RunRequest) -> None:
    settings = backend.settings
    if not request.text.strip():
        raise Invalid("The message is empty.", code="empty_message")
    if len(request.text) > settings.max_input:
        raise Invalid(
            f"The message is longer than {settings.max_input} characters.", code="message_too_long"
        )
    if request.model and request.model not in settings.models:
        raise _not_allowed("There is no such model here.", "unknown_model", [*settings.models])
    if unknown := set(request.mcp_servers) - set(settings.mcp_servers):
        text = f"There is no MCP server {min(unknown)!r} here."
        raise _not_allowed(text, "unknown_mcp_server", [*settings.mcp_servers])
    if request.thread_id is not None:
        check_thread_id(request.thread_id)


def _not_allowed(text: str, code: str, allowed: list[str]) -> Invalid:
    error = Invalid(f"{text} There are: {', '.join(allowed) or 'none'}.", code=code)
    error.details["allowed"] = allowed
    return error
