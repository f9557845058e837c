"""`/api/agents/{agent_id}/threads`: what a user has asked one agent."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Thread
from waypost.runs import Backend, lookup
from waypost.runs.cancellation import delete_thread as delete
from waypost.store.threads import threads_of_agent
from waypost_chat.bodies.agent_threads import (
    AgentThread,
    AgentThreads,
    AgentThreadView,
    ThreadMessage,
    ThreadRun,
    ThreadStatus,
)
from waypost_chat.bodies.agents import Deleted
from waypost_chat.routes import threads
from waypost_chat.routes.dependencies import BackendOf, Caller
from waypost_chat.routes.threads import Before, HardDelete

router = APIRouter(prefix="/api/agents/{agent_id}/threads", tags=["agents"])


@router.get("")
async def list_agent_threads(
    agent_id: str,
    backend: BackendOf,
    who: Caller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    status: Annotated[
        ThreadStatus, Query(description="`active` for all that are not deleted")
    ] = "active",
) -> AgentThreads:
    """The user's threads in which the agent has answered, the latest first."""
    agent = await backend.editor.agent(who, agent_id)
    found = await threads_of_agent(backend.table, who, agent.id, deleted=status == "deleted")
    shown = [AgentThread.of(thread) for thread in await _with_lost_runs_ended(backend, who, found)]
    if status not in ("active", "deleted"):
        shown = [thread for thread in shown if thread.status == status]
    page = shown[offset : offset + limit]
    return AgentThreads(threads=page, total=len(shown), limit=limit, offset=offset)


@router.get("/{thread_id}")
async def read_agent_thread(
    agent_id: str, thread_id: str, backend: BackendOf, who: Caller, before: Before = None
) -> AgentThreadView:
    """A thread with its last 500 messages, and its runs with their steps, tokens and costs."""
    thread = await _thread(backend, who, agent_id, thread_id)
    _, messages, runs = await lookup.thread_view(backend, who, thread.id, threads.PAGE + 1, before)
    shown, earlier = threads.page(messages)
    return AgentThreadView(
        **AgentThread.of(thread).model_dump(),
        messages=list(map(ThreadMessage.of, shown)),
        earlier=earlier,
        runs=[ThreadRun.of(run, steps) for run, steps in runs],
    )


@router.delete("/{thread_id}")
async def delete_agent_thread(
    agent_id: str,
    thread_id: str,
    backend: BackendOf,
    who: Caller,
    hard_delete: HardDelete = False,
) -> Deleted:
    """Deletes a thread: it is gone at once, and removed for good after 30 days.

    With `hard_delete` its messages, runs, steps and events are removed at once, also of a thread
    that was deleted before.
    """
    if not hard_delete:
        await _thread(backend, who, agent_id, thread_id)
    await delete(backend, who, thread_id, hard=hard_delete)
    return Deleted(message="Thread deleted successfully")


async def _thread(backend: Backend, who: Identity, agent_id: str, thread_id: str) -> Thread:
    """Raises NotFound, also where the agent never answered in it."""
    agent, thread = await asyncio.gather(
        backend.editor.agent(who, agent_id), lookup.thread(backend, who, thread_id)
    )
    if agent.id not in thread.agents:
        raise NotFound("Thread of this agent not found.", code="thread_not_found")
    return thread


async def _with_lost_runs_ended(
    backend: Backend, who: Identity, found: list[Thread]
) -> list[Thread]:
    """The threads as they are now: runs whose process is gone are ended first."""

    async def current(thread: Thread) -> Thread:
        return await lookup.thread(backend, who, thread.id) if thread.live_run else thread

    return list(await asyncio.gather(*map(current, found)))
