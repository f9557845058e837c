"""`/api/agents/{agent_id}/chat`: a message to one agent."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from waypost import runs
from waypost.errors import Invalid, NotFound
from waypost.identity import Identity
from waypost.runs import Backend
from waypost.runs.request import RunRequest
from waypost_chat.bodies.agent_chat import AgentAnswer, AgentChat
from waypost_chat.dialects.agents import AgentsDialect, tokens
from waypost_chat.openapi import streams
from waypost_chat.outcome import RunOutcome, outcome_response, wait_for_outcome
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import RunStream, wants_ids

router = APIRouter(prefix="/api/agents", tags=["agents"])
_STREAM = streams(
    "Tokens and a trace of each step, or the whole answer.", AgentAnswer, dialect="agents"
)


@router.post("/{agent_id}/chat", **_STREAM)
async def chat(
    agent_id: str,
    body: AgentChat,
    request: Request,
    backend: BackendOf,
    who: Caller,
    context: Context,
    steps: Annotated[
        bool, Query(description="Traces of every step, not of tool calls alone")
    ] = False,
) -> Response:
    """Sends a message to an agent, by its id or an alias.

    With `stream` false the answer is JSON: 503 or 500 with `error` where the run failed, 202 where
    it is not over when this invocation has to end.
    """
    run_request = RunRequest(
        text=body.message,
        thread_id=body.thread_id,
        agent=await _agent(backend, who, agent_id),
    )
    run = await runs.begin(backend, who, run_request, context)
    if body.stream:
        return RunStream(
            run,
            AgentsDialect(all_steps=steps),
            backend.settings.heartbeat,
            request.scope,
            ids=wants_ids(request),
        )
    found = await wait_for_outcome(run, request.scope)
    return outcome_response(found, _view(found), run, request.scope)


async def _agent(backend: Backend, who: Identity, name: str) -> str:
    """Its id. An agent is a place here, so that one which is not there is not found."""
    try:
        return (await backend.agents_of(who)).named(name).id
    except Invalid as error:
        raise NotFound(error.message, code="agent_not_found") from None


def _view(found: RunOutcome) -> dict[str, object]:
    return AgentAnswer(
        run_id=found.run_id,
        thread_id=found.thread_id,
        message_id=found.message_id,
        agent_id=found.agent or "",
        status=found.status,
        content=found.text,
        message=found.text,
        tool_calls=list(found.tools.values()),
        sources=found.sources,
        tokens_used=tokens(found.usage),
        usage=found.usage,
        cost_usd=found.cost_usd,
    ).model_dump(mode="json")
