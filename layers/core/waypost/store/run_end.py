"""Stores a run's end: its last events, its steps and its answer, once."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from waypost.errors import NotSaved
from waypost.events import Event, RunFailed
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.json_values import encodable
from waypost.records import Message, Run, RunFailure, Step
from waypost.store import journals
from waypost.store.items import ItemRefused, split_text, to_item
from waypost.store.keys import TenantKeys
from waypost.store.run_start import NewThread
from waypost.store.steps import step_item, together
from waypost.store.table import ConditionFailed, Table, Values, dumped, put_new
from waypost.store.threads import OWNED_BY_USER, list_values, message_items

logger = logging.getLogger(__name__)
_STEPS, _STEP_CHARACTERS = 60, 600_000
"""In the closing transaction at most, beside the answer and the last events; more go before it."""
_IDENTIFYING = {
    "id",
    "thread_id",
    "user_id",
    "user_message_id",
    "message_id",
    "continues",
    "created_at",
}
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
    more: "MoreWrites | None" = None
    """What else the closing transaction writes, if its conditions hold."""
    thread: NewThread | None = None
    """Where the run is stored only now, with the thread that it began. Then no event is kept."""
    closer: str = field(default_factory=ulid)
    """Identifies this writer: a write whose response was lost is recognised by it."""

    def bare(self) -> "RunEnd":
        """That the run ended, as a failure, with as much of the answer as one item holds."""
        *_, last = self.events
        failure = RunFailure(code=NotSaved.code, message=NotSaved.message, retryable=False)
        end = RunFailed(**failure.model_dump(), partial=False)
        run = Run(
            **self.run.model_dump(include=_IDENTIFYING),
            state="failed",
            finished_at=last.at,
            failure=failure,
        )
        text = next(split_text(encodable(self.message.text)))
        answer = self.message.model_copy(update={"text": text, "partial": True, "sources": []})
        stamped = end.stamped(last.seq, run.id, last.at)
        return replace(self, run=run, message=answer, steps=(), events=(stamped,))


MoreWrites = Callable[[RunEnd], Sequence[Values] | None]
"""None where a run that is not stored yet should not be."""


async def finish(table: Table, who: Identity, end: RunEnd) -> Run:
    """One transaction: the run's end with its events, its steps, the answer, the thread.

    Where DynamoDB refuses what the run holds, less of it is stored: without what went through its
    steps, then as a failure with the answer's beginning, at last without any answer. The thread is
    free in any case.

    A run with a new thread is stored whole here, or was not to be.

    Returns:
        The run as it was stored.

    Raises:
        Superseded: The run was closed by somebody else before.
        ConditionFailed: The journal goes further than `end` holds.
    """
    if end.thread and end.more and end.more(end) is None:
        return end.run
    bare = end.bare()
    for less, content in ((end, True), (end, False), (bare, False)):
        attribute = together(less.steps, content=content)
        steps = [] if attribute else _step_items(who, less, content=content)
        try:
            await _close(table, who, less, steps, attribute or {})
        except ItemRefused as error:
            _log_refused(end, error)
        else:
            return less.run
    nothing = replace(bare, message=bare.message.model_copy(update={"text": ""}))
    await _close(table, who, nothing, [], {})
    return nothing.run


def _step_items(who: Identity, end: RunEnd, *, content: bool = True) -> list[Values]:
    keys = TenantKeys(who.tenant_id, who.user_id)
    return [
        step_item(keys, end.run.thread_id, number, step, content=content)
        for number, step in enumerate(end.steps, 1)
    ]


async def _close(
    table: Table,
    who: Identity,
    end: RunEnd,
    steps: Sequence[Values],
    attribute: Values,
    *,
    has_thread: bool = True,
    **more: Any,
) -> None:
    keys, run = TenantKeys(who.tenant_id, who.user_id), end.run
    first, last = end.events[0].seq, end.events[-1].seq
    ended = {**keys.run(run.thread_id, run.id), **dumped(run), **attribute, **more}
    answer = [{**i, **more} for i in message_items(keys, end.message) if end.message.text]
    *before, last_steps = _chunks([{**step, **more} for step in steps])
    for chunk in before:
        await table.transact(chunk)
    more_writes = list((end.more and end.more(end)) or ())
    *opening, thread_write = _thread_writes(keys, end)
    writes = [
        _head_write(keys, end, last),
        {"Put": {"Item": to_item(ended)}},
        *_event_writes(keys, end, first),
        *map(put_new, answer),
        *opening,
        *last_steps,
        *more_writes,
        *([thread_write] if has_thread else []),
    ]
    try:
        await table.transact(writes)
    except ConditionFailed as failure:
        if 0 in failure.failed:
            if (await journals.head(table, who, run.id)).closed_by != end.closer:
                raise Superseded from None
            return
        thread = len(writes) - 1 if has_thread else -1
        first_of_more = len(writes) - has_thread - len(more_writes)
        if min(failure.failed) < first_of_more:
            raise
        if any(place != thread for place in failure.failed):
            # What comes with the end was written by somebody else; the run ends all the same.
            end = replace(end, more=None)
        if thread in failure.failed:
            # The thread was deleted meanwhile: what is written now goes as the thread does.
            more = {"expires_at": int(time.time()) + _RETENTION_SECONDS}
        await _close(
            table,
            who,
            end,
            steps,
            attribute,
            has_thread=thread not in failure.failed and has_thread,
            **more,
        )


def _head_write(keys: TenantKeys, end: RunEnd, last: int) -> Values:
    """Holds only where nobody has ended the run before."""
    run = end.run
    if end.thread is None:
        return {"Update": journals.close_head(keys, run.id, run.state, last, end.closer)}
    head = journals.ended_head(run.thread_id, run.user_id, run.state, last, end.closer)
    return put_new({**keys.head(run.id), **head})


def _event_writes(keys: TenantKeys, end: RunEnd, first: int) -> list[Values]:
    if end.thread:
        return []
    events = list(map(journals.encode, end.events))
    items = journals.batch_items(keys, end.run.id, first, events, end.expires_at)
    return list(map(put_new, items))


def _thread_writes(keys: TenantKeys, end: RunEnd) -> list[Values]:
    """The thread comes last."""
    if end.thread:
        return end.thread.writes(keys, end.run)
    return [{"Update": _close_thread(keys, end.run)}]


def _chunks(steps: Sequence[Values]) -> list[list[Values]]:
    """Writes of steps for one transaction each, which takes a hundred items and 4 MB in all."""
    chunks: list[list[Values]] = [[]]
    size = 0
    for item in steps:
        own = sum(len(v) for v in item.values() if isinstance(v, str))
        if len(chunks[-1]) == _STEPS or size + own > _STEP_CHARACTERS:
            chunks.append([])
            size = 0
        chunks[-1].append({"Put": {"Item": to_item(item)}})
        size += own
    return chunks


def _log_refused(end: RunEnd, error: ItemRefused) -> None:
    logger.error(
        "run not stored as it is",
        extra={"run_id": end.run.id, "error": type(error.__cause__).__name__},
    )


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
