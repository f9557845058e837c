"""Idempotency keys, the caller's own names for runs: the same key twice is the same run."""

from dataclasses import dataclass
from time import time

from waypost.identity import Identity
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import Table, Values

_RETENTION_SECONDS = 24 * 3600


class AlreadyClaimed(Exception):
    """The key was used before."""


@dataclass(frozen=True)
class Claim:
    """`key` names a run of this user for a day; `request` is a hash of the request."""

    key: str
    request: str

    def put(self, keys: TenantKeys, who: Identity, run_id: str) -> Values:
        """A Put that holds where the key is free, or was claimed by this very run."""
        named = {
            "run_id": run_id,
            "request": self.request,
            "expires_at": int(time()) + _RETENTION_SECONDS,
        }
        return {
            "Item": to_item({**keys.idempotency(who.user_id, self.key), **named}),
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at < :now OR run_id = :run",
            "ExpressionAttributeValues": to_item({":now": int(time()), ":run": run_id}),
        }


@dataclass(frozen=True)
class ClaimedRun:
    """`request` is the hash of the request that began it."""

    run_id: str
    request: str


async def find(table: Table, who: Identity, key: str) -> ClaimedRun | None:
    """The run that this user has claimed the key for, in the last day."""
    item = await table.get(TenantKeys(who.tenant_id, who.user_id).idempotency(who.user_id, key))
    if item is None or item["expires_at"] < time():
        return None
    return ClaimedRun(item["run_id"], item["request"])
