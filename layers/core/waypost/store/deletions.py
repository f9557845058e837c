"""Deletes threads: from every list at once, and from the table now or later."""

import asyncio
import time
from collections.abc import Sequence

from waypost.errors import NotFound
from waypost.events import now
from waypost.identity import Identity
from waypost.records import Thread
from waypost.store.items import to_item
from waypost.store.keys import Key, TenantKeys
from waypost.store.table import ConditionFailed, Table, Values

_MAX_PARALLEL = 16


async def hide(
    table: Table, who: Identity, thread_id: str, retention_days: int, *, again: bool = False
) -> Thread:
    """Removes a thread from every list: nobody can read it, ask in it or find it any more.

    Args:
        again: Also where it was deleted before. Without, only where that was not finished.

    Raises:
        NotFound: There is no such thread, or it is somebody else's.
    """
    keys, at = TenantKeys(who.tenant_id, who.user_id), now()
    fresh = "" if again else " AND (attribute_not_exists(deleted_at) OR unfinished = :yes)"
    try:
        found = await table.update(
            {
                "Key": to_item(keys.thread(thread_id)),
                "UpdateExpression": "SET deleted_at = if_not_exists(deleted_at, :at), "
                "expires_at = if_not_exists(expires_at, :ttl), recent_pk = :deleted, "
                "unfinished = :yes",
                "ConditionExpression": f"user_id = :user{fresh}",
                "ExpressionAttributeValues": to_item(
                    {
                        ":at": at,
                        ":ttl": _in_days(retention_days),
                        ":deleted": keys.deleted(who.user_id),
                        ":user": who.user_id,
                        ":yes": True,
                    }
                ),
            }
        )
    except ConditionFailed:
        raise NotFound("Thread not found.", code="thread_not_found") from None
    return Thread.model_validate(found)


async def expire(table: Table, who: Identity, thread_id: str, retention_days: int) -> None:
    """Lets all items of a hidden thread expire with it, after `retention_days`."""
    at = to_item({":at": _in_days(retention_days)})
    gate = asyncio.Semaphore(_MAX_PARALLEL)

    async def update(key: Key, expression: str, **values: Values) -> None:
        async with gate:
            change: Values = {"Key": to_item(key), "UpdateExpression": expression, **values}
            await table.update(change)

    sooner = "SET expires_at = if_not_exists(expires_at, :at)"
    items = await _of_thread(table, who, thread_id)
    await asyncio.gather(*(update(key, sooner, ExpressionAttributeValues=at) for key in items))
    await update(TenantKeys(who.tenant_id, who.user_id).thread(thread_id), "REMOVE unfinished")


async def remove(table: Table, who: Identity, thread_id: str) -> None:
    """Removes a hidden thread with its messages, runs, steps and journals.

    The thread's own item goes last: a removal that broke off can be finished.
    """
    keys = await _of_thread(table, who, thread_id)
    await table.remove(keys)
    await table.remove([TenantKeys(who.tenant_id, who.user_id).thread(thread_id)])


async def _of_thread(table: Table, who: Identity, thread_id: str) -> list[Key]:
    """The keys of everything that belongs to a thread, but for the thread's own item."""
    keys = TenantKeys(who.tenant_id, who.user_id)
    items = await table.query(keys.partition(thread_id))
    journals: list[Key] = []
    for run_id in _runs(items):
        journals += _keys(await table.query(keys.journal(run_id)))
    return [*journals, *(key for key in _keys(items) if key != keys.thread(thread_id))]


def _runs(items: Sequence[Values]) -> list[str]:
    found = [str(item["sk"]) for item in items if str(item["sk"]).startswith("R#")]
    return [sk.removeprefix("R#") for sk in found if "#S#" not in sk]


def _keys(items: Sequence[Values]) -> list[Key]:
    return [{"pk": item["pk"], "sk": item["sk"]} for item in items]


def _in_days(days: int) -> int:
    """In seconds since the epoch."""
    return int(time.time()) + days * 86_400
