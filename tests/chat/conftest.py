"""The app over the real wire: DynamoDB in moto, and a Bedrock server with scripted replies."""

import asyncio
import functools
import json
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.chat import shared_aws
from tests.chat.shared_aws import Apps, BedrockServer, Tables
from waypost import store
from waypost.agents import definition
from waypost.agents.definition import Agents
from waypost.identity import Identity
from waypost.models import bedrock
from waypost.registry import Registry
from waypost.runs import LiveRun, begin
from waypost.runs.request import RequestContext, RunRequest
from waypost.settings import Settings
from waypost_local.bedrock import ConverseRequest, Faults, Model
from waypost_local.bedrock.model import Piece, Stop, TextPiece, ToolUseInput, ToolUseStart

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ME = {"X-Tenant-Id": "company-789", "X-User-Id": "user-456"}
WHO = Identity("company-789", "user-456")


ReplyPiece = Piece | str | asyncio.Event


@dataclass
class QueuedModel:
    """A model that gives the queued replies, one a call, and keeps the requests.

    Where there is an asyncio.Event among the pieces of a reply, it waits for it.
    """

    replies: list[list[Piece | asyncio.Event]] = field(default_factory=list)
    requests: list[ConverseRequest] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Where it is set, replies after the first wait for it."""
    _request_added: asyncio.Condition = field(default_factory=asyncio.Condition)

    def add_reply(self, *pieces: ReplyPiece, reason: str = "end_turn") -> "QueuedModel":
        reply = [TextPiece(piece) if isinstance(piece, str) else piece for piece in pieces]
        self.replies.append([*reply, Stop(reason, 100, 10)])
        return self

    def add_query(self, sql: str) -> "QueuedModel":
        call = (ToolUseStart("call_1", "query_database"), ToolUseInput(json.dumps({"sql": sql})))
        return self.add_reply(*call, reason="tool_use")

    async def wait_for_requests(self, times: int) -> None:
        async with self._request_added:
            await self._request_added.wait_for(lambda: len(self.requests) >= times)

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        async with self._request_added:
            self.requests.append(request)
            self._request_added.notify_all()
        if self.gate and len(self.requests) > 1:
            await self.gate.wait()
        for piece in self.replies.pop(0):
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                # In production the model is another process: let the app run between its pieces.
                await asyncio.sleep(0)
                yield piece


@dataclass
class Api:
    """A running app, its client, and the model and the table behind it."""

    app: FastAPI
    http: httpx.AsyncClient
    model: QueuedModel
    faults: Faults
    tables: Tables
    table: str
    apps: Apps

    @property
    def dynamodb(self) -> Any:
        return self.tables.client

    async def ask(self, text: str, path: str = "/v1/runs", **body: Any) -> list[dict[str, Any]]:
        """The events of a run's stream."""
        response = await self.http.post(path, json={"input": text, **body}, headers=ME)
        assert response.status_code == 200, response.text
        return events(response.text)

    async def run(self, run_id: str) -> dict[str, Any]:
        response = await self.http.get(f"/v1/runs/{run_id}", headers=ME)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def begin(self, text: str = "How much leave?", deadline: float | None = None) -> LiveRun:
        """A live run in this process that no client reads."""
        call = RequestContext(deadline=deadline)
        run = await begin(self.app.state.backend, WHO, RunRequest(text), call)
        assert isinstance(run, LiveRun)
        return run

    def item_count(self) -> int:
        """How many items threads and runs have: a tenant's agents, seeded before, do not count."""
        found = self.tables.read(self.table, ProjectionExpression="pk")
        return sum(item["pk"]["S"].count("#") > 2 for item in found)


Running = Callable[..., AbstractAsyncContextManager[Api]]


def events(text: str) -> list[dict[str, Any]]:
    lines = text.split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def event_types(found: list[dict[str, Any]]) -> list[str]:
    """The events' types, equal neighbours once: how many deltas there are does not matter."""
    types = [event["type"] for event in found]
    return [one for i, one in enumerate(types) if i == 0 or one != types[i - 1]]


