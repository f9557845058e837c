"""`/chat` and `/sessions`: three support agents, and conversations as sessions."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from waypost import runs
from waypost.runs import lookup
from waypost.runs.cancellation import delete_thread
from waypost.runs.request import RunRequest
from waypost.store import threads as store
from waypost_chat.bodies.support import Session, SessionDeleted, SessionMessage, SupportChat
from waypost_chat.dialects.support import SupportDialect
from waypost_chat.openapi import streams
from waypost_chat.routes.about import SPECIALISTS
from waypost_chat.routes.dependencies import BackendOf, Caller, Context
from waypost_chat.streaming import RunStream, wants_ids

router = APIRouter(tags=["support"])
_STREAM = streams("The session, the agent, the answer's tokens and its end.", dialect="support")
_MESSAGES = 500
_SHOWN = {"role", "agent", "created_at", "partial"}


@router.post("/chat", **_STREAM)
async def chat(
    body: SupportChat, request: Request, backend: BackendOf, who: Caller, context: Context
) -> Response:
    """Sends a message in a session; one of billing, technical and policy answers."""
    run_request = RunRequest(
        text=body.message, thread_id=body.session_id or None, create=True, among=SPECIALISTS
    )
    run = await runs.begin(backend, who, run_request, context)
    return RunStream(
        run, SupportDialect(), backend.settings.heartbeat, request.scope, ids=wants_ids(request)
    )


@router.get("/sessions/{session_id}")
async def read_session(session_id: str, backend: BackendOf, who: Caller) -> Session:
    """A session with its messages."""
    thread = await lookup.thread(backend, who, session_id)
    stored = await store.messages(backend.table, who, session_id, _MESSAGES)
    fields = thread.model_dump(include={"title", "created_at", "updated_at"})
    messages = [
        SessionMessage(
            content=message.text,
            agent_type=message.agent,
            timestamp=message.created_at,
            **message.model_dump(include=_SHOWN),
        )
        for message in stored
    ]
    answered = [message.agent for message in stored if message.agent]
    return Session(
        session_id=thread.id,
        messages=messages,
        current_agent=answered[-1] if answered else None,
        **fields,
    )


@router.delete("/sessions/{session_id}")
async def delete_session(session_id: str, backend: BackendOf, who: Caller) -> SessionDeleted:
    """Deletes a session: it is gone at once, and removed for good after 30 days."""
    await delete_thread(backend, who, session_id)
    return SessionDeleted(message="Session deleted successfully", session_id=session_id)
