"""`/v1`: questions, and the runs that answer them."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse, Response

from waypost import runs
from waypost.errors import Invalid
from waypost.identity import Identity
from waypost.records import LIVE
from waypost.runs import Backend, cancellation, lookup
from waypost.runs.request import RunRequest
from waypost.store import threads as thread_store
from waypost_chat.bodies import NewRun, RunView
from waypost_chat.dialects import DIALECTS, Dialect
from waypost_chat.dialects.waypost import WaypostDialect
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, Context, wants_json
from waypost_chat.streaming import AnyRun, RunStream, run_headers, wait_for_end

router = APIRouter(prefix="/v1", tags=["runs"])
_STREAM = streams("The run's events, or the finished run as JSON.", RunView)
_REPLAY = streams("The events that follow, live or replayed, in that dialect.", dialect=None)
_REPLAY["responses"][204] = {"description": "The run is over, and nothing follows."}


@router.post("/runs", **_STREAM)
async def ask_in_new_thread(
    body: NewRun, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Asks a question in a new thread.

    Streams the run's events; with `Accept: application/json` it waits and answers the run. With an
    `Idempotency-Key` the same request may be sent again: it attaches to the run that it started.
    """
    run_request = RunRequest(text=body.input, agent=body.agent, model=body.model)
    return await _response(
        request, backend, who, await runs.begin(backend, who, run_request, context)
    )


@router.post("/threads/{thread_id}/runs", **_STREAM)
async def ask_in_thread(
    thread_id: str,
    body: NewRun,
    request: Request,
    backend: BackendOf,
    who: Caller,
    context: Context,
) -> Response:
    """Asks the next question of a thread. Streams or waits as `POST /v1/runs` does."""
    run_request = RunRequest(
        text=body.input, thread_id=thread_id, agent=body.agent, model=body.model
    )
    return await _response(
        request, backend, who, await runs.begin(backend, who, run_request, context)
    )


@router.get("/runs/{run_id}")
async def read_run(run_id: str, backend: BackendOf, who: Caller) -> RunView:
    """A run with its steps and its answer."""
    return await _view(backend, who, run_id)


@router.get("/runs/{run_id}/events", **_REPLAY)
async def read_events(
    run_id: str,
    request: Request,
    backend: BackendOf,
    who: Caller,
    after: Annotated[
        str, Query(description="The number of the last event that the client has")
    ] = "0",
    last_event_id: Annotated[
        str | None, Header(description="As `after`, and counts before it: browsers send it")
    ] = None,
    dialect: Annotated[str, Query(description=f"One of {', '.join(DIALECTS)}")] = "waypost",
) -> Response:
    """Exactly the events of a run that come after one, to the run's end.

    204 where the run is over and nothing follows.
    """
    encoder = _dialect(dialect)
    seq = _seq(last_event_id or after)
    run = await runs.follow(backend, who, run_id, seq)
    if run.finished and run.last == seq:
        return Response(status_code=204, headers=run_headers(run))
    return RunStream(run, encoder, backend.settings.heartbeat, request.scope, seq)


@router.post("/runs/{run_id}/cancel", responses={202: {"model": RunView}})
async def cancel(run_id: str, backend: BackendOf, who: Caller) -> Response:
    """Cancels a run and returns it.

    What was answered by then is stored. A run that was over stays as it is. 202 where the run has
    not stopped yet, which takes about a second.
    """
    await cancellation.cancel(backend, who, run_id)
    view = await _view(backend, who, run_id)
    status = 202 if view.state in LIVE else 200
    return JSONResponse(view.model_dump(mode="json"), status)


@router.post("/runs/{run_id}/continue", **_STREAM)
async def continue_run(
    run_id: str, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Continues an answer that broke off, as a new run whose text is what was missing.

    Tools that were called are not called again. Streams or waits as `POST /v1/runs` does.
    """
    return await _response(request, backend, who, await runs.resume(backend, who, run_id, context))


async def _response(request: Request, backend: Backend, who: Identity, run: AnyRun) -> Response:
    if not wants_json(request):
        return RunStream(run, WaypostDialect(), backend.settings.heartbeat, request.scope)
    status = 200 if await wait_for_end(run, request.scope) else 202
    view = await _view(backend, who, run.id)
    return JSONResponse(view.model_dump(mode="json"), status, headers=run_headers(run))


def _dialect(name: str) -> Dialect:
    if name not in DIALECTS:
        raise Invalid(
            f"There is no such dialect. There are: {', '.join(DIALECTS)}.", code="unknown_dialect"
        )
    return DIALECTS[name]()


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Invalid(
            "The number of an event is a whole number from 0 up.", code="invalid_event_id"
        )
    return int(text)


async def _view(backend: Backend, who: Identity, run_id: str) -> RunView:
    run, steps = await lookup.run(backend, who, run_id)
    output = await thread_store.message(backend.table, who, run.thread_id, run.message_id)
    return RunView(**run.model_dump(), steps=steps, output=output)
