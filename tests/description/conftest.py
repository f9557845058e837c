"""The app on a real port, over a model that always answers."""

import asyncio
import socket
import sqlite3
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import uvicorn

from tests import template
from waypost.settings import Settings
from waypost_chat.factory import create
from waypost_local import bedrock
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock.model import Piece, Stop, TextPiece

ROOT = Path(__file__).parents[2]


class YesModel:
    async def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        yield TextPiece("Yes.")
        yield Stop("end_turn", 10, 1)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Schemathesis gives all operations one id: of those, pytest-xdist runs only one."""
    assert item.parent
    item._id = item.parent.id.child(item.name)


@pytest.fixture(scope="package")
def url(moto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    company = tmp_path_factory.mktemp("demo") / "company.sqlite"
    with sqlite3.connect(company) as database:
        database.executescript((ROOT / "demo/company.sql").read_text())
    database.close()
    with pytest.MonkeyPatch.context() as patch, _models() as models:
        for name, value in {
            "AWS_ENDPOINT_URL": moto,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": models,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        environment = {
            "WAYPOST_TABLE": f"waypost-{uuid.uuid4()}",
            "WAYPOST_MODEL": "us.amazon.nova-lite-v1:0",
            "WAYPOST_AGENTS": str(ROOT / "agents"),
            "WAYPOST_DOCUMENTS": str(ROOT / "demo/documents"),
            "WAYPOST_DATABASE": str(company),
            "WAYPOST_SHARED_TABLES": "*",
            "WAYPOST_IDENTITY": "development",
            "WAYPOST_DEFAULT_IDENTITY": "local/you/admin",
            "WAYPOST_JOURNAL_SECONDS": "0.02",
        }
        dynamodb: Any = boto3.client("dynamodb")
        dynamodb.create_table(TableName=environment["WAYPOST_TABLE"], **template.table_definition())
        with _serving(create(Settings.from_env(environment))) as served:
            yield served


@contextmanager
def _models() -> Iterator[str]:
    """A Bedrock server on an event loop of its own, as if in another process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    serving = bedrock.serving(bedrock.app(YesModel()))
    try:
        yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(10).url
    finally:
        ending = serving.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(ending, loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@contextmanager
def _serving(app: Any) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the app did not start"
            thread.join(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
