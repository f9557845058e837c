"""A run's journal as the table holds it, read without Waypost's own code."""

import asyncio
import json
import zlib
from dataclasses import dataclass
from typing import Any

from tests.chaos.client import Event
from tests.chaos.stack import ChaosStack


@dataclass(frozen=True)
class JournalBatch:
    first: int
    last: int
    events: list[Event]


async def read_journal(chaos_stack: ChaosStack, tenant: str, run_id: str) -> list[JournalBatch]:
    """The batches of a run's journal, in order."""
    items = await _query(chaos_stack, f"T#{tenant}#R#{run_id}#")
    pieces: dict[str, bytes] = {}
    for item in items:
        if item["sk"]["S"].startswith("E#"):
            name = item["sk"]["S"].split("#")[1]
            pieces[name] = pieces.get(name, b"") + _bytes(item["events"]["B"])
    named = [item for item in items if "last" in item and item["sk"]["S"].count("#") == 1]
    return [
        JournalBatch(
            int(item["first"]["N"]),
            int(item["last"]["N"]),
            json.loads(zlib.decompress(pieces[item["sk"]["S"].split("#")[1]])),
        )
        for item in named
        if item["sk"]["S"].startswith("E#")
    ]


async def delete_tenant(chaos_stack: ChaosStack, tenant: str) -> None:
    """Deletes every item of a tenant: a small table is fast."""
    await asyncio.to_thread(_delete_tenant, chaos_stack, f"T#{tenant}#")


def _delete_tenant(chaos_stack: ChaosStack, prefix: str) -> None:
    pages = chaos_stack.dynamodb.get_paginator("scan").paginate(
        TableName=chaos_stack.table,
        FilterExpression="begins_with(pk, :prefix)",
        ExpressionAttributeValues={":prefix": {"S": prefix}},
        ProjectionExpression="pk, sk",
    )
    keys = [item for page in pages for item in page["Items"]]
    for at in range(0, len(keys), 25):
        requests = [{"DeleteRequest": {"Key": key}} for key in keys[at : at + 25]]
        chaos_stack.dynamodb.batch_write_item(RequestItems={chaos_stack.table: requests})


async def _query(chaos_stack: ChaosStack, partition: str) -> list[dict[str, Any]]:
    def query() -> list[dict[str, Any]]:
        pages = chaos_stack.dynamodb.get_paginator("query").paginate(
            TableName=chaos_stack.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        return [item for page in pages for item in page["Items"]]

    return await asyncio.to_thread(query)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else bytes(value)
