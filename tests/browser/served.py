"""The page's real routes, and the API over the stage, behind a real server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Header
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.browser.performance import Performance
from tests.browser.registry import Registry
from tests.browser.stage import Stage
from waypost.records import LIVE, Thread
from waypost_chat import error_responses, sse
from waypost_chat.bodies import NewRun, NewTitle, RunView, ThreadPage, ThreadView
from waypost_chat.bodies.agents import ChangedAgent, NewAgent, Rollback
from waypost_chat.routes import about

Key = Annotated[str | None, Header(alias="idempotency-key")]


def build(stage: Stage) -> FastAPI:
    app = FastAPI(openapi_url=None)
    error_responses.install(app)
    app.include_router(about.router)
    _runs(app, stage)
    _threads(app, stage)
    _agents(app, stage.registry)

    @app.get("/openapi.json")
    async def description() -> dict[str, Any]:
        return stage.description

    return app


def _runs(app: FastAPI, stage: Stage) -> None:
    @app.post("/v1/runs")
    async def ask(body: NewRun, key: Key = None) -> Response:
        return _stream(stage.ask(body.input, None, key, body.agent))

    @app.post("/v1/threads/{thread_id}/runs")
    async def ask_in(thread_id: str, body: NewRun, key: Key = None) -> Response:
        return _stream(stage.ask(body.input, thread_id, key, body.agent))

    @app.post("/v1/runs/{run_id}/continue")
    async def go_on(run_id: str, key: Key = None) -> Response:
        return _stream(stage.go_on(run_id, key))

    @app.get("/v1/runs/{run_id}/events")
    async def events(run_id: str, after: int = 0) -> Response:
        run = stage.following(run_id, after)
        return _stream(run, after) if run else Response(status_code=204)

    @app.post("/v1/runs/{run_id}/cancel")
    async def cancel(run_id: str) -> Response:
        run = stage.cancel(run_id)
        return JSONResponse(run.model_dump(mode="json"), 202 if run.state in LIVE else 200)

    @app.get("/v1/runs/{run_id}")
    async def run(run_id: str) -> RunView:
        return stage.run_view(run_id)


def _threads(app: FastAPI, stage: Stage) -> None:
    @app.get("/v1/threads")
    async def threads(limit: int = 20, cursor: str | None = None) -> ThreadPage:
        return stage.latest(limit, cursor)

    @app.get("/v1/threads/{thread_id}")
    async def thread(thread_id: str) -> ThreadView:
        return stage.view(thread_id)

    @app.patch("/v1/threads/{thread_id}")
    async def rename(thread_id: str, body: NewTitle) -> Thread:
        renamed = stage.thread(thread_id).model_copy(update={"title": body.title})
        stage.threads[thread_id] = renamed
        return renamed

    @app.delete("/v1/threads/{thread_id}", status_code=204)
    async def delete(thread_id: str) -> Response:
        stage.thread(thread_id)
        del stage.threads[thread_id]
        return Response(status_code=204)


def _agents(app: FastAPI, registry: Registry) -> None:
    @app.get("/api/agents")
    async def agents(deleted: bool = False) -> dict[str, Any]:
        return registry.listed(deleted)

    @app.post("/api/agents", status_code=201)
    async def create(body: NewAgent) -> dict[str, Any]:
        return registry.create(body.model_dump(exclude_unset=True))

    @app.get("/api/agents/{agent_id}")
    async def agent(agent_id: str) -> dict[str, Any]:
        return registry.live(agent_id)

    @app.put("/api/agents/{agent_id}")
    async def save(agent_id: str, body: ChangedAgent) -> dict[str, Any]:
        return registry.save(agent_id, body.model_dump(exclude_unset=True))

    @app.delete("/api/agents/{agent_id}")
    async def delete_agent(agent_id: str, version: int) -> dict[str, str]:
        registry.delete(agent_id, version)
        return {"message": "Agent deleted successfully"}

    @app.get("/api/agents/{agent_id}/versions")
    async def versions(agent_id: str) -> dict[str, Any]:
        kept = registry.versions(agent_id)
        return {"versions": kept[::-1], "total": len(kept)}

    @app.post("/api/agents/{agent_id}/rollback")
    async def roll_back(agent_id: str, body: Rollback) -> dict[str, Any]:
        return registry.roll_back(agent_id, body.version, body.current)


def _stream(run: Performance, after: int = 0) -> Response:
    headers = {**sse.HEADERS, "X-Run-Id": run.id, "X-Thread-Id": run.thread_id}
    return StreamingResponse(run.stream(after), media_type=sse.MEDIA_TYPE, headers=headers)


@contextmanager
def served(stage: Stage) -> Iterator[Stage]:
    """The stage behind a real server, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stage.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            build(stage), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield stage
        finally:
            server.should_exit = True
            thread.join()
