"""`/v1`: questions, and the runs that answer them."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.errors import DeadlinePassed
from waypost.identity import Identity
from waypost.runs import Backend, LiveRun
from waypost.runs.begin import Request as Question
from waypost.store import runs as run_store
from waypost.store import threads as thread_store
from waypost_chat.bodies import NewRun, RunView
from waypost_chat.dialects.waypost import Waypost
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller
from waypost_chat.streaming import RunStream, deadline_is_near, run_headers

router = APIRouter(prefix="/v1", tags=["runs"])


@router.post("/runs", **streams("The run's events, or the finished run as JSON.", RunView))
async def ask_in_new_thread(
    body: NewRun, request: Request, backend: BackendOf, who: Caller
) -> Response:
    """Asks a question in a new thread.

    Streams the run's events; with `Accept: application/json` it waits and answers the run.
    """
    question = Question(text=body.input, agent=body.agent, model=body.model)
    return await _answered(request, backend, who, question)


@router.post(
    "/threads/{thread_id}/runs",
    **streams("The run's events, or the finished run as JSON.", RunView),
)
async def ask_in_thread(
    thread_id: str, body: NewRun, request: Request, backend: BackendOf, who: Caller
) -> Response:
    """Asks the next question of a thread. Streams or waits as `POST /v1/runs` does."""
    question = Question(text=body.input, thread_id=thread_id, agent=body.agent, model=body.model)
    return await _answered(request, backend, who, question)


@router.get("/runs/{run_id}")
async def read_run(run_id: str, backend: BackendOf, who: Caller) -> RunView:
    """A run with its steps and its answer."""
    return await _view(backend, who, run_id)


async def _answered(
    request: Request, backend: Backend, who: Identity, question: Question
) -> Response:
    live = await runs.begin(backend, who, question)
    if _wants_json(request.headers.get("accept", "")):
        await _over(live, request.scope)
        view = await _view(backend, who, live.id)
        return Response(
            view.model_dump_json(), media_type="application/json", headers=run_headers(live)
        )
    return RunStream(live, Waypost(), backend.settings.heartbeat, request.scope)


def _wants_json(accept: str) -> bool:
    return "application/json" in accept and "text/event-stream" not in accept


async def _over(live: LiveRun, scope: Any) -> None:
    while not live.finished:
        try:
            await live.wait()
        except asyncio.CancelledError:
            if not deadline_is_near(scope):
                raise
            live.stop(DeadlinePassed())


async def _view(backend: Backend, who: Identity, run_id: str) -> RunView:
    run, steps = await run_store.run(backend.table, who, run_id)
    output = await thread_store.message(backend.table, who, run.thread_id, run.message_id)
    return RunView(**run.model_dump(), steps=steps, output=output)
