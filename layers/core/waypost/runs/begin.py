"""How a run begins: its thread and history are read, it is written down, then it goes its way."""

import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from waypost.agents.task import Answerer
from waypost.errors import CallerError, Conflict, Invalid, Unavailable
from waypost.identity import Identity, check_thread_id
from waypost.ids import new_id
from waypost.records import Message, Run, Said
from waypost.runs import places
from waypost.runs.answer import Question
from waypost.runs.backend import Backend
from waypost.runs.follow import FollowedRun, follow
from waypost.runs.live import LiveRun
from waypost.store import beginnings, idempotency
from waypost.store.idempotency import Claim, Claimed

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Call:
    """The circumstances of a request.

    `key` is the caller's own name for the run, unique to the user for a day. `deadline` is when
    this process may be stopped, in seconds since the epoch.
    """

    key: str | None = None
    deadline: float | None = None


@dataclass(frozen=True)
class Request:
    """A question as a client sends it.

    `thread_id` None makes a thread; `create` makes the named one if it is not there yet.
    """

    text: str
    thread_id: str | None = None
    create: bool = False
    agent: str | None = None
    model: str | None = None
    among: tuple[str, ...] = ()
    """Agents that the router may choose among, where none is named; empty for all."""
    told: tuple[Said, ...] = ()
    """What was said before, where the client carries it; used for a thread that is new."""
    mcp_servers: tuple[str, ...] = ()
    """Names of MCP servers whose tools the agent may use beside its own."""
    answerer: Answerer | None = None
    """What answers in the place of the agent's model."""


NO_CALL = Call()


async def begin(
    backend: Backend, who: Identity, request: Request, call: Call = NO_CALL
) -> LiveRun | FollowedRun:
    """A run on its way. It goes on to its end whether or not anybody reads it.

    Where the caller has begun it before under the same key, it is that run, live or over.

    Raises:
        Invalid: The text is blank or too long, or the agent, the model, an MCP server, the key or
            the thread's id is none. Nothing was written.
        NotFound: The thread is not there, or not this user's. Nothing was written.
        RunLive: The question before is still being answered. Nothing was written.
        Conflict: The key was used for another request.
    """
    _check(backend, request)
    asked = [request.text, request.thread_id, request.agent, request.model]
    asked += [*(turn.text for turn in request.told), *request.mcp_servers, *request.among]
    if request.answerer:
        asked.append("simulated")
    claim = claimed_by(call, asked)
    return await once(backend, who, claim, lambda: _begin(backend, who, request, call, claim))


async def once(
    backend: Backend, who: Identity, claim: Claim | None, start: Callable[[], Awaitable[LiveRun]]
) -> LiveRun | FollowedRun:
    """The run that `start` begins, or the one that the caller began under this claim before.

    That is looked up only where the start fails: a first request does not pay for it.
    """
    try:
        return await start()
    except (Claimed, CallerError) as error:
        if claim and (run := await _begun_before(backend, who, claim)):
            return run
        if isinstance(error, Claimed):
            raise Conflict from None
        raise


def claimed_by(call: Call, asked: list[str | None]) -> Claim | None:
    """The caller's claim to a run that does what `asked` says. Raises Invalid."""
    if call.key is None:
        return None
    if not _KEY.fullmatch(call.key):
        raise Invalid(
            "An idempotency key must be 1 to 255 visible ASCII characters.",
            code="invalid_idempotency_key",
        )
    return Claim(call.key, hashlib.sha256(json.dumps(asked).encode()).hexdigest())


async def _begun_before(backend: Backend, who: Identity, claim: Claim) -> FollowedRun | None:
    """The run that the caller began under this key. Raises Conflict where it was another one."""
    named = await idempotency.find(backend.table, who, claim.key)
    if named is None:
        return None
    if named.request != claim.request:
        raise Conflict(
            "This idempotency key was used for another request.", code="idempotency_mismatch"
        )
    return await follow(backend, who, named.run_id)


async def _begin(
    backend: Backend, who: Identity, request: Request, call: Call, claim: Claim | None
) -> LiveRun:
    agents = await backend.agents_of(who)
    agent = agents.named(request.agent) if request.agent else None
    place = await places.find(backend, who, request)
    thread = place.thread
    if agent:
        thread = thread.model_copy(update={"agents": (*thread.agents, agent.id)})
    model = backend.model_id(request.model) if request.model else None
    question = Question(
        request.text,
        place.history,
        agents,
        agent,
        model,
        request.among,
        answerer=request.answerer,
        mcp_servers=request.mcp_servers,
    )
    if agent is None and not question.candidates:
        raise Unavailable("There is no agent here that could answer this.", code="no_agents")
    run = Run(
        id=new_id("run"),
        thread_id=thread.id,
        user_id=who.user_id,
        state="running",
        user_message_id=new_id("msg"),
        message_id=new_id("msg"),
        created_at=thread.updated_at,
        model=model or backend.model_id((agent and agent.model) or backend.settings.model),
        mcp_servers=request.mcp_servers,
    )
    message = Message(
        id=run.user_message_id,
        thread_id=thread.id,
        run_id=run.id,
        role="user",
        text=request.text,
        created_at=run.created_at,
    )
    lease = time.time() + backend.settings.lease
    await beginnings.begin(
        backend.table, who, thread, run, message, lease, claim=claim, told=place.told
    )
    return LiveRun.start(backend, who, run, question, call.deadline)


def _check(backend: Backend, request: Request) -> None:
    if not request.text.strip():
        raise Invalid("The message is empty.", code="empty_message")
    longest = backend.settings.max_input
    if len(request.text) > longest:
        raise Invalid(f"The message is longer than {longest} characters.", code="message_too_long")
    if request.model and request.model not in backend.settings.models:
        allowed = ", ".join(backend.settings.models)
        refused = Invalid(
            f"There is no such model here. There are: {allowed}.", code="unknown_model"
        )
        refused.details["allowed"] = list(backend.settings.models)
        raise refused
    if unknown := set(request.mcp_servers) - set(backend.settings.mcp_servers):
        allowed = ", ".join(backend.settings.mcp_servers) or "none"
        refused = Invalid(
            f"There is no MCP server {min(unknown)!r} here. There are: {allowed}.",
            code="unknown_mcp_server",
        )
        refused.details["allowed"] = list(backend.settings.mcp_servers)
        raise refused
    if request.thread_id is not None:
        check_thread_id(request.thread_id)
