"""The app over a real wire: DynamoDB in moto, Bedrock played by a script."""

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
from tests.chat.shared_aws import Apps, StandIn, Tables
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


Said = Piece | str | asyncio.Event


@dataclass
class Script:
    """A model that says what it was given to say, one reply a call, and keeps what it was asked.

    Where there is an event among the pieces, it waits for it.
    """

    replies: list[list[Piece | asyncio.Event]] = field(default_factory=list)
    asked: list[ConverseRequest] = field(default_factory=list)
    silent: asyncio.Event | None = None
    """Where it is there, replies after the first wait for it."""
    _asking: asyncio.Condition = field(default_factory=asyncio.Condition)

    def says(self, *pieces: Said, reason: str = "end_turn") -> "Script":
        said = [TextPiece(piece) if isinstance(piece, str) else piece for piece in pieces]
        self.replies.append([*said, Stop(reason, 100, 10)])
        return self

    def calls(self, sql: str) -> "Script":
        call = (ToolUseStart("call_1", "query_database"), ToolUseInput(json.dumps({"sql": sql})))
        return self.says(*call, reason="tool_use")

    async def has_been_asked(self, times: int) -> None:
        async with self._asking:
            await self._asking.wait_for(lambda: len(self.asked) >= times)

    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        async with self._asking:
            self.asked.append(request)
            self._asking.notify_all()
        if self.silent and len(self.asked) > 1:
            await self.silent.wait()
        for piece in self.replies.pop(0):
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                # The model is another process: here its turns are apart from the app's.
                await asyncio.sleep(0)
                yield piece


@dataclass
class Api:
    """A running app, its client, and both sides of what stands behind it."""

    app: FastAPI
    http: httpx.AsyncClient
    script: Script
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
        """A run on its way in this process, and nobody who reads it."""
        call = RequestContext(deadline=deadline)
        run = await begin(self.app.state.backend, WHO, RunRequest(text), call)
        assert isinstance(run, LiveRun)
        return run

    def written(self) -> int:
        """Items of threads and runs: a tenant's agents are there from the start."""
        found = self.tables.read(self.table, ProjectionExpression="pk")
        return sum(item["pk"]["S"].count("#") > 2 for item in found)


Running = Callable[..., AbstractAsyncContextManager[Api]]


def events(text: str) -> list[dict[str, Any]]:
    lines = text.split("\n")
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def kinds(found: list[dict[str, Any]]) -> list[str]:
    """The events' types, without the pace of the deltas."""
    types = [event["type"] for event in found]
    return [kind for i, kind in enumerate(types) if i == 0 or kind != types[i - 1]]


def answer(found: list[dict[str, Any]]) -> str:
    final = {e["text_id"] for e in found if e["type"] == "text.started" and e["channel"] == "final"}
    return "".join(e["delta"] for e in found if e["type"] == "text.delta" and e["text_id"] in final)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests share one event loop, and on it what is dear to open."""
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
async def stand_in() -> AsyncIterator[StandIn]:
    async with shared_aws.serving() as served:
        yield served


@pytest.fixture(scope="session")
def connect_bedrock() -> Callable[..., Any]:
    """One client for each time-out."""
    return functools.cache(bedrock.connect)


@pytest.fixture(scope="session")
def load_agents() -> Callable[[Path], Agents]:
    """Reads each folder once."""
    return functools.cache(definition.load)


@pytest.fixture(scope="session")
def aws_environment(moto: str, stand_in: StandIn) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": moto,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": stand_in.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tables(aws_environment: dict[str, str]) -> Tables:
    """Tables where the tenant of `WHO` has been met: its agents are there from the start."""
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
    stand_in: StandIn,
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
        "WAYPOST_IDENTITY": "caller",
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
    """A client of the same function in another process, as far as it shares nothing but AWS."""
    with api.apps.lend(api.app.state.settings) as app:
        async with serving(app) as http:
            yield http


@pytest.fixture(scope="session")
def apps() -> Apps:
    return Apps()


@pytest.fixture
def running(tables: Tables, stand_in: StandIn, apps: Apps) -> Running:
    """Opens the app in an environment: `async with running(environment) as api`."""

    @asynccontextmanager
    async def opened(environment: dict[str, str], model: Model | None = None) -> AsyncIterator[Api]:
        script, table = Script(), environment["WAYPOST_TABLE"]
        stand_in.answer_with(model or script)
        tables.create(table)
        with apps.lend(Settings.from_env(environment)) as app:
            async with shared_aws.nothing_goes_on(), serving(app) as http:
                # A tenant is met for the first time here, and not in the middle of a test.
                await app.state.backend.agents_of(WHO)
                yield Api(app, http, script, stand_in.faults, tables, table, apps)

    return opened


@pytest_asyncio.fixture(loop_scope="session")
async def api(environment: dict[str, str], running: Running) -> AsyncIterator[Api]:
    async with running(environment) as opened:
        yield opened


async def seen(run: LiveRun, kind: str) -> None:
    """Waits until a run has told an event of this kind."""
    count = 0
    while True:
        found = await run.read(count, timeout=10)
        assert found, f"no {kind} in {count} events"
        if any(event.type == kind for event in found):
            return
        count += len(found)


async def said(run: LiveRun, text: str) -> None:
    """Waits until a run's answer is `text`."""
    found = await run.read(0, timeout=10)
    while answer([event.model_dump() for event in found]) != text:
        more = await run.read(len(found), timeout=10)
        assert more, f"{text!r} was not said"
        found += more


def crash(run: LiveRun) -> None:
    """The process is gone: nothing more is said, and nothing more is written."""
    run._journal.close()
    run._task.cancel()
