"""A run's journal: batches of events, and the head with the run's state.

A batch is one item, named by the number of its last event. It is written once and never changed:
written again, it is the same.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import time

from pydantic import TypeAdapter

from waypost.errors import NotFound
from waypost.events import AnyEvent, Event, Terminal
from waypost.identity import Identity
from waypost.records import LIVE, RunState
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys, after
from waypost.store.table import ConditionFailed, Table, Values

_MAX_ITEM_BYTES = 350_000
_events: TypeAdapter[list[AnyEvent]] = TypeAdapter(list[AnyEvent])


@dataclass(frozen=True)
class RunHead:
    """The state of a run, found by its id alone.

    `lease_until` is in seconds since the epoch; `last` is the number of the terminal event.
    """

    run_id: str
    thread_id: str
    user_id: str
    state: RunState
    lease_until: float
    cancel_requested: bool = False
    last: int | None = None
    closed_by: str = ""

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def lost(self) -> bool:
        """It is live by its state, but its lease has expired: its process is gone."""
        return self.live and self.lease_until < time()


def encode(event: Event) -> str:
    """An event as a batch holds it. Its run's id is the batch's key."""
    return event.model_dump_json(exclude={"run_id"})


def batch_items(
    keys: TenantKeys, run_id: str, first: int, events: Sequence[str], expires_at: int
) -> list[Values]:
    """Events as `encode` gives them, in the items of one batch: the one that names it comes last.

    There is more than one only where an event is very large.
    """
    last = first + len(events) - 1
    whole = zlib.compress(f"[{','.join(events)}]".encode(), 1)
    pieces = [whole[i : i + _MAX_ITEM_BYTES] for i in range(0, len(whole), _MAX_ITEM_BYTES)]
    rest: list[Values] = [
        {**keys.batch(run_id, last, part), "events": piece, "expires_at": expires_at}
        for part, piece in enumerate(pieces[1:], 1)
    ]
    named = {"first": first, "last": last, "events": pieces[0]}
    return [*rest, {**keys.batch(run_id, last), **named, "expires_at": expires_at}]


async def append(
    table: Table, who: Identity, run_id: str, first: int, events: Sequence[str], expires_at: int
) -> None:
    """Writes a batch. Where it is there already, an earlier try got through."""
    for item in batch_items(
        TenantKeys(who.tenant_id, who.user_id), run_id, first, events, expires_at
    ):
        try:
            await table.put(item, "attribute_not_exists(pk)")
        except ConditionFailed:
            continue


async def read(
    table: Table, who: Identity, run_id: str, seq: int
) -> tuple[RunHead | None, list[AnyEvent]]:
    """The run's head and its events after `seq`, those that are written and have not expired."""
    items = await table.query(
        TenantKeys(who.tenant_id, who.user_id).journal(run_id), after=after(seq)
    )
    # The head's sort key comes after every batch's.
    head = _head(run_id, items.pop()) if items and items[-1]["sk"] == "META" else None
    current = [item for item in items if item["expires_at"] > time()]
    events = _up_to_end(list(_batches(current)))
    if head and head.last:
        events = [event for event in events if event.seq <= head.last]
    return head, [event.stamped(event.seq, run_id, event.at) for event in events if event.seq > seq]


async def head(table: Table, who: Identity, run_id: str) -> RunHead:
    """Raises NotFound, also where the run is somebody else's."""
    found = await table.get(TenantKeys(who.tenant_id, who.user_id).head(run_id))
    if found is None or found["user_id"] != who.user_id:
        raise _no_such_run()
    return _head(run_id, found)


async def renew_lease(table: Table, who: Identity, run_id: str, lease_until: float) -> RunHead:
    """Renews a live run's lease. Raises ConditionFailed where the run is over."""
    found = await table.update(
        {
            "Key": to_item(TenantKeys(who.tenant_id, who.user_id).head(run_id)),
            "UpdateExpression": "SET lease_until = :until",
            "ConditionExpression": "#state = :running",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_item({":until": lease_until, ":running": "running"}),
        }
    )
    return _head(run_id, found)


async def request_cancel(table: Table, who: Identity, run_id: str) -> RunHead:
    """Asks the run's process to stop. Raises NotFound; a run that is over stays as it is."""
    try:
        found = await table.update(
            {
                "Key": to_item(TenantKeys(who.tenant_id, who.user_id).head(run_id)),
                "UpdateExpression": "SET cancel_requested = :yes",
                "ConditionExpression": "user_id = :user AND #state = :running",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": to_item(
                    {":yes": True, ":user": who.user_id, ":running": "running"}
                ),
            }
        )
    except ConditionFailed:
        return await head(table, who, run_id)
    return _head(run_id, found)


def new_head(thread_id: str, user_id: str, lease_until: float) -> Values:
    return {
        "thread_id": thread_id,
        "user_id": user_id,
        "state": "running",
        "lease_until": lease_until,
        "cancel_requested": False,
    }


def ended_head(thread_id: str, user_id: str, state: RunState, last: int, closed_by: str) -> Values:
    """The head of a run that is stored once it is over."""
    head = {**new_head(thread_id, user_id, 0), "state": state, "last": last}
    return {**head, "closed_by": closed_by}


def close_head(keys: TenantKeys, run_id: str, state: RunState, last: int, closed_by: str) -> Values:
    """An update that holds only where nobody has ended the run before."""
    return {
        "Key": to_item(keys.head(run_id)),
        "UpdateExpression": "SET #state = :state, #last = :last, closed_by = :by",
        "ConditionExpression": "#state = :running",
        "ExpressionAttributeNames": {"#state": "state", "#last": "last"},
        "ExpressionAttributeValues": to_item(
            {":state": state, ":last": last, ":by": closed_by, ":running": "running"}
        ),
    }


def _head(run_id: str, item: Values) -> RunHead:
    known = {name: item[name] for name in RunHead.__dataclass_fields__ if name in item}
    return RunHead(**{**known, "run_id": run_id})


def _batches(items: list[Values]) -> Iterator[list[AnyEvent]]:
    parts: dict[str, list[bytes]] = {}
    for item in items:
        name = item["sk"].partition("#")[2].partition("#")[0]
        parts.setdefault(name, []).append(item["events"])
    for item in items:
        if "last" in item:
            name = item["sk"].partition("#")[2]
            whole = b"".join(parts[name])
            yield _events.validate_python(json.loads(zlib.decompress(whole)))


def _up_to_end(batches: list[list[AnyEvent]]) -> list[AnyEvent]:
    """The events up to the run's end.

    A process whose lease expired may write once more, behind the end that another has written or
    beside it: the batch with the end counts.
    """
    closing = next((batch for batch in batches if isinstance(batch[-1], Terminal)), None)
    if closing is None:
        return [event for batch in batches for event in batch]
    first = closing[0].seq
    before = [event for batch in batches for event in batch if event.seq < first]
    return [*before, *closing]


def _no_such_run() -> NotFound:
    return NotFound("Run not found.", code="run_not_found")
