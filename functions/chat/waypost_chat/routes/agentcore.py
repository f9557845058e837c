"""Bedrock AgentCore's runtime: what it asks of a container on port 8080.

https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-http-protocol-contract.html
"""

from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from waypost import runs
from waypost.runs.request import RunRequest
from waypost_chat.bodies import agentcore as bodies
from waypost_chat.dialects import DIALECTS
from waypost_chat.openapi import streams
from waypost_chat.outcome import RunOutcome, outcome_response, wait_for_outcome
from waypost_chat.routes.dependencies import BackendOf, Caller, Context, wants_json
from waypost_chat.streaming import RunStream

router = APIRouter(tags=["agentcore"])
Session = Annotated[
    str | None,
    Header(
        alias="X-Amzn-Bedrock-AgentCore-Runtime-Session-Id",
        description="The thread's id, which is made if it is not there yet",
    ),
]


@router.post(
    "/invocations",
    **streams(
        "The run's events, or the whole answer.", bodies.InvocationAnswer, dialect="agentcore"
    ),
)
async def invoke(
    body: bodies.PromptBody | bodies.QuestionBody | bodies.NestedBody,
    request: Request,
    backend: BackendOf,
    who: Caller,
    context: Context,
    session_id: Session = None,
) -> Response:
    """Answers a prompt in the runtime's session; streams, or waits with `Accept: application/json`.

    Waiting, the status is 503 or 500 where the run failed, with `error`.
    """
    run_request = RunRequest(text=_prompt(body), thread_id=session_id, create=True)
    run = await runs.begin(backend, who, run_request, context)
    if not wants_json(request):
        return RunStream(run, DIALECTS["agentcore"](), backend.settings.heartbeat, request.scope)
    found = await wait_for_outcome(run, request.scope)
    return outcome_response(found, _view(found), run, request.scope)


@router.get("/ping")
async def ping(backend: BackendOf) -> bodies.Ping:
    """`HealthyBusy` while this process has a live run: AgentCore does not stop it then."""
    activity = backend.activity
    return bodies.Ping(
        status="HealthyBusy" if activity.busy else "Healthy",
        time_of_last_update=int(activity.changed_at),
    )


def _prompt(body: bodies.PromptBody | bodies.QuestionBody | bodies.NestedBody) -> str:
    match body:
        case bodies.QuestionBody():
            return body.question
        case bodies.NestedBody():
            return body.input if isinstance(body.input, str) else body.input.prompt
        case bodies.PromptBody():
            return body.prompt


def _view(found: RunOutcome) -> dict[str, object]:
    return bodies.InvocationAnswer(
        response=found.text,
        status=found.status,
        run_id=found.run_id,
        session_id=found.thread_id,
    ).model_dump(mode="json")
