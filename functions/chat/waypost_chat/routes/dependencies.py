"""What a route needs, as FastAPI dependencies."""

from typing import Annotated

from fastapi import Depends, Request

from waypost.identity import Identity
from waypost.runs import Backend
from waypost_chat.identity import from_headers


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


BackendOf = Annotated[Backend, Depends(_backend)]


def _caller(request: Request, backend: BackendOf) -> Identity:
    return from_headers(request, backend.settings)


Caller = Annotated[Identity, Depends(_caller)]
