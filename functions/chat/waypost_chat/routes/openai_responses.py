"""`/openai/v1/responses`: a response is a run, and keeps its id but for the prefix."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from waypost import runs
from waypost.errors import Invalid, NotFound, WaypostError
from waypost.events import Event, RouteDecided
from waypost.identity import Identity
from waypost.runs import Backend, cancellation, lookup
from waypost.runs.request import RunRequest
from waypost.store import journals
from waypost_chat.bodies.openai import NewResponse, ResponseView
from waypost_chat.dialects.openai import ROUTED
from waypost_chat.dialects.openai_items import run_of_item
from waypost_chat.dialects.openai_responses import OpenAIResponsesDialect, run_id
from waypost_chat.openai_errors import ERRORS, OpenAIRoute
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.routes.openai import agent_of
from waypost_chat.streaming import AnyRun, RunStream, run_headers, wait_for_end

router = APIRouter(
    prefix="/openai/v1/responses", tags=["openai"], route_class=OpenAIRoute, responses=ERRORS
)
_STREAM = streams(
    "The response's events, or the response.", ResponseView, dialect="openai-responses"
)
_FIRST_EVENT_SECONDS = 20.0
"""Seconds in which a run that has begun has its first event, or is ended."""


@router.post("", **_STREAM)
async def create(
    body: NewResponse, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Answers a question, in a new thread or in that of `previous_response_id`.

    A response in the background is streamed or, where this is no Lambda function, answered at
    once: a function is frozen as soon as it has answered.
    """
    if body.background and not body.stream:
        _check_background(request)
    agent = agent_of(await backend.agents_of(who), body.model)
    text, prior_turns = body.question_and_history(await _referred(backend, who, body.references))
    thread_id = await _thread(backend, who, body)
    create = body.conversation is not None
    run_request = RunRequest(
        text=text, thread_id=thread_id, create=create, agent=agent, prior_turns=prior_turns
    )
    run = await runs.begin(backend, who, run_request, context)
    dialect = OpenAIResponsesDialect(
        agent or ROUTED, previous=body.previous_response_id, background=bool(body.background)
    )
    if body.stream:
        return RunStream(run, dialect, backend.settings.heartbeat, request.scope)
    if not body.background:
        await wait_for_end(run, request.scope)
    return await _current(run, dialect)


@router.get("/{response_id}", **_STREAM)
async def retrieve(
    response_id: str,
    request: Request,
    backend: BackendOf,
    who: Caller,
    stream: bool = False,
    starting_after: Annotated[
        int | None,
        Query(ge=0, description="The `sequence_number` of the last event that the client has"),
    ] = None,
) -> Response:
    """A response as it is now, or its events after one, live or replayed."""
    run, first = await _find(backend, who, response_id)
    if not stream:
        return await _current(run, OpenAIResponsesDialect(_model(first)))
    after = -1 if starting_after is None else starting_after
    dialect = OpenAIResponsesDialect(_model(first), after=after)
    return RunStream(run, dialect, backend.settings.heartbeat, request.scope)


@router.post("/{response_id}/cancel", response_model=ResponseView)
async def cancel(response_id: str, backend: BackendOf, who: Caller) -> Response:
    """Cancels a response, in the background or not, and returns it."""
    await _find(backend, who, response_id)
    await cancellation.cancel(backend, who, run_id(response_id))
    run, first = await _find(backend, who, response_id)
    return await _current(run, OpenAIResponsesDialect(_model(first)))


async def _thread(backend: Backend, who: Identity, body: NewResponse) -> str | None:
    """The thread that a response continues, or None for a new one. Raises Invalid."""
    previous = body.previous_response_id
    if previous is None:
        return body.conversation_id
    if body.conversation is not None:
        raise _about(
            "previous_response_id",
            Invalid("Name previous_response_id or conversation, not both.", code="both_named"),
        )
    try:
        head = await journals.head(backend.table, who, run_id(previous))
    except NotFound:
        head = None
    if head is None or head.user_id != who.user_id:
        raise _about(
            "previous_response_id",
            Invalid(
                f"Previous response with id {previous!r} not found.",
                code="previous_response_not_found",
            ),
        )
    return head.thread_id


async def _referred(backend: Backend, who: Identity, items: list[str]) -> dict[str, str]:
    """The answers that items are of, each once, by the ids of the items. Raises NotFound."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for item in items:
        run = run_of_item(item)
        if run is None and not item.startswith("msg_"):
            continue  # Reasoning and tool calls are not read.
        if run in seen:
            continue
        try:
            if run is None:
                raise NotFound
            found[item] = await lookup.answer_text(backend, who, run)
        except NotFound:
            message = f"Item with id {item!r} not found."
            raise _about("input", NotFound(message, code="item_not_found")) from None
        seen.add(run)
    return found


async def _find(
    backend: Backend, who: Identity, response_id: str
) -> tuple[runs.FollowedRun, list[Event]]:
    """A response's run, and its events so far: at least the first."""
    if not response_id.startswith("resp_"):
        raise NotFound(f"Response with id {response_id!r} not found.", code="response_not_found")
    try:
        run = await runs.follow(backend, who, run_id(response_id))
    except NotFound:
        message = f"Response with id {response_id!r} not found."
        raise NotFound(message, code="response_not_found") from None
    return run, await run.read(0, _FIRST_EVENT_SECONDS)


async def _current(run: AnyRun, dialect: OpenAIResponsesDialect) -> Response:
    for event in await run.read(0, _FIRST_EVENT_SECONDS):
        dialect.encode(event)
    return JSONResponse(dialect.response(), headers=run_headers(run))


def _model(events: list[Event]) -> str:
    """The model that was asked for: the agent, where it was named."""
    pinned = (e.agent for e in events if isinstance(e, RouteDecided) and e.method == "pinned")
    return next(pinned, ROUTED)


def _check_background(connection: HTTPConnection) -> None:
    if connection.scope.get("aws.context") is not None:
        raise _about(
            "background",
            Invalid(
                "A function is frozen as soon as it has answered: set stream to true as well. The "
                "response goes on if you leave, and can be retrieved.",
                code="background_needs_stream",
            ),
        )


def _about(param: str, error: WaypostError) -> WaypostError:
    error.details["param"] = param
    return error
