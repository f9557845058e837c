"""Builds the app from its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from waypost.runs import Backend
from waypost.settings import Settings
from waypost_chat import error_responses, openapi
from waypost_chat.body_limits import BodyLimits
from waypost_chat.routes import (
    about,
    ag_ui,
    agent_chat,
    agent_threads,
    agentcore,
    agents,
    ai_sdk,
    batches,
    execution,
    internal,
    openai,
    openai_batches,
    openai_responses,
    runs,
    schedules,
    serving,
    support,
    threads,
)

ROUTES = (
    about,
    runs,
    threads,
    batches,
    schedules,
    agents,
    agent_threads,
    agent_chat,
    internal,
    support,
    execution,
    serving,
    ai_sdk,
    ag_ui,
    openai,
    openai_batches,
    openai_responses,
    agentcore,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.backend = await Backend.open(app.state.settings)
    yield


def create(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Waypost",
        description="Questions in, streamed answers out, every run stored.",
        version=about.release(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=openapi.ERRORS,
    )
    app.state.settings = settings
    app.openapi = lambda: openapi.openapi_schema(app)  # type: ignore[method-assign]
    error_responses.install_handlers(app)
    for routes in ROUTES:
        app.include_router(routes.router)
    app.add_middleware(BodyLimits, max_bytes=settings.max_body_bytes)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=["X-Run-Id", "X-Thread-Id", "X-Request-Id"],
            max_age=86_400,
        )
    app.add_middleware(error_responses.UnexpectedErrors)
    return app
