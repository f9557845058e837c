"""Builds the app from its settings."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import Receive, Scope, Send

from waypost.runs import Backend
from waypost.settings import Settings, TokenSettings
from waypost_chat import error_responses, openapi
from waypost_chat.answers import HeadRequests, PrivateAnswers
from waypost_chat.body_limits import BodyLimits
from waypost_chat.routes import about, runs, threads

if TYPE_CHECKING:
    from waypost_chat.identity.verifier import TokenVerifier

_ERROR_HEADERS = ("Retry-After", "X-Should-Retry", "WWW-Authenticate")
"""What clients ask whether to try again, and OpenAI's how."""
_COMPRESSED_FROM = 1_000
"""Bytes of a response."""
_FIRST = (about, runs, threads)
_OTHERS = (
    "batches",
    "schedules",
    "agents",
    "agent_threads",
    "agent_chat",
    "internal",
    "support",
    "execution",
    "serving",
    "ai_sdk",
    "ag_ui",
    "openai",
    "openai_batches",
    "openai_responses",
    "agentcore",
)
"""Routes that are imported with the first request for one: a quarter of a cold start."""


class _OtherRoutes:
    """Where no route of the first ones matches: adds the others, and looks again."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._not_found = app.router.default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.add()
        await self._app.router(scope, receive, send)

    def add(self) -> None:
        if self._app.router.default is self:
            self._app.router.default = self._not_found
            for name in _OTHERS:
                module = importlib.import_module(f"waypost_chat.routes.{name}")
                self._app.include_router(module.router)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    async with _token_verifier(settings.identity.tokens) as app.state.verifier:
        app.state.backend = await Backend.open(settings)
        yield
        app.state.backend.close()


@asynccontextmanager
async def _token_verifier(settings: TokenSettings | None) -> AsyncIterator["TokenVerifier | None"]:
    if settings is None:
        yield None
        return
    from waypost_chat.identity.verifier import TokenVerifier

    verifier = TokenVerifier(settings)
    verifier.start()
    yield verifier
    await verifier.close()


def create(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Waypost",
        description="Questions in, streamed answers out, every run stored.",
        version=about.release(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # A redirect would go where the Host header says.
        redirect_slashes=False,
        responses=openapi.ERRORS,
    )
    app.state.settings = settings
    app.openapi = lambda: openapi.openapi_schema(with_all_routes(app))  # type: ignore[method-assign]
    error_responses.install_handlers(app)
    for routes in _FIRST:
        app.include_router(routes.router)
    app.router.default = _OtherRoutes(app)
    app.add_middleware(BodyLimits, max_bytes=settings.max_body_bytes)
    app.add_middleware(PrivateAnswers)
    app.add_middleware(HeadRequests)
    # Streams are not compressed, so that nothing of them is held back.
    app.add_middleware(
        GZipMiddleware,
        minimum_size=_COMPRESSED_FROM,
        compresslevel=6,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/x-ndjson"),
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=["X-Run-Id", "X-Thread-Id", "X-Request-Id", *_ERROR_HEADERS],
            max_age=86_400,
        )
    app.add_middleware(error_responses.UnexpectedErrors)
    return app


def with_all_routes(app: FastAPI) -> FastAPI:
    others: Any = app.router.default
    if isinstance(others, _OtherRoutes):
        others.add()
    return app
