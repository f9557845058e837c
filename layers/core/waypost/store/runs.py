"""Runs and their steps: how one begins, how it ends, how it is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from waypost.errors import Conflict, NotFound, RunLive
from waypost.events import Event
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.records import Message, Run, Step, Thread
from waypost.store import journals
from waypost.store.idempotency import Claim, Claimed
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, Values
from waypost.store.threads import message_items
from waypost.store.threads import thread as find_thread

_STEPS = 60
"""In one transaction, which takes a hundred items; more go before it."""
_MINE = "user_id = :user AND attribute_not_exists(deleted_at)"
_FREE = "attribute_not_exists(live_run) OR live_run = :run"


class Superseded(Exception):
    """Somebody else has closed this run: it was taken for dead."""


@dataclass(frozen=True)
class Ending:
    """Everything that is known of a run once it is over."""

    run: Run
    message: Message
    steps: Sequence[Step]
    events: Sequence[Event]
    """The last of the run that are not in its journal yet; the last one ends it."""
    expires_at: int
    """When the events may go, in seconds since the epoch."""
    closer: str = field(default_factory=ulid)
    """Who ends the run: a write whose answer was lost is known by it."""


async def begin(
    table: Table,
    who: Identity,
    thread: Thread,
    run: Run,
    message: Message | None,
    lease_until: float,
    *,
    claim: Claim | None = None,
    unchanged: bool = False,
) -> None:
    """One transaction: the thread (made if it is new), the run, its head, the user's message.

    Args:
        message: None where the run goes on with a question that is in the thread already.
        claim: The caller's own name for this run.
        unchanged: Only where the thread is still as `thread` says.

    Raises:
        Conflict: The thread is not as `thread` says.
        NotFound: The thread belongs to somebody else, or was deleted.
        RunLive: Another run is live on this thread.
        Claimed: The caller has begun a run of that name before.
    """
    keys = TenantKeys(who.tenant_id)
    head = journals.new_head(run.thread_id, who.user_id, lease_until)
    writes = [
        {"Update": _open_thread(keys, thread, run.id, unchanged=unchanged)},
        _put({**keys.run(run.thread_id, run.id), **_dumped(run)}),
        _put({**keys.head(run.id), **head}),
    ]
    if claim:
        writes.append({"Put": claim.put(keys, who, run.id)})
    if message:
        writes += [_put(item) for item in message_items(keys, message)]
    try:
        await table.transact(writes)
    except ConditionFailed as failure:
        if claim and 3 in failure.failed:
            raise Claimed from None
        # The run's own id is new: it can be there only from a try whose answer was lost.
        if 0 in failure.failed:
            found = await find_thread(table, who, thread.id)
            if found.live_run:
                raise RunLive(found.live_run) from None
            raise Conflict from None


async def finish(table: Table, who: Identity, ending: Ending) -> None:
    """One transaction: the run's end with its events, its steps, the answer, the thread.

    Raises:
        Superseded: The run was closed by somebody else before.
        ConditionFailed: The journal goes further than `ending` knows.
    """
    keys, run = TenantKeys(who.tenant_id), ending.run
    await _close(table, who, ending, [{"Update": _close_thread(keys, run)}])


async def _close(table: Table, who: Identity, ending: Ending, thread: list[Values]) -> None:
    keys, run = TenantKeys(who.tenant_id), ending.run
    first, last = ending.events[0].seq, ending.events[-1].seq
    ended = {**keys.run(run.thread_id, run.id), **_dumped(run)}
    events = list(map(journals.encode, ending.events))
    answer = message_items(keys, ending.message) if ending.message.text else []
    steps: list[Values] = [
        {"Put": {"Item": to_item({**keys.step(run.thread_id, run.id, n), **_dumped(step)})}}
        for n, step in enumerate(ending.steps, 1)
    ]
    for start in range(_STEPS, len(steps), _STEPS):
        await table.transact(steps[start : start + _STEPS])
    writes = [
        {"Update": journals.close_head(keys, run.id, run.state, last, ending.closer)},
        {"Put": {"Item": to_item(ended)}},
        *map(_put, journals.batch_items(keys, run.id, first, events, ending.expires_at)),
        *map(_put, answer),
        *steps[:_STEPS],
        *thread,
    ]
    try:
        await table.transact(writes)
    except ConditionFailed as failure:
        if 0 in failure.failed:
            if (await journals.head(table, who, run.id)).closed_by != ending.closer:
                raise Superseded from None
        elif thread and failure.failed == [len(writes) - 1]:
            # The thread was deleted meanwhile: what was paid for is kept all the same.
            await _close(table, who, ending, [])
        else:
            raise


async def run(table: Table, who: Identity, run_id: str) -> tuple[Run, list[Step]]:
    """Raises NotFound, also where the run is somebody else's or its thread was deleted."""
    head = await journals.head(table, who, run_id)
    await find_thread(table, who, head.thread_id)
    keys = TenantKeys(who.tenant_id)
    items = await table.query(keys.partition(head.thread_id), f"R#{run_id}")
    if not items:
        raise NotFound("There is no such run.", code="run_not_found")
    first, *steps = items
    return Run.model_validate(first), [Step.model_validate(s) for s in steps]


