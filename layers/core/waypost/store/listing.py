"""A user's threads by agent and state, counted."""

import math
import time

from waypost.identity import Identity
from waypost.records import Thread
from waypost.store.keys import TenantKeys
from waypost.store.table import Table


async def answered_by(
    table: Table, who: Identity, agent_id: str, *, deleted: bool = False
) -> list[Thread]:
    """Every thread of a user in which an agent has answered or is asked, the latest first.

    Args:
        deleted: Those that were deleted and are not gone yet, instead of the others.
    """
    keys = TenantKeys(who.tenant_id)
    place = keys.deleted(who.user_id) if deleted else keys.recent(who.user_id)
    items = await table.whole_list(place)
    return [
        Thread.model_validate(item)
        for item in items
        if agent_id in item.get("agents", ()) and item.get("expires_at", math.inf) > time.time()
    ]
