"""The caller's own names for runs: the same name twice is the same run."""

from dataclasses import dataclass
from time import time

from waypost.identity import Identity
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import Table, Values

_KEPT = 24 * 3600


class Claimed(Exception):
    """The name was given before."""


@dataclass(frozen=True)
class Claim:
    """`key` names a run of this user for a day; `request` is a hash of what it was asked."""

    key: str
    request: str

    def put(self, keys: TenantKeys, who: Identity, run_id: str) -> Values:
        """A Put that holds where the name is free, or was taken by this very run."""
        named = {"run_id": run_id, "request": self.request, "expires_at": int(time()) + _KEPT}
        return {
            "Item": to_item({**keys.idempotency(who.user_id, self.key), **named}),
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at < :now OR run_id = :run",
            "ExpressionAttributeValues": to_item({":now": int(time()), ":run": run_id}),
        }


@dataclass(frozen=True)
class Named:
    run_id: str
    request: str


async def find(table: Table, who: Identity, key: str) -> Named | None:
    """The run that this user has given the name, in the last day."""
    item = await table.get(TenantKeys(who.tenant_id).idempotency(who.user_id, key))
    if item is None or item["expires_at"] < time():
        return None
    return Named(item["run_id"], item["request"])
