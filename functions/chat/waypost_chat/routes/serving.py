"""`/api/chat/stream`: a conversation that its client carries."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.errors import Invalid
from waypost.records import PriorTurn
from waypost.runs.request import RunRequest
from waypost_chat.bodies.serving import ServingChat
from waypost_chat.dialects.serving import ServingDialect
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import RunStream, wants_ids

router = APIRouter(prefix="/api/chat", tags=["serving"])
_STREAM = streams("Text, tool calls with their outputs, and `[DONE]`.", dialect="serving")


@router.post("/stream", **_STREAM)
async def chat(
    body: ServingChat, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Answers the last message, in a new thread that begins after the others."""
    run = await runs.begin(backend, who, _run_request(body), context)
    return RunStream(
        run, ServingDialect(), backend.settings.heartbeat, request.scope, ids=wants_ids(request)
    )


def _run_request(body: ServingChat) -> RunRequest:
    *before, last = body.messages
    if last.role != "user":
        raise Invalid("The last message must be a user message.", code="no_question")
    prior_turns = tuple(
        PriorTurn(role=message.role, text=message.content or "")
        for message in before
        if message.role in ("user", "assistant")
    )
    return RunRequest(text=last.content or "", prior_turns=prior_turns)
