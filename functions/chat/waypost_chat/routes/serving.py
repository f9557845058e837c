"""`/api/chat/stream`: a conversation that its client carries."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.errors import Invalid
from waypost.records import Said
from waypost.runs.begin import Request as Question
from waypost_chat.bodies.serving import ServingChat
from waypost_chat.dialects.serving import Serving
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, CallOf
from waypost_chat.streaming import RunStream

router = APIRouter(prefix="/api/chat", tags=["serving"])
_STREAM = streams("Text, tool calls with their outputs, and `[DONE]`.", dialect="serving")


@router.post("/stream", **_STREAM)
async def chat(
    body: ServingChat, request: Request, backend: BackendOf, who: Caller, call: CallOf
) -> Response:
    """Answers the last message, in a new thread that begins after the others."""
    run = await runs.begin(backend, who, _question(body), call)
    return RunStream(run, Serving(), backend.settings.heartbeat, request.scope)


def _question(body: ServingChat) -> Question:
    *before, last = body.messages
    if last.role != "user":
        raise Invalid("The last message must be the user's.", code="no_question")
    told = tuple(Said(role=message.role, text=message.content) for message in before)
    return Question(text=last.content, told=told)
