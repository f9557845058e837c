"""`/api/agent`: one question, streamed or whole, with a model and tools of one's choice."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from waypost import runs
from waypost.agents import scripted_agent
from waypost.models import catalogue
from waypost.runs.request import RunRequest
from waypost_chat.bodies.execution import (
    AllowedModel,
    AllowedModels,
    AllowedServer,
    AllowedServers,
    Executed,
    Execution,
)
from waypost_chat.dialects.execution import ExecutionDialect
from waypost_chat.openapi import streams, waiting
from waypost_chat.outcome import RunOutcome, outcome_response, wait_for_outcome
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import RunStream, wants_ids

router = APIRouter(prefix="/api/agent", tags=["execution"])
_STREAM = streams("Thoughts, tools, the output in parts and whole, the end.", dialect="execution")


@router.post("/stream", **_STREAM)
async def stream(
    body: Execution, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Answers a question; the router picks the agent. 422 for a model or server not allowed."""
    run = await runs.begin(backend, who, _run_request(body), context)
    return RunStream(
        run, ExecutionDialect(), backend.settings.heartbeat, request.scope, ids=wants_ids(request)
    )


@router.post("/execute", **waiting(Executed))
async def execute(
    body: Execution, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """The same as one JSON answer, once the run is over.

    Where the run fails, the status is 503 if it is worth another try, else 500, and `error` says
    why. 202 where it is not over when this invocation has to end: follow the run then.
    """
    run = await runs.begin(backend, who, _run_request(body), context)
    found = await wait_for_outcome(run, request.scope)
    return outcome_response(found, _view(found), run, request.scope)


@router.post("/stream/simulate", **_STREAM)
async def simulate(
    body: Execution,
    request: Request,
    backend: BackendOf,
    who: Caller,
    context: Context,
    ending: Annotated[
        Literal["completed", "failed"], Query(description="How the scripted run ends")
    ] = "completed",
) -> Response:
    """A scripted run, for work on a front end: no model is called, and none is refused.

    It is stored like any run.
    """
    agents = await backend.agents_of(who)
    run_request = RunRequest(
        text=body.input,
        among=tuple(agents)[:1],
        runner=scripted_agent.failing if ending == "failed" else scripted_agent.ScriptedAgent,
    )
    run = await runs.begin(backend, who, run_request, context)
    return RunStream(
        run, ExecutionDialect(), backend.settings.heartbeat, request.scope, ids=wants_ids(request)
    )


@router.get("/models")
async def list_models(backend: BackendOf, who: Caller) -> AllowedModels:
    """The models that `model` may name."""
    settings = backend.settings
    return AllowedModels(
        models=[
            AllowedModel(
                id=name,
                name=model,
                provider=catalogue.provider(model),
                default=name == settings.model,
            )
            for name, model in settings.models.items()
        ]
    )


@router.get("/mcp-servers")
async def list_mcp_servers(backend: BackendOf, who: Caller) -> AllowedServers:
    """The servers that `mcp_servers` may name, whose tools the agent then has."""
    return AllowedServers(
        mcp_servers=[
            AllowedServer(
                id=name,
                name=name.rpartition("/")[2],
                description="An MCP server that this deployment allows.",
            )
            for name in backend.settings.mcp_servers
        ]
    )


def _run_request(body: Execution) -> RunRequest:
    return RunRequest(text=body.input, model=body.model, mcp_servers=body.mcp_servers)


def _view(found: RunOutcome) -> dict[str, object]:
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
        success=found.status == "completed",
        final_output=found.text,
        execution_time=found.elapsed_ms / 1000 if found.elapsed_ms is not None else None,
    ).model_dump(mode="json")
