"""FastAPI dependencies of the routes."""

from typing import Annotated

from fastapi import Depends, Header, Request

from waypost.batches import BatchBackend
from waypost.errors import Forbidden
from waypost.identity import Identity
from waypost.runs import Backend
from waypost.runs.request import RequestContext
from waypost_chat.identity import request_identity

ADMIN = "admin"


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


BackendOf = Annotated[Backend, Depends(_backend)]


def _batches(request: Request, backend: BackendOf) -> BatchBackend:
    # Its clients are made once, and only where somebody asks for batches.
    state = request.app.state
    if getattr(state, "batches", None) is None:
        state.batches = BatchBackend(backend.settings.batches, backend.table)
    batches: BatchBackend = state.batches
    return batches


BatchesOf = Annotated[BatchBackend, Depends(_batches)]


Caller = Annotated[Identity, Depends(request_identity)]


def _admin(who: Caller) -> Identity:
    if ADMIN not in who.roles:
        raise Forbidden("This needs the role admin.")
    return who


Admin = Annotated[Identity, Depends(_admin)]


def wants_json(request: Request) -> bool:
    """Whether the caller waits for JSON and reads no stream."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/event-stream" not in accept


def _context(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="Your own name for this run: sent again, it is the same run"),
    ] = None,
) -> RequestContext:
    return RequestContext(idempotency_key, request.scope.get("aws.deadline"))


Context = Annotated[RequestContext, Depends(_context)]
