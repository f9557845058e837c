"""Whether it works, what it is, and the page."""

from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from waypost_chat.bodies import Health
from waypost_chat.page import asset

router = APIRouter(tags=["about"])
SERVICE = "waypost-chat"


def release() -> str:
    try:
        return version("waypost")
    except PackageNotFoundError:
        return "0.1.0"


@router.get("/health")
async def health() -> Health:
    """Answers as soon as the function can take questions."""
    return Health(status="healthy", service=SERVICE, version=release())


@router.get("/", include_in_schema=False)
async def root(request: Request) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return asset("index.html", request)
    return JSONResponse(
        {"service": SERVICE, "version": release(), "docs": "/docs", "openapi": "/openapi.json"}
    )


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    return asset("docs.html", request)


@router.get("/page/{name}", include_in_schema=False)
async def page(name: str, request: Request) -> Response:
    return asset(name, request)
