"""What is kept of a run, read from the table itself and without Waypost's own code."""

import asyncio
import json
import zlib
from dataclasses import dataclass
from typing import Any

from tests.chaos.client import Event
from tests.chaos.stack import World


@dataclass(frozen=True)
class Batch:
    first: int
    last: int
    events: list[Event]


async def journal(world: World, tenant: str, run_id: str) -> list[Batch]:
    """The batches of a run's journal, in order."""
    items = await _query(world, f"T#{tenant}#R#{run_id}#")
    pieces: dict[str, bytes] = {}
    for item in items:
        if item["sk"]["S"].startswith("E#"):
            name = item["sk"]["S"].split("#")[1]
            pieces[name] = pieces.get(name, b"") + _bytes(item["events"]["B"])
    named = [item for item in items if "last" in item and item["sk"]["S"].count("#") == 1]
    return [
        Batch(
            int(item["first"]["N"]),
            int(item["last"]["N"]),
            json.loads(zlib.decompress(pieces[item["sk"]["S"].split("#")[1]])),
        )
        for item in named
        if item["sk"]["S"].startswith("E#")
    ]


async def forget(world: World, tenant: str) -> None:
    """Removes everything of a tenant: a small table is a quick one."""
    await asyncio.to_thread(_forget, world, f"T#{tenant}#")


def _forget(world: World, prefix: str) -> None:
    pages = world.dynamodb.get_paginator("scan").paginate(
        TableName=world.table,
        FilterExpression="begins_with(pk, :prefix)",
        ExpressionAttributeValues={":prefix": {"S": prefix}},
        ProjectionExpression="pk, sk",
    )
    keys = [item for page in pages for item in page["Items"]]
    for at in range(0, len(keys), 25):
        requests = [{"DeleteRequest": {"Key": key}} for key in keys[at : at + 25]]
        world.dynamodb.batch_write_item(RequestItems={world.table: requests})


async def _query(world: World, partition: str) -> list[dict[str, Any]]:
    def query() -> list[dict[str, Any]]:
        pages = world.dynamodb.get_paginator("query").paginate(
            TableName=world.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        return [item for page in pages for item in page["Items"]]

    return await asyncio.to_thread(query)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else bytes(value)