def answer(found: list[dict[str, Any]]) -> str:
    final = {e["text_id"] for e in found if e["type"] == "text.started" and e["channel"] == "final"}
    return "".join(e["delta"] for e in found if e["type"] == "text.delta" and e["text_id"] in final)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests share one event loop, and so the servers and clients that are slow to start."""
    loop = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if item.path.parent == HERE and pytest_asyncio.is_async_test(item):
            item.add_marker(loop, append=False)


@pytest.fixture(scope="session")
def first_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    (folder / "documents").mkdir()
    (folder / "documents/leave.md").write_text("# Leave\n\nEverybody has 26 days of leave.")
    with sqlite3.connect(folder / "company.sqlite") as db:
        db.execute("CREATE TABLE technicians (id INTEGER PRIMARY KEY, name TEXT, status TEXT)")
        db.execute("INSERT INTO technicians VALUES (1, 'Mara', 'active'), (2, 'Tom', 'former')")
    db.close()
    return folder


@pytest.fixture
def company(first_company: Path, tmp_path: Path) -> Path:
    """A folder with a document and a database."""
    shutil.copytree(first_company, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bedrock_server() -> AsyncIterator[BedrockServer]:
    async with shared_aws.serving() as served:
        yield served


@pytest.fixture(scope="session")
def connect_bedrock() -> Callable[..., Any]:
    """One Bedrock client for each timeout."""
    return functools.cache(bedrock.connect)


@pytest.fixture(scope="session")
def load_agents() -> Callable[[Path], Agents]:
    """Loads each folder of agents once."""
    return functools.cache(definition.load)


@pytest.fixture(scope="session")
def aws_environment(moto: str, bedrock_server: BedrockServer) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": moto,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock_server.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tables(aws_environment: dict[str, str]) -> Tables:
    """Tables that hold the agents of `WHO`'s tenant from the start."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws_environment.items():
            patch.setenv(name, value)
        seeded = store.connect("seeded")
    empty = Tables(seeded._client)
    empty.create(seeded.name)
    await Registry(seeded, definition.load(ROOT / "agents")).agents_of(WHO)
    return Tables(empty.client, empty.read(seeded.name))


@pytest.fixture
def environment(
    aws_environment: dict[str, str],
    tables: Tables,
    bedrock_server: BedrockServer,
    connect_bedrock: Callable[..., Any],
    load_agents: Callable[[Path], Agents],
    company: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """The function's environment; tests change it before they open the app."""
    for name, value in aws_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(store, "connect", tables.connect)
    monkeypatch.setattr(bedrock, "connect", connect_bedrock)
    monkeypatch.setattr(definition, "load", load_agents)
    return {
        "WAYPOST_TABLE": f"waypost-{uuid.uuid4()}",
        "WAYPOST_MODEL": "us.amazon.nova-lite-v1:0",
        "WAYPOST_MODELS": "us.amazon.nova-pro-v1:0",
        "WAYPOST_ROUTER_MODEL": "us.amazon.nova-micro-v1:0",
        "WAYPOST_AGENTS": str(ROOT / "agents"),
        "WAYPOST_DEFAULT_AGENT": "rag",
        "WAYPOST_DOCUMENTS": str(company / "documents"),
        "WAYPOST_DATABASE": str(company / "company.sqlite"),
        "WAYPOST_SHARED_TABLES": "*",
        "WAYPOST_IDENTITY": "development",
        "WAYPOST_JOURNAL_SECONDS": "0.02",
    }


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://waypost", timeout=30
        ) as http,
    ):
        yield http


@asynccontextmanager
async def another_environment(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a second app, as in another process: the two share nothing but AWS."""
    with api.apps.lend(api.app.state.settings) as app:
        async with serving(app) as http:
            yield http


@pytest.fixture(scope="session")
def apps() -> Apps:
    return Apps()


@pytest.fixture
def running(tables: Tables, bedrock_server: BedrockServer, apps: Apps) -> Running:
    """Opens the app in an environment: `async with running(environment) as api`."""

    @asynccontextmanager
    async def opened(environment: dict[str, str], model: Model | None = None) -> AsyncIterator[Api]:
        queued, table = QueuedModel(), environment["WAYPOST_TABLE"]
        bedrock_server.use_model(model or queued)
        tables.create(table)
        with apps.lend(Settings.from_env(environment)) as app:
            async with shared_aws.remaining_tasks_cancelled(), serving(app) as http:
                # Seeds the tenant's agents here, not in the middle of a test.
                await app.state.backend.agents_of(WHO)
                yield Api(app, http, queued, bedrock_server.faults, tables, table, apps)

    return opened


@pytest_asyncio.fixture(loop_scope="session")
async def api(environment: dict[str, str], running: Running) -> AsyncIterator[Api]:
    async with running(environment) as opened:
        yield opened


async def wait_for_event(run: LiveRun, event_type: str) -> None:
    """Waits until a run has emitted an event of this type."""
    count = 0
    while True:
        found = await run.read(count, timeout=10)
        assert found, f"no {event_type} in {count} events"
        if any(event.type == event_type for event in found):
            return
        count += len(found)


async def wait_for_answer(run: LiveRun, text: str) -> None:
    """Waits until a run's answer is `text`."""
    found = await run.read(0, timeout=10)
    while answer([event.model_dump() for event in found]) != text:
        more = await run.read(len(found), timeout=10)
        assert more, f"the answer never was {text!r}"
        found += more


def crash(run: LiveRun) -> None:
    """As when the process dies: no more events, and no more writes."""
    run._journal.close()
    run._task.cancel()
