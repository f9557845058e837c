"""How a run begins: its thread and history are read, it is written down, then it goes its way."""

import asyncio
from dataclasses import dataclass
from itertools import pairwise

from waypost.errors import Invalid, NotFound
from waypost.events import now
from waypost.identity import Identity, check_thread_id
from waypost.ids import new_id
from waypost.models.turns import AssistantTurn, UserTurn
from waypost.records import Message, Run, Thread
from waypost.runs.answer import Question
from waypost.runs.backend import Backend
from waypost.runs.live import LiveRun
from waypost.store import runs as run_store
from waypost.store import threads as thread_store

_TITLE = 80


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


async def begin(backend: Backend, who: Identity, request: Request) -> LiveRun:
    """A run on its way. It goes on to its end whether or not anybody reads it.

    Raises:
        Invalid: The text is blank or too long, or the agent, the model or the thread's id is
            none. Nothing was written.
        NotFound: The thread is not there, or not this user's. Nothing was written.
    """
    _check(backend, request)
    agent = backend.agents.named(request.agent) if request.agent else None
    thread, earlier = await _thread(backend, who, request)
    message_id, answer_id, run_id = new_id("msg"), new_id("msg"), new_id("run")
    run = Run(
        id=run_id,
        thread_id=thread.id,
        user_id=who.user_id,
        state="running",
        user_message_id=message_id,
        message_id=answer_id,
        created_at=thread.updated_at,
        model=request.model or (agent.model if agent else None) or backend.settings.model,
    )
    message = Message(
        id=message_id,
        thread_id=thread.id,
        run_id=run_id,
        role="user",
        text=request.text,
        created_at=run.created_at,
    )
    await run_store.begin(backend.table, who, thread, run, message)
    turns = _turns(earlier)
    question = Question(
        text=request.text,
        history=tuple(turn for pair in turns for turn in pair[1:]),
        previous=tuple((pair[0], pair[1].text) for pair in turns[-2:]),
        agent=agent,
        model=request.model,
    )
    return LiveRun.start(backend, who, thread, run, question)


def _check(backend: Backend, request: Request) -> None:
    if not request.text.strip():
        raise Invalid("The message is empty.", code="empty_message")
    longest = backend.settings.max_input
    if len(request.text) > longest:
        raise Invalid(f"The message is longer than {longest} characters.", code="message_too_long")
    if request.model and request.model not in backend.settings.models:
        allowed = ", ".join(backend.settings.models)
        raise Invalid(f"There is no such model here. There are: {allowed}.", code="unknown_model")
    if request.thread_id is not None:
        check_thread_id(request.thread_id)


async def _thread(
    backend: Backend, who: Identity, request: Request
) -> tuple[Thread, list[Message]]:
    """The thread as it will be once this run is in it, and its messages so far."""
    at = now()
    fresh = Thread(
        id=request.thread_id or new_id("thread"),
        user_id=who.user_id,
        title=_title(request.text),
        created_at=at,
        updated_at=at,
    )
    if request.thread_id is None:
        return fresh, []
    found, messages = await asyncio.gather(
        _found(backend, who, fresh.id, create=request.create),
        thread_store.messages(backend.table, who, fresh.id, backend.settings.history_messages),
    )
    if found is None:
        return fresh, []
    return found.model_copy(update={"updated_at": at}), messages


async def _found(backend: Backend, who: Identity, thread_id: str, *, create: bool) -> Thread | None:
    try:
        return await thread_store.thread(backend.table, who, thread_id)
    except NotFound:
        # Where the id is taken by another user, the transaction that begins the run refuses it.
        if create:
            return None
        raise


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"


def _turns(messages: list[Message]) -> list[tuple[str, UserTurn, AssistantTurn]]:
    """Questions with their answers and agents; a question that got no answer is left out."""
    pairs = pairwise(messages)
    return [
        (answer.agent or "", UserTurn(asked.text), AssistantTurn(answer.text))
        for asked, answer in pairs
        if asked.role == "user" and answer.role == "assistant" and answer.text
    ]
