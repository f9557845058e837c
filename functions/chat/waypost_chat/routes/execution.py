"""`/api/agent`: one question, streamed or whole, with a model and tools of one's choice."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from waypost import runs
from waypost.agents import scripted
from waypost.runs.begin import Request as Question
from waypost_chat.bodies.execution import (
    AllowedModel,
    AllowedModels,
    AllowedServer,
    AllowedServers,
    Executed,
    Execution,
)
from waypost_chat.dialects import execution as dialect
from waypost_chat.openapi import streams, whole
from waypost_chat.outcome import Outcome, answered, outcome
from waypost_chat.routes.dependencies import BackendOf, Caller, CallOf
from waypost_chat.streaming import RunStream

router = APIRouter(prefix="/api/agent", tags=["execution"])
_STREAM = streams("Thoughts, tools, the output in parts and whole, the end.", dialect="execution")


@router.post("/stream", **_STREAM)
async def stream(
    body: Execution, request: Request, backend: BackendOf, who: Caller, call: CallOf
) -> Response:
    """Answers a question; the router picks the agent. 422 for a model or server not allowed."""
    run = await runs.begin(backend, who, _question(body), call)
    return RunStream(run, dialect.Execution(), backend.settings.heartbeat, request.scope)


@router.post("/execute", **whole(Executed))
async def execute(
    body: Execution, request: Request, backend: BackendOf, who: Caller, call: CallOf
) -> Response:
    """The same as one JSON answer, once the run is over.

    Where the run fails, the status is 503 if it is worth another try, else 500, and `error` says
    why. 202 where it is not over when this invocation has to end: follow the run then.
    """
    run = await runs.begin(backend, who, _question(body), call)
    found = await outcome(run, request.scope)
    return answered(found, _view(found), run, request.scope)


@router.post("/stream/simulate", **_STREAM)
async def simulate(
    body: Execution,
    request: Request,
    backend: BackendOf,
    who: Caller,
    call: CallOf,
    ending: Annotated[
        Literal["completed", "failed"], Query(description="How the scripted run is to end")
    ] = "completed",
) -> Response:
    """A scripted run, for work on a front end: no model is asked, and it is kept like any other."""
    agents = await backend.agents_of(who)
    question = Question(
        text=body.input,
        model=body.model,
        mcp_servers=body.mcp_servers,
        among=tuple(agents)[:1],
        answerer=scripted.failing if ending == "failed" else scripted.Scripted,
    )
    run = await runs.begin(backend, who, question, call)
    return RunStream(run, dialect.Execution(), backend.settings.heartbeat, request.scope)


@router.get("/models")
async def list_models(backend: BackendOf, who: Caller) -> AllowedModels:
    """The models that `model` may name."""
    settings = backend.settings
    return AllowedModels(
        models=[AllowedModel(id=name, default=name == settings.model) for name in settings.models]
    )


@router.get("/mcp-servers")
async def list_mcp_servers(backend: BackendOf, who: Caller) -> AllowedServers:
    """The servers that `mcp_servers` may name, whose tools the agent then has."""
    servers = backend.settings.mcp_servers
    return AllowedServers(mcp_servers=[AllowedServer(id=name) for name in servers])


def _question(body: Execution) -> Question:
    return Question(text=body.input, model=body.model, mcp_servers=body.mcp_servers)


def _view(found: Outcome) -> dict[str, object]:
    return Executed(
        run_id=found.run_id,
        thread_id=found.thread_id,
        status=found.status,
        agent=found.agent,
        output=found.text,
        tool_calls=list(found.tools.values()),
        usage=found.usage,
        cost_usd=found.cost_usd,
        elapsed_ms=found.elapsed_ms,
    ).model_dump(mode="json")
