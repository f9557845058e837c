"""Stores a run that begins: in one transaction, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from waypost.errors import Conflict, Invalid, RunLive
from waypost.identity import Identity
from waypost.records import Message, PriorTurn, Run, Thread
from waypost.store import journals
from waypost.store.idempotency import AlreadyClaimed, Claim
from waypost.store.items import ItemRefused, to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, Values, dumped, put_new
from waypost.store.threads import OWNED_BY_USER, in_list, list_values, message_items
from waypost.store.threads import thread as find_thread


@dataclass(frozen=True)
class NewThread:
    """A thread that is stored with its first run, once that is over."""

    thread: Thread
    message: Message
    prior_turns: Sequence[PriorTurn] = ()

    def writes(self, keys: TenantKeys, run: Run) -> list[Values]:
        """The thread as it is after the run, which comes last, and what was said before it."""
        thread, agents = self.thread, {*self.thread.agents}
        if run.route:
            agents.add(run.route.agent)
        stored = {
            **keys.thread(thread.id),
            "id": thread.id,
            "title": thread.title,
            "created_at": thread.created_at,
            "told": thread.has_prior_turns,
            "version": 2,
            "last_state": run.state,
            **({"agents": agents} if agents else {}),
            **in_list(keys, thread.user_id, thread.id, run.finished_at or run.created_at),
        }
        return [
            *map(put_new, message_items(keys, self.message)),
            *_told(keys, thread.id, self.prior_turns),
            put_new(stored),
        ]


_FREE = "attribute_not_exists(live_run) OR live_run = :run"


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
    prior_turns: Sequence[PriorTurn] = (),
) -> None:
    """One transaction: the thread (made if it is new), the run, its head, the user's message.

    Args:
        message: None where the run goes on with a question that is in the thread already.
        claim: The caller's idempotency key for this run.
        unchanged: Only where the thread is still as `thread` says.
        prior_turns: Turns taken before a new thread, where `thread.has_prior_turns`.

    Raises:
        Conflict: The thread is not as `thread` says.
        NotFound: The thread belongs to somebody else, or was deleted.
        RunLive: Another run is live on this thread.
        Invalid: What the question holds cannot be stored.
        AlreadyClaimed: The caller has begun a run under that key before.
    """
    keys = TenantKeys(who.tenant_id, who.user_id)
    head = journals.new_head(run.thread_id, who.user_id, lease_until)
    writes = [
        {"Update": _open_thread(keys, thread, run.id, unchanged=unchanged)},
        put_new({**keys.run(run.thread_id, run.id), **dumped(run)}),
        put_new({**keys.head(run.id), **head}),
    ]
    if claim:
        writes.append({"Put": claim.put(keys, who, run.id)})
    if message:
        writes += [put_new(item) for item in message_items(keys, message)]
    writes += _told(keys, thread.id, prior_turns)
    try:
        await table.transact(writes)
    except ItemRefused:
        raise Invalid("The question cannot be stored.", code="not_storable") from None
    except ConditionFailed as failure:
        if claim and 3 in failure.failed:
            raise AlreadyClaimed from None
        # The run's own id is new: it can be there only from a try whose answer was lost.
        if 0 in failure.failed:
            found = await find_thread(table, who, thread.id)
            if found.live_run:
                raise RunLive(found.live_run) from None
            raise Conflict from None


def _told(keys: TenantKeys, thread_id: str, prior_turns: Sequence[PriorTurn]) -> list[Values]:
    if not prior_turns:
        return []
    turns = [turn.model_dump() for turn in prior_turns]
    return [{"Put": {"Item": to_item({**keys.prior_turns(thread_id), "said": turns})}}]


def _open_thread(keys: TenantKeys, thread: Thread, run_id: str, *, unchanged: bool) -> Values:
    """The thread's next version, at the top of its user's list, with a run live on it."""
    same: Values = {":version": thread.version} if unchanged else {}
    mine = f"{OWNED_BY_USER} AND version = :version" if unchanged else OWNED_BY_USER
    agents = ", agents :agents" if thread.agents else ""
    if thread.agents:
        same[":agents"] = set(thread.agents)
    return {
        "Key": to_item(keys.thread(thread.id)),
        "UpdateExpression": "SET id = :id, user_id = :user, title = if_not_exists(title, :title), "
        "created_at = if_not_exists(created_at, :created), updated_at = :updated, "
        "recent_pk = :recent_pk, recent_sk = :recent_sk, live_run = :run, "
        f"told = if_not_exists(told, :told) ADD version :one{agents}",
        "ConditionExpression": f"attribute_not_exists(pk) OR ({mine} AND ({_FREE}))",
        "ExpressionAttributeValues": to_item(
            {
                ":id": thread.id,
                ":title": thread.title,
                ":created": thread.created_at,
                ":run": run_id,
                ":told": thread.has_prior_turns,
                **same,
                **list_values(keys, thread.user_id, thread.id, thread.updated_at),
            }
        ),
    }
