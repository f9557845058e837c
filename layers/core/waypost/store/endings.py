"""How a run ends in the table: with its last events, its steps and its answer, once."""

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
from waypost.store.threads import MINE, listed, message_items

_STEPS = 60
"""In one transaction, which takes a hundred items; more go before it."""
_GONE_AFTER = 30 * 86_400
"""Seconds for which the last run of a deleted thread is kept."""


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


async def finish(table: Table, who: Identity, ending: Ending) -> None:
    """One transaction: the run's end with its events, its steps, the answer, the thread.

    Raises:
        Superseded: The run was closed by somebody else before.
        ConditionFailed: The journal goes further than `ending` knows.
    """
    keys, run = TenantKeys(who.tenant_id), ending.run
    await _close(table, who, ending, [{"Update": _close_thread(keys, run)}])


async def _close(
    table: Table, who: Identity, ending: Ending, thread: list[Values], **more: Any
) -> None:
    keys, run = TenantKeys(who.tenant_id), ending.run
    first, last = ending.events[0].seq, ending.events[-1].seq
    ended = {**keys.run(run.thread_id, run.id), **dumped(run), **more}
    events = list(map(journals.encode, ending.events))
    answer = [{**i, **more} for i in message_items(keys, ending.message) if ending.message.text]
    steps: list[Values] = [
        {"Put": {"Item": to_item({**keys.step(run.thread_id, run.id, n), **dumped(step), **more})}}
        for n, step in enumerate(ending.steps, 1)
    ]
    for start in range(_STEPS, len(steps), _STEPS):
        await table.transact(steps[start : start + _STEPS])
    writes = [
        {"Update": journals.close_head(keys, run.id, run.state, last, ending.closer)},
        {"Put": {"Item": to_item(ended)}},
        *map(put_new, journals.batch_items(keys, run.id, first, events, ending.expires_at)),
        *map(put_new, answer),
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
            # The thread was deleted meanwhile: what is written now goes as the thread does.
            gone = int(time.time()) + _GONE_AFTER
            await _close(table, who, ending, [], expires_at=gone)
        else:
            raise


def _close_thread(keys: TenantKeys, run: Run) -> Values:
    """The thread's next version, free for the next run."""
    place = listed(keys, run.user_id, run.thread_id, run.finished_at or run.created_at)
    agents = {":agents": {run.route.agent}} if run.route else {}
    answered = ", agents :agents" if agents else ""
    return {
        "Key": to_item(keys.thread(run.thread_id)),
        "UpdateExpression": "SET updated_at = :updated, recent_pk = :recent_pk, "
        f"recent_sk = :recent_sk, last_state = :state REMOVE live_run ADD version :one{answered}",
        "ConditionExpression": MINE,
        "ExpressionAttributeValues": to_item({**place, **agents, ":state": run.state}),
    }
