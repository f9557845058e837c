"""`/v1/threads`: a user's conversations."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from waypost.records import Message, Thread
from waypost.runs import lookup
from waypost.runs.cancellation import delete_thread as delete
from waypost.store import threads as store
from waypost_chat.bodies import NewTitle, RunWithSteps, ThreadPage, ThreadView
from waypost_chat.routes.dependencies import BackendOf, Caller

router = APIRouter(prefix="/v1/threads", tags=["threads"])
PAGE = 500
"""Messages of a thread that are shown at once."""
Before = Annotated[
    str | None,
    Query(
        pattern=r"^msg_[0-9A-Z]{26}$",
        description="A message's id: the messages that came before it, instead of the last",
    ),
]
HardDelete = Annotated[bool, Query(description="Remove it for good at once")]


@router.get("")
async def list_threads(
    backend: BackendOf,
    who: Caller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> ThreadPage:
    """The user's threads, the latest first."""
    threads, following = await store.threads(backend.table, who, limit, cursor)
    return ThreadPage(threads=threads, next_cursor=following)


@router.get("/{thread_id}")
async def read_thread(
    thread_id: str, backend: BackendOf, who: Caller, before: Before = None
) -> ThreadView:
    """A thread with its last 500 messages and its runs."""
    thread, messages, runs = await lookup.thread_view(backend, who, thread_id, PAGE + 1, before)
    views = [RunWithSteps(**run.model_dump(), steps=steps) for run, steps in runs]
    shown, earlier = page(messages)
    return ThreadView(**thread.model_dump(), messages=shown, earlier=earlier, runs=views)


@router.patch("/{thread_id}")
async def rename_thread(thread_id: str, body: NewTitle, backend: BackendOf, who: Caller) -> Thread:
    """Gives a thread another title."""
    return await store.rename(backend.table, who, thread_id, body.title)


@router.delete("/{thread_id}", status_code=204)
async def delete_thread(
    thread_id: str, backend: BackendOf, who: Caller, hard_delete: HardDelete = False
) -> Response:
    """Deletes a thread: it is gone at once, and removed for good after 30 days.

    With `hard_delete` its messages, runs, steps and events are removed at once.
    """
    await delete(backend, who, thread_id, hard=hard_delete)
    return Response(status_code=204)


def page(messages: list[Message]) -> tuple[list[Message], str | None]:
    """At most `PAGE` messages, and where to go on for the earlier ones, if there are any."""
    shown = messages[-PAGE:]
    return shown, shown[0].id if len(messages) > PAGE else None
