"""Threads and their messages."""

import base64
import binascii
import json
import math
import time
from typing import Any

from waypost.errors import Invalid, NotFound, ThreadDeleted
from waypost.identity import Identity
from waypost.records import Message, PriorTurn, Thread
from waypost.store.items import split_text, to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, Values

OWNED_BY_USER = "user_id = :user AND attribute_not_exists(deleted_at)"
"""The condition under which a thread may be written."""


async def thread(table: Table, who: Identity, thread_id: str) -> Thread:
    """Raises NotFound, also where the thread is somebody else's."""
    found = await table.get(TenantKeys(who.tenant_id, who.user_id).thread(thread_id))
    if found is None or found["user_id"] != who.user_id:
        raise NotFound("Thread not found.", code="thread_not_found")
    if "deleted_at" in found:
        raise ThreadDeleted
    return Thread.model_validate(found)


async def threads(
    table: Table, who: Identity, limit: int, cursor: str | None
) -> tuple[list[Thread], str | None]:
    """A page of the user's threads, the latest first, and the cursor of the next page."""
    recent_pk = TenantKeys(who.tenant_id, who.user_id).recent(who.user_id)
    start = _start(cursor, recent_pk) if cursor else None
    items, last = await table.recent(recent_pk, limit, start)
    return [Thread.model_validate(i) for i in items], _cursor(last) if last else None


async def threads_of_agent(
    table: Table, who: Identity, agent_id: str, *, deleted: bool = False
) -> list[Thread]:
    """Every thread of a user in which an agent has answered or is asked, the latest first.

    Args:
        deleted: Those that were deleted and have not expired yet, instead of the others.
    """
    keys = TenantKeys(who.tenant_id, who.user_id)
    items = await table.recent_all(
        keys.deleted(who.user_id) if deleted else keys.recent(who.user_id)
    )
    return [
        Thread.model_validate(item)
        for item in items
        if agent_id in item.get("agents", ()) and item.get("expires_at", math.inf) > time.time()
    ]


async def messages(
    table: Table, who: Identity, thread_id: str, limit: int, before: str | None = None
) -> list[Message]:
    """The last `limit` messages of a thread, oldest first.

    Args:
        before: A message's id: the last of those that came before it.
    """
    keys = TenantKeys(who.tenant_id, who.user_id)
    before_sk = keys.message(thread_id, before)["sk"] if before else ""
    items = await table.query(
        keys.partition(thread_id),
        "M#",
        before=before_sk,
        newest_first=True,
        limit=limit + bool(before),
    )
    items.reverse()
    return _joined([item for item in items if item["sk"] != before_sk])


async def prior_turns(table: Table, who: Identity, thread_id: str) -> tuple[PriorTurn, ...]:
    """The turns that were taken before the thread began, oldest first."""
    found = await table.get(TenantKeys(who.tenant_id, who.user_id).prior_turns(thread_id))
    return tuple(map(PriorTurn.model_validate, found["said"])) if found else ()


async def save_summary(
    table: Table, who: Identity, thread_id: str, summary: str, through: str
) -> None:
    """Stores the summary of a thread up to message `through`, unless it has a later one."""
    try:
        await table.update(
            {
                "Key": to_item(TenantKeys(who.tenant_id, who.user_id).thread(thread_id)),
                "UpdateExpression": "SET summary = :summary, summary_through = :through",
                "ConditionExpression": "user_id = :user AND attribute_not_exists(deleted_at) AND "
                "(attribute_not_exists(summary_through) OR summary_through < :through)",
                "ExpressionAttributeValues": to_item(
                    {":summary": summary, ":through": through, ":user": who.user_id}
                ),
            }
        )
    except ConditionFailed:
        return


async def message(table: Table, who: Identity, thread_id: str, message_id: str) -> Message | None:
    key = TenantKeys(who.tenant_id, who.user_id).message(thread_id, message_id)
    joined = _joined(await table.query(key["pk"], key["sk"]))
    return joined[0] if joined else None


async def rename(table: Table, who: Identity, thread_id: str, title: str) -> Thread:
    current = await thread(table, who, thread_id)
    await table.update(
        {
            "Key": to_item(TenantKeys(who.tenant_id, who.user_id).thread(thread_id)),
            "UpdateExpression": "SET title = :title",
            "ConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": to_item({":title": title, ":user": who.user_id}),
        }
    )
    return current.model_copy(update={"title": title})


def list_values(keys: TenantKeys, user_id: str, thread_id: str, updated_at: str) -> Values:
    """The update values that move a thread to the top of its user's list, one version on."""
    return {
        ":user": user_id,
        ":updated": updated_at,
        ":recent_pk": keys.recent(user_id),
        ":recent_sk": f"{updated_at}#{thread_id}",
        ":one": 1,
    }


def in_list(keys: TenantKeys, user_id: str, thread_id: str, updated_at: str) -> Values:
    """The attributes of a new thread at the top of its user's list."""
    return {
        "user_id": user_id,
        "updated_at": updated_at,
        "recent_pk": keys.recent(user_id),
        "recent_sk": f"{updated_at}#{thread_id}",
    }


def message_items(keys: TenantKeys, message: Message) -> list[Values]:
    """A message as the items it is stored in: more than one only where its text is very long."""
    first, *rest = split_text(message.text)
    whole = message.model_dump(exclude_none=True)
    items = [{**keys.message(message.thread_id, message.id), **whole, "text": first}]
    for part, text in enumerate(rest, 1):
        items.append({**keys.message(message.thread_id, message.id, part), "text": text})
    return items


def _joined(items: list[Values]) -> list[Message]:
    whole: list[Values] = []
    for item in items:
        if "id" in item:
            whole.append(item)
        elif whole:
            whole[-1]["text"] += item["text"]
    return [Message.model_validate(item) for item in whole]


def _cursor(last: Values) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def _start(cursor: str, recent_pk: str) -> dict[str, Any]:
    """The key inside a cursor, which must be one of this user's list. Raises Invalid."""
    try:
        start = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        valid = set(start) == {"pk", "sk", "recent_pk", "recent_sk"}
        valid = valid and all(isinstance(v, str) for v in start.values())
    except (ValueError, binascii.Error, TypeError):
        valid = False
    if not valid or start["recent_pk"] != recent_pk:
        raise Invalid("The cursor is not valid for this list.", code="invalid_cursor")
    return dict(start)
