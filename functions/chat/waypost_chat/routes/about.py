"""Health, a description of the service, and the page."""

import asyncio
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from waypost.runs.health import check_parts, unreadable
from waypost_chat.bodies import About, AboutAgent, Health
from waypost_chat.page import asset
from waypost_chat.routes.dependencies import BackendOf

router = APIRouter(tags=["about"])
SERVICE = "waypost-chat"
SPECIALISTS = ("billing", "technical", "policy")
"""The agents that questions of a session are routed among."""
_ENDPOINTS = {
    "chat": "/chat",
    "sessions": "/sessions/{session_id}",
    "runs": "/v1/runs",
    "threads": "/v1/threads",
    "agents": "/api/agents",
    "health": "/health",
}


def release() -> str:
    try:
        return version("waypost")
    except PackageNotFoundError:
        return "0.1.0"


@router.get("/health")
async def health(backend: BackendOf) -> Health:
    """Whether questions can be answered, and which parts can be reached; always 200.

    A part is checked for two seconds at most, and no model is called.
    """
    found, left_out = await asyncio.gather(check_parts(backend), unreadable(backend))
    status: Literal["healthy", "degraded"] = "degraded" if "failed" in found.values() else "healthy"
    return Health(status=status, service=SERVICE, version=release(), parts=found, left_out=left_out)


@router.get("/", responses={200: {"model": About, "content": {"text/html": {}}}})
async def root(request: Request) -> Response:
    """A description of the service. A browser, which asks for HTML, gets the page."""
    if "text/html" in request.headers.get("accept", ""):
        return asset("index.html", request)
    about = About(
        service=SERVICE,
        name="Waypost",
        version=release(),
        status="running",
        docs="/docs",
        openapi="/openapi.json",
        endpoints=_ENDPOINTS,
        agents=[AboutAgent(name=name.title(), type=name) for name in SPECIALISTS],
    )
    return JSONResponse(about.model_dump())


@router.get("/redoc", include_in_schema=False)
def redoc() -> Response:
    """Where other frameworks have their reference."""
    return RedirectResponse("docs", 308)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    return asset("docs.html", request)


@router.get("/page/{name}", include_in_schema=False)
async def page(name: str, request: Request) -> Response:
    return asset(name, request)
