"""The page's real routes over a scripted API: a test releases a run's events one by one.

Events, their bytes and what is kept of a run are Waypost's own; only who answers is a script.
"""

import asyncio
import queue
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response, StreamingResponse

from waypost.errors import NotFound, WaypostError
from waypost.events import Event, RunStarted, Terminal, now
from waypost.ids import new_id
from waypost.records import Message, Run, Thread
from waypost.runs.journal import Journal
from waypost_chat import failures, sse
from waypost_chat.bodies import NewRun, NewTitle, RunView, RunWithSteps, ThreadPage, ThreadView
from waypost_chat.dialects.waypost import Waypost
from waypost_chat.routes import about

PATIENCE = 10.0
"""Seconds that a test waits for the page to ask."""


class Dropped(Exception):
    """The connection is torn down in the middle of the response."""


class Performance:
    """One run, as far as the test has let it come."""

    def __init__(self, stage: "Stage", run: Run, question: str) -> None:
        self._stage = stage
        self._journal = Journal(run)
        self._dialect = Waypost()
        self._pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.question = question
        self.thread_id = run.thread_id
        self.id = run.id

    def emit(self, *events: Event) -> None:
        """Sends events as the run's next; the last event of a run closes its stream."""
        for event in events:
            stamped = self._journal.add(event)
            if isinstance(event, Terminal):
                self._keep()
            self.send(self._dialect.encode(stamped))
            if isinstance(event, Terminal):
                self.close()

    def encoded(self, event: Event) -> bytes:
        """An event's bytes, to be sent by `send` in whatever pieces."""
        return self._dialect.encode(self._journal.add(event))

    def send(self, piece: bytes | Exception | None) -> None:
        self._stage.loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    def close(self) -> None:
        """Ends the response as if all were well, whether or not the run has ended."""
        self.send(None)

    def drop(self) -> None:
        self.send(Dropped())

    def finish_unseen(self, *events: Event) -> None:
        """The run goes on to its end while nobody reads it."""
        for event in events:
            self._journal.add(event)
        self._keep()

    async def bytes(self) -> AsyncIterator[bytes]:
        yield sse.OPENING
        while (piece := await self._pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def _keep(self) -> None:
        self._stage.keep(self._journal)


@dataclass
class Stage:
    """What the server knows, and the runs that it was asked for."""

    threads: dict[str, Thread] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    runs: dict[str, RunWithSteps] = field(default_factory=dict)
    refusals: list[WaypostError] = field(default_factory=list)
    """Each is the answer to one question, in turn, in place of a run."""
    description: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def __post_init__(self) -> None:
        self._asked: queue.Queue[Performance] = queue.Queue()
        self.loop: asyncio.AbstractEventLoop

    def clear(self) -> None:
        self.threads.clear()
        self.messages.clear()
        self.runs.clear()
        self.refusals.clear()
        self._asked = queue.Queue()

    def next_run(self) -> Performance:
        """The next question that reaches the server; its run has started."""
        run = self._asked.get(timeout=PATIENCE)
        view = self.runs[run.id]
        run.emit(
            RunStarted(
                thread_id=view.thread_id,
                user_message_id=view.user_message_id,
                message_id=view.message_id,
            )
        )
        return run

    def no_more_runs(self) -> bool:
        return self._asked.empty()

    def make_thread(self, title: str) -> Thread:
        at = now()
        thread = Thread(
            id=new_id("thread"), user_id="me", title=title, created_at=at, updated_at=at
        )
        self.threads[thread.id] = thread
        self.messages[thread.id] = []
        return thread

    def begin(self, question: str, thread_id: str | None) -> Performance:
        if self.refusals:
            raise self.refusals.pop(0)
        thread = self.thread(thread_id) if thread_id else self.make_thread(question[:80])
        self.threads[thread.id] = thread.model_copy(update={"updated_at": now()})
        run = Run(
            id=new_id("run"),
            thread_id=thread.id,
            user_id="me",
            state="running",
            user_message_id=new_id("msg"),
            message_id=new_id("msg"),
            created_at=now(),
        )
        self.runs[run.id] = RunWithSteps(**run.model_dump(), steps=[])
        self.messages[thread.id].append(
            Message(
                id=run.user_message_id,
                thread_id=thread.id,
                run_id=run.id,
                role="user",
                text=question,
                created_at=run.created_at,
            )
        )
        performance = Performance(self, run, question)
        self._asked.put(performance)
        return performance

    def keep(self, journal: Journal) -> None:
        run, message = journal.run(), journal.message()
        self.runs[run.id] = RunWithSteps(**run.model_dump(), steps=journal.steps())
        if message.text:
            self.messages[run.thread_id].append(message)

    def thread(self, thread_id: str) -> Thread:
        if thread_id not in self.threads:
            raise NotFound("There is no such thread.", code="thread_not_found")
        return self.threads[thread_id]

    def latest(self, limit: int, cursor: str | None) -> ThreadPage:
        ordered = sorted(self.threads.values(), key=lambda t: (t.updated_at, t.id), reverse=True)
        start = int(cursor or 0)
        more = start + limit < len(ordered)
        return ThreadPage(
            threads=ordered[start : start + limit],
            next_cursor=str(start + limit) if more else None,
        )

    def view(self, thread_id: str) -> ThreadView:
        thread = self.thread(thread_id)
        runs = [run for run in self.runs.values() if run.thread_id == thread_id]
        return ThreadView(**thread.model_dump(), messages=self.messages[thread_id], runs=runs)

    def run_view(self, run_id: str) -> RunView:
        run = self.runs[run_id]
        answers = [m for m in self.messages[run.thread_id] if m.id == run.message_id]
        return RunView(**run.model_dump(), output=answers[0] if answers else None)


def build(stage: Stage) -> FastAPI:
    app = FastAPI(openapi_url=None)
    failures.install(app)
    app.include_router(about.router)

    @app.get("/openapi.json")
    async def description() -> dict[str, Any]:
        return stage.description

    @app.post("/v1/runs")
    async def ask(body: NewRun) -> Response:
        return await _stream(stage, body.input, None)

    @app.post("/v1/threads/{thread_id}/runs")
    async def ask_in(thread_id: str, body: NewRun) -> Response:
        return await _stream(stage, body.input, thread_id)

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

    @app.get("/v1/runs/{run_id}")
    async def run(run_id: str) -> RunView:
        return stage.run_view(run_id)

    return app


async def _stream(stage: Stage, question: str, thread_id: str | None) -> Response:
    stage.loop = asyncio.get_running_loop()
    run = stage.begin(question, thread_id)
    return StreamingResponse(run.bytes(), media_type=sse.MEDIA_TYPE, headers=sse.HEADERS)


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
