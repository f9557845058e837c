"""Runs an agent's loop over the real wire against a model with fixed replies."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3

from waypost.agents.definition import Agent
from waypost.agents.loop import AgentLoop
from waypost.agents.task import Resources, Task
from waypost.events import Event
from waypost.knowledge import Folder
from waypost.warehouse import Database
from waypost_local import bedrock
from waypost_local.bedrock import ConverseRequest
from waypost_local.bedrock import model as wire

NOVA = "us.amazon.nova-lite-v1:0"
Reply = Sequence[wire.Piece]


class FixedReplies:
    """A model that gives one reply a call, and keeps the requests in order."""

    def __init__(self, *replies: Reply) -> None:
        self._replies: Iterator[Reply] = iter(replies)
        self.requests: list[ConverseRequest] = []

    async def reply(self, request: ConverseRequest) -> AsyncIterator[wire.Piece]:
        self.requests.append(request)
        for piece in next(self._replies):
            yield piece

    def system(self, call: int = 0) -> list[dict[str, Any]]:
        """The blocks of the system prompt of a call."""
        found: list[dict[str, Any]] = self.requests[call].body["system"]
        return found


def text_reply(text: str) -> Reply:
    return [wire.TextPiece(text), wire.Stop("end_turn", 10, 5)]


def tool_reply(name: str, arguments: str, call_id: str = "c1") -> Reply:
    return [
        wire.ToolUseStart(call_id, name),
        wire.ToolUseInput(arguments),
        wire.Stop("tool_use", 10, 5),
    ]


def agent(**fields: Any) -> Agent:
    required = {
        "id": "one",
        "name": "One",
        "description": "x",
        "examples": ["x"],
        "instructions": "Answer.",
    }
    return Agent.model_validate({**required, **fields})


@asynccontextmanager
async def bedrock_client(model: FixedReplies) -> AsyncIterator[Any]:
    async with bedrock.serving(bedrock.app(model)) as server:
        yield boto3.client(
            "bedrock-runtime",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )


async def answer(
    model: FixedReplies,
    one: Agent,
    question: str,
    *,
    knowledge: Folder | None = None,
    warehouse: Database | None = None,
    **task_fields: Any,
) -> list[Event]:
    """The events of an answer. Raises what the loop raises."""
    fields = {"models": (NOVA,), "history": (), "today": "2026-11-21", **task_fields}
    async with bedrock_client(model) as client:
        resources = Resources(client, knowledge, warehouse)
        loop = AgentLoop(Task(agent=one, question=question, **fields), resources)
        return [event async for event in loop.events()]


def folder(root: Path, **documents: str) -> Folder:
    """A folder of documents, `a__b` standing for `a/b.md`."""
    for name, text in documents.items():
        path = root / "docs" / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Folder(root / "docs", cache=root)
