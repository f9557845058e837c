"""`/internal`: for a service behind a backend-for-frontend, which names the user in the body."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.runs.request import RunRequest
from waypost_chat.bodies.internal import InternalChat
from waypost_chat.dialects.internal import ROUTES, InternalDialect
from waypost_chat.identity import body_identity
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Context
from waypost_chat.streaming import RunStream, wants_ids

router = APIRouter(prefix="/internal", tags=["internal"])
_STREAM = streams("The run as tokens, with its route before them.", dialect="internal")


@router.post("/chat/stream", **_STREAM)
async def chat(
    body: InternalChat, request: Request, backend: BackendOf, context: Context
) -> Response:
    """Asks a question in the conversation of that id, which is made if it is not there yet."""
    conversation = body.conversation
    who = await body_identity(request, conversation.company_id, conversation.user_id)
    run_request = RunRequest(
        text=body.input.message, thread_id=conversation.id, create=True, among=ROUTES
    )
    live = await runs.begin(backend, who, run_request, context)
    return RunStream(
        live, InternalDialect(), backend.settings.heartbeat, request.scope, ids=wants_ids(request)
    )
