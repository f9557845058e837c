"""Stores a run's end: its last events, its steps and its answer, once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from waypost.events import Event
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.records import Message, Run, Step
from waypost.store import journals
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, Values, dumped, put_new
from waypost.store.threads import OWNED_BY_USER, list_values, message_items

_STEPS = 60
"""In one transaction, which takes a hundred items; more go before it."""
_RETENTION_SECONDS = 30 * 86_400
"""For the last run of a deleted thread."""


class Superseded(Exception):
    """Another process has ended this run, because its lease had expired."""


@dataclass(frozen=True)
class RunEnd:
    """All that is stored of a run once it is over."""

    run: Run
    message: Message
    steps: Sequence[Step]
    events: Sequence[Event]
    """The last of the run that are not in its journal yet; the last one ends it."""
    expires_at: int
    """When the events expire, in seconds since the epoch."""
    closer: str = field(default_factory=ulid)
    """Identifies this writer: a write whose response was lost is recognised by it."""


async def finish(table: Table, who: Identity, end: RunEnd) -> None:
    """One transaction: the run's end with its events, its steps, the answer, the thread.

    Raises:
        Superseded: The run was closed by somebody else before.
        ConditionFailed: The journal goes further than `end` holds.
    """
    keys, run = TenantKeys(who.tenant_id), end.run
    await _close(table, who, end, [{"Update": _close_thread(keys, run)}])


async def _close(
    table: Table, who: Identity, end: RunEnd, thread: list[Values], **more: Any
) -> None:
    keys, run = TenantKeys(who.tenant_id), end.run
    first, last = end.events[0].seq, end.events[-1].seq
    ended = {**keys.run(run.thread_id, run.id), **dumped(run), **more}
    events = list(map(journals.encode, end.events))
    answer = [{**i, **more} for i in message_items(keys, end.message) if end.message.text]
    steps: list[Values] = [
        {"Put": {"Item": to_item({**keys.step(run.thread_id, run.id, n), **dumped(step), **more})}}
        for n, step in enumerate(end.steps, 1)
    ]
    for start in range(_STEPS, len(steps), _STEPS):
        await table.transact(steps[start : start + _STEPS])
    writes = [
        {"Update": journals.close_head(keys, run.id, run.state, last, end.closer)},
        {"Put": {"Item": to_item(ended)}},
        *map(put_new, journals.batch_items(keys, run.id, first, events, end.expires_at)),
        *map(put_new, answer),
        *steps[:_STEPS],
        *thread,
    ]
    try:
        await table.transact(writes)
    except ConditionFailed as failure:
        if 0 in failure.failed:
            if (await journals.head(table, who, run.id)).closed_by != end.closer:
                raise Superseded from None
        elif thread and failure.failed == [len(writes) - 1]:
            # The thread was deleted meanwhile: what is written now goes as the thread does.
            expires = int(time.time()) + _RETENTION_SECONDS
            await _close(table, who, end, [], expires_at=expires)
        else:
            raise


def _close_thread(keys: TenantKeys, run: Run) -> Values:
    """The thread's next version, free for the next run."""
    values = list_values(keys, run.user_id, run.thread_id, run.finished_at or run.created_at)
    agents = {":agents": {run.route.agent}} if run.route else {}
    answered = ", agents :agents" if agents else ""
    return {
        "Key": to_item(keys.thread(run.thread_id)),
        "UpdateExpression": "SET updated_at = :updated, recent_pk = :recent_pk, "
        f"recent_sk = :recent_sk, last_state = :state REMOVE live_run ADD version :one{answered}",
        "ConditionExpression": OWNED_BY_USER,
        "ExpressionAttributeValues": to_item({**values, **agents, ":state": run.state}),
    }
