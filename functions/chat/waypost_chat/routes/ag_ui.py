"""`/api/ag-ui`: for AG-UI's clients, whose thread is a thread here."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.runs.request import RunRequest
from waypost_chat import unstored
from waypost_chat.bodies.ag_ui import RunAgentInput
from waypost_chat.dialects.ag_ui import AgUiDialect
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import RunStream

router = APIRouter(prefix="/api", tags=["ag-ui"])


@router.post("/ag-ui", **streams("AG-UI 1.0 events, from RUN_STARTED to one end.", dialect="ag-ui"))
async def run(
    body: RunAgentInput, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Answers the user's last message in a thread, which is made if it is not there yet.

    A run without messages, as a client makes to connect, says nothing and is not stored.
    """
    if not body.messages:
        nothing = unstored.events("", body.thread_id, body.run_id)
        return unstored.stream(AgUiDialect(body.run_id), nothing)
    text, prior_turns = body.question_and_history()
    agent, model = body.chosen("agent"), body.chosen("model")
    run_request = RunRequest(
        text=text,
        thread_id=body.thread_id,
        create=True,
        agent=agent,
        model=model,
        prior_turns=prior_turns,
    )
    live = await runs.begin(backend, who, run_request, context)
    return RunStream(live, AgUiDialect(body.run_id), backend.settings.heartbeat, request.scope)