async def thread_runs(table: Table, who: Identity, thread_id: str) -> list[tuple[Run, list[Step]]]:
    """Every run of a thread with its steps, oldest first."""
    found: list[tuple[Run, list[Step]]] = []
    for item in await table.query(TenantKeys(who.tenant_id).partition(thread_id), "R#"):
        if "#S#" in item["sk"]:
            found[-1][1].append(Step.model_validate(item))
        else:
            found.append((Run.model_validate(item), []))
    return found


async def record(table: Table, who: Identity, thread_id: str, run_id: str) -> Run:
    """The run as it was last written, whoever's it is. Raises NotFound."""
    item = await table.get(TenantKeys(who.tenant_id).run(thread_id, run_id))
    if item is None:
        raise NotFound("There is no such run.", code="run_not_found")
    return Run.model_validate(item)


async def latest(table: Table, who: Identity, thread_id: str) -> str | None:
    """The id of the run of a thread that began last."""
    pk = TenantKeys(who.tenant_id).partition(thread_id)
    found = await table.query(pk, "R#", newest_first=True, limit=1)
    # It may be a step of that run.
    return str(found[0]["sk"].split("#")[1]) if found else None


def _dumped(record: BaseModel) -> Values:
    return record.model_dump(exclude_none=True)


def _put(item: Values) -> Values:
    return {
        "Put": {"Item": to_item(item), "ConditionExpression": "attribute_not_exists(pk)"},
    }


def _open_thread(keys: TenantKeys, thread: Thread, run_id: str, *, unchanged: bool) -> Values:
    """The thread's next version, at the top of its user's list, with a run live on it."""
    same = {":version": thread.version} if unchanged else {}
    mine = f"{_MINE} AND version = :version" if unchanged else _MINE
    return {
        "Key": to_item(keys.thread(thread.id)),
        "UpdateExpression": "SET id = :id, user_id = :user, title = if_not_exists(title, :title), "
        "created_at = if_not_exists(created_at, :created), updated_at = :updated, "
        "recent_pk = :recent_pk, recent_sk = :recent_sk, live_run = :run ADD version :one",
        "ConditionExpression": f"attribute_not_exists(pk) OR ({mine} AND ({_FREE}))",
        "ExpressionAttributeValues": to_item(
            {
                ":id": thread.id,
                ":title": thread.title,
                ":created": thread.created_at,
                ":run": run_id,
                **same,
                **_listed(keys, thread.user_id, thread.id, thread.updated_at),
            }
        ),
    }


def _close_thread(keys: TenantKeys, run: Run) -> Values:
    """The thread's next version, free for the next run."""
    return {
        "Key": to_item(keys.thread(run.thread_id)),
        "UpdateExpression": "SET updated_at = :updated, recent_pk = :recent_pk, "
        "recent_sk = :recent_sk REMOVE live_run ADD version :one",
        "ConditionExpression": _MINE,
        "ExpressionAttributeValues": to_item(
            _listed(keys, run.user_id, run.thread_id, run.finished_at or run.created_at)
        ),
    }


def _listed(keys: TenantKeys, user_id: str, thread_id: str, updated_at: str) -> Values:
    return {
        ":user": user_id,
        ":updated": updated_at,
        ":recent_pk": keys.recent(user_id),
        ":recent_sk": f"{updated_at}#{thread_id}",
        ":one": 1,
    }
