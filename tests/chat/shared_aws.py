"""What is dear to open and the same for every test: clients, apps, Bedrock's stand-in, tables."""

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
class StandIn:
    """Bedrock on a port; each test puts a model of its own behind it."""

    url: str = ""
    model: Model | None = None
    faults: Faults = field(default_factory=Faults)

    def answer_with(self, model: Model) -> None:
        self.model = model
        self.faults.set(None)

    def reply(self, request: ConverseRequest) -> AsyncIterator[Piece]:
        assert self.model, "no test is running"
        return self.model.reply(request)


@asynccontextmanager
async def serving() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    async with bedrock.serving(bedrock.app(stand_in, faults=stand_in.faults)) as served:
        stand_in.url = served.url
        yield stand_in


@dataclass(frozen=True)
class Tables:
    """Makes tables that hold `items` from the start."""

    client: Any
    items: list[dict[str, Any]] = field(default_factory=list)

    def create(self, name: str) -> None:
        self.client.create_table(TableName=name, **template.table_definition())
        puts = [{"PutRequest": {"Item": item}} for item in self.items]
        for at in range(0, len(puts), _BATCH):
            left = self.client.batch_write_item(RequestItems={name: puts[at : at + _BATCH]})
            assert not left["UnprocessedItems"]

    def connect(self, name: str) -> Table:
        """The same as `store.connect`, over the one client."""
        return Table(self.client, name)

    def read(self, name: str, **only: str) -> list[dict[str, Any]]:
        """Everything in a table, or what `only` says of it as DynamoDB's Scan takes it."""
        asked = {"TableName": name, "ConsistentRead": True, **only}
        pages = self.client.get_paginator("scan").paginate(**asked)
        return [item for page in pages for item in page["Items"]]


class Apps:
    """Lends apps that were used before: FastAPI reads its routes at an app's first request."""

    def __init__(self) -> None:
        self._idle: dict[str, list[FastAPI]] = {}

    @contextmanager
    def lend(self, settings: Settings) -> Iterator[FastAPI]:
        """An app of these settings that is not started yet."""
        kind = str(replace(settings, table="", documents=None, database=None))
        idle = self._idle.setdefault(kind, [])
        app = idle.pop() if idle else create(settings)
        app.state.settings = settings
        try:
            yield app
        finally:
            idle.append(app)


@asynccontextmanager
async def nothing_goes_on() -> AsyncIterator[None]:
    """Cancels every task that began inside and has not ended: the next test shares the loop."""
    before = asyncio.all_tasks()
    try:
        yield
    finally:
        begun = asyncio.all_tasks() - before - {asyncio.current_task()}
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
