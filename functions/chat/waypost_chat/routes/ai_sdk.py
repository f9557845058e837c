"""`/api/ai-sdk`: for AI SDK's `useChat`, whose chat is a thread here."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.errors import NotFound
from waypost.identity import check_thread_id
from waypost.runs import Backend, lookup
from waypost.runs.request import RunRequest
from waypost_chat.bodies.ai_sdk import UIChat
from waypost_chat.dialects.ai_sdk import AiSdkDialect
from waypost_chat.openapi import streams
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import AnyRun, RunStream

router = APIRouter(prefix="/api/ai-sdk", tags=["ai-sdk"])
_AGAIN = streams("The live answer's chunks, from its start.", dialect="ai-sdk")
_AGAIN["responses"][204] = {"description": "Nothing is being answered."}
_CHUNKS = streams(
    "A UI message stream, version 1; `data: [DONE]` is the last frame.", dialect="ai-sdk"
)


@router.post("/chat", **_CHUNKS)
async def chat(
    body: UIChat, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Answers the last message of a chat, which is made if it is not there yet.

    `regenerate-message` asks it once more: the thread keeps both answers.
    """
    text, prior_turns = body.question_and_history()
    run_request = RunRequest(
        text=text,
        thread_id=body.id,
        create=True,
        agent=body.agent,
        model=body.model,
        prior_turns=prior_turns,
    )
    return _stream(await runs.begin(backend, who, run_request, context), backend, request)


@router.get("/chat/{chat_id}/stream", **_AGAIN)
async def resume(chat_id: str, request: Request, backend: BackendOf, who: Caller) -> Response:
    """The answer that is on its way, from its beginning. 204 where there is none."""
    try:
        thread = await lookup.thread(backend, who, check_thread_id(chat_id))
    except NotFound:
        return Response(status_code=204)
    if thread.live_run is None:
        return Response(status_code=204)
    return _stream(await runs.follow(backend, who, thread.live_run), backend, request)


def _stream(run: AnyRun, backend: Backend, request: Request) -> Response:
    stream = RunStream(run, AiSdkDialect(), backend.settings.heartbeat, request.scope)
    stream.headers["x-vercel-ai-ui-message-stream"] = "v1"
    return stream
