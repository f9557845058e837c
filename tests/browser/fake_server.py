"""A real server with the page's own routes, and the API over a fake backend."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Header
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.browser.fake_backend import FakeBackend
from tests.browser.scripted_run import ScriptedRun
from waypost.records import LIVE, Thread
from waypost_chat import error_responses, sse
from waypost_chat.bodies import NewRun, NewTitle, RunView, ThreadPage, ThreadView
from waypost_chat.bodies.agents import ChangedAgent, NewAgent, Rollback
from waypost_chat.routes import about

Key = Annotated[str | None, Header(alias="idempotency-key")]


class FakeServer:
    """Serves one backend at a time: a test installs a new one, and the server stays."""

    url = ""
    backend: FakeBackend

    def __init__(self, description: dict[str, Any]) -> None:
        self._description = description
        self.new_backend()

    def new_backend(self) -> FakeBackend:
        self.backend = FakeBackend(url=self.url, description=self._description)
        return self.backend


@contextmanager
def running(server: FakeServer) -> Iterator[FakeServer]:
    """Runs the server in a thread, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            _create_app(server), log_level="critical", lifespan="off", timeout_graceful_shutdown=1
        )
        uvicorn_server = uvicorn.Server(config)
        thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield server
        finally:
            uvicorn_server.should_exit = True
            thread.join()


def _create_app(server: FakeServer) -> FastAPI:
    app = FastAPI(openapi_url=None)
    error_responses.install_handlers(app)
    app.include_router(about.router)
    _add_run_routes(app, server)
    _add_thread_routes(app, server)
    _add_agent_routes(app, server)

    @app.get("/openapi.json")
    async def description() -> dict[str, Any]:
        return server.backend.description

    return app


def _add_run_routes(app: FastAPI, server: FakeServer) -> None:
    @app.post("/v1/runs")
    async def start(body: NewRun, key: Key = None) -> Response:
        return _stream(server.backend.start_run(body.input, None, key, body.agent))

    @app.post("/v1/threads/{thread_id}/runs")
    async def start_in_thread(thread_id: str, body: NewRun, key: Key = None) -> Response:
        return _stream(server.backend.start_run(body.input, thread_id, key, body.agent))

    @app.post("/v1/runs/{run_id}/continue")
    async def continue_run(run_id: str, key: Key = None) -> Response:
        return _stream(server.backend.continue_run(run_id, key))

    @app.get("/v1/runs/{run_id}/events")
    async def events(run_id: str, after: int = 0) -> Response:
        run = server.backend.run_to_stream(run_id, after)
        return _stream(run, after) if run else Response(status_code=204)

    @app.post("/v1/runs/{run_id}/cancel")
    async def cancel(run_id: str) -> Response:
        run = server.backend.cancel_run(run_id)
        return JSONResponse(run.model_dump(mode="json"), 202 if run.state in LIVE else 200)

    @app.get("/v1/runs/{run_id}")
    async def run(run_id: str) -> RunView:
        return server.backend.run_view(run_id)


def _add_thread_routes(app: FastAPI, server: FakeServer) -> None:
    @app.get("/v1/threads")
    async def threads(limit: int = 20, cursor: str | None = None) -> ThreadPage:
        return server.backend.thread_page(limit, cursor)

    @app.get("/v1/threads/{thread_id}")
    async def thread(thread_id: str) -> ThreadView:
        return server.backend.thread_view(thread_id)

    @app.patch("/v1/threads/{thread_id}")
    async def rename(thread_id: str, body: NewTitle) -> Thread:
        renamed = server.backend.thread(thread_id).model_copy(update={"title": body.title})
        server.backend.threads[thread_id] = renamed
        return renamed

    @app.delete("/v1/threads/{thread_id}", status_code=204)
    async def delete(thread_id: str) -> Response:
        server.backend.thread(thread_id)
        del server.backend.threads[thread_id]
        return Response(status_code=204)


def _add_agent_routes(app: FastAPI, server: FakeServer) -> None:
    @app.get("/api/agents")
    async def agents(deleted: bool = False) -> dict[str, Any]:
        return server.backend.agents.list_agents(deleted)

    @app.post("/api/agents", status_code=201)
    async def create(body: NewAgent) -> dict[str, Any]:
        return server.backend.agents.create(body.model_dump(mode="json", exclude_unset=True))

    @app.get("/api/agents/{agent_id}")
    async def agent(agent_id: str) -> dict[str, Any]:
        return server.backend.agents.existing(agent_id)

    @app.put("/api/agents/{agent_id}")
    async def save(agent_id: str, body: ChangedAgent) -> dict[str, Any]:
        return server.backend.agents.save(
            agent_id, body.model_dump(mode="json", exclude_unset=True)
        )

    @app.delete("/api/agents/{agent_id}")
    async def delete_agent(agent_id: str, version: int) -> dict[str, str]:
        server.backend.agents.delete(agent_id, version)
        return {"message": "Agent deleted successfully"}

    @app.get("/api/agents/{agent_id}/versions")
    async def versions(agent_id: str) -> dict[str, Any]:
        saved = server.backend.agents.versions(agent_id)
        return {"versions": saved[::-1], "total": len(saved)}

    @app.post("/api/agents/{agent_id}/rollback")
    async def roll_back(agent_id: str, body: Rollback) -> dict[str, Any]:
        return server.backend.agents.roll_back(agent_id, body.version, body.current)


def _stream(run: ScriptedRun, after: int = 0) -> Response:
    headers = {**sse.HEADERS, "X-Run-Id": run.id, "X-Thread-Id": run.thread_id}
    return StreamingResponse(run.stream(after), media_type=sse.MEDIA_TYPE, headers=headers)
