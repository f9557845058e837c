"""`/openai/v1`: for OpenAI's clients, whose models are the agents."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from waypost import runs
from waypost.agents.definition import Agents
from waypost.errors import DeadlinePassed, Invalid, NotFound
from waypost.events import RunCompleted
from waypost.runs.request import RunRequest
from waypost_chat import unstored
from waypost_chat.bodies.openai import Completion, ModelList, ModelView, NewCompletion
from waypost_chat.dialects.openai import ROUTED
from waypost_chat.dialects.openai_chat import OpenAIChatDialect
from waypost_chat.openai_errors import ERRORS, OpenAIRoute, run_error_response
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import RunStream, run_headers, wait_for_end

router = APIRouter(prefix="/openai/v1", tags=["openai"], route_class=OpenAIRoute, responses=ERRORS)


@router.get("/models")
async def list_models(backend: BackendOf, who: Caller) -> ModelList:
    """The agents, and before them `waypost` for the one that fits the question."""
    agents = await backend.agents_of(who)
    return ModelList(data=[ModelView(id=name, created=0) for name in (ROUTED, *agents)])


@router.get("/models/{model}")
async def read_model(model: str, backend: BackendOf, who: Caller) -> ModelView:
    """One of them."""
    return ModelView(id=agent_of(await backend.agents_of(who), model) or ROUTED, created=0)


@router.post(
    "/chat/completions",
    **streams("Chunks, or the whole completion.", Completion, dialect="openai-chat"),
)
async def complete(
    body: NewCompletion, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Answers the last message of a conversation that the client carries, in a new thread."""
    agent = agent_of(await backend.agents_of(who), body.model)
    text, prior_turns = body.question_and_history()
    if title := unstored.title_for(text, prior_turns):
        return _title(title, body)
    run = await runs.begin(
        backend, who, RunRequest(text=text, agent=agent, prior_turns=prior_turns), context
    )
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    dialect = OpenAIChatDialect(agent or ROUTED, usage=include_usage)
    if body.stream:
        return RunStream(run, dialect, backend.settings.heartbeat, request.scope)
    await wait_for_end(run, request.scope)
    for event in await run.read(0, 0):
        dialect.encode(event)
    if dialect.end is None:
        raise DeadlinePassed
    if not isinstance(dialect.end, RunCompleted):
        return run_error_response(dialect.end, run_headers(run))
    return JSONResponse(dialect.completion(dialect.end), headers=run_headers(run))


def _title(title: str, body: NewCompletion) -> Response:
    """What a front end calls the conversation: no run of its own."""
    dialect = OpenAIChatDialect(body.model)
    if body.stream:
        return unstored.stream(dialect, unstored.events(title))
    for event in unstored.events(title):
        dialect.encode(event)
    assert isinstance(dialect.end, RunCompleted)  # noqa: S101
    return JSONResponse(dialect.completion(dialect.end))


def agent_of(agents: Agents, model: str) -> str | None:
    """The agent that a model is, or None for whichever fits. Raises NotFound."""
    if model == ROUTED:
        return None
    try:
        return agents.named(model).id
    except Invalid:
        known = ", ".join((ROUTED, *agents))
        missing = NotFound(
            f"The model {model!r} does not exist. There are: {known}.", code="model_not_found"
        )
        missing.details["param"] = "model"
        raise missing from None
