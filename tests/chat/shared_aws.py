"""What is slow to start and the same for every test: clients, apps, a Bedrock server, tables."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI

from tests import template
from waypost.settings import Settings
from waypost.store import Table
from waypost_chat.factory import create
from waypost_local import bedrock
from waypost_local.bedrock import ConverseRequest, Faults, Model
from waypost_local.bedrock.model import Piece

_BATCH = 25
"""Items of one BatchWriteItem."""


@dataclass
class BedrockServer:
    """A Bedrock server on this machine; each test gives it a model of its own."""

    url: str = ""
    model: Model | None = None
    faults: Faults = field(default_factory=Faults)

    def use_model(self, model: Model) -> None:
        self.model = model
        self.faults.set(None)

    def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        assert self.model, "no test is running"
        return self.model.reply(request)


@asynccontextmanager
async def serving() -> AsyncIterator[BedrockServer]:
    bedrock_server = BedrockServer()
    async with bedrock.serving(bedrock.app(bedrock_server, faults=bedrock_server.faults)) as served:
        bedrock_server.url = served.url
        yield bedrock_server


@dataclass(frozen=True)
class Tables:
    """Makes tables that hold `items` from the start."""

    client: Any
    items: list[dict[str, Any]] = field(default_factory=list)

    def create(self, name: str) -> None:
        self.client.create_table(TableName=name, **template.table_definition())
        puts = [{"PutRequest": {"Item": item}} for item in self.items]
        for at in range(0, len(puts), _BATCH):
            response = self.client.batch_write_item(RequestItems={name: puts[at : at + _BATCH]})
            assert not response["UnprocessedItems"]

    def connect(self, name: str) -> Table:
        """The same as `store.connect`, over the one client."""
        return Table(self.client, name)

    def read(self, name: str, **scan: str) -> list[dict[str, Any]]:
        """Every item of a table; `scan` are further parameters of DynamoDB's Scan."""
        request = {"TableName": name, "ConsistentRead": True, **scan}
        pages = self.client.get_paginator("scan").paginate(**request)
        return [item for page in pages for item in page["Items"]]


class Apps:
    """Lends apps again after use: the first request of a new app is slow."""

    def __init__(self) -> None:
        self._idle: dict[str, list[FastAPI]] = {}

    @contextmanager
    def lend(self, settings: Settings) -> Iterator[FastAPI]:
        """An app with these settings that is not started yet."""
        key = str(replace(settings, table="", documents=None, database=None))
        idle = self._idle.setdefault(key, [])
        app = idle.pop() if idle else create(settings)
        app.state.settings = settings
        try:
            yield app
        finally:
            idle.append(app)


@asynccontextmanager
async def remaining_tasks_cancelled() -> AsyncIterator[None]:
    """Cancels every task that began inside and has not ended: the next test uses the same loop."""
    before = asyncio.all_tasks()
    try:
        yield
    finally:
        begun = asyncio.all_tasks() - before - {asyncio.current_task()}
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
