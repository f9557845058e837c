"""Runs and their steps: how one begins, how it ends, how it is read."""

from waypost.errors import NotFound
from waypost.identity import Identity
from waypost.records import Message, Run, Step, Thread
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, Values
from waypost.store.threads import message_items
from waypost.store.threads import thread as find_thread


async def begin(table: Table, who: Identity, thread: Thread, run: Run, message: Message) -> None:
    """One transaction: the thread (made if it is new), the run, the user's message.

    Raises:
        NotFound: The thread belongs to somebody else, or was deleted. Nothing is written.
    """
    keys = TenantKeys(who.tenant_id)
    pointer = {"thread_id": run.thread_id, "user_id": who.user_id}
    try:
        await table.transact(
            [
                {"Update": _touch(keys, thread, create=True)},
                _put({**keys.run(run.thread_id, run.id), **run.model_dump(exclude_none=True)}),
                _put({**keys.run_pointer(run.id), **pointer}),
                *(_put(item) for item in message_items(keys, message)),
            ]
        )
    except ConditionFailed as failure:
        # The run's id is new: it can be there only from a try whose answer was lost.
        if 0 in failure.failed:
            raise NotFound("There is no such thread.", code="thread_not_found") from None


async def finish(
    table: Table, who: Identity, thread: Thread, run: Run, message: Message, steps: list[Step]
) -> None:
    """The steps, then one transaction: the run's end, the answer, the thread's new version."""
    keys = TenantKeys(who.tenant_id)
    await table.put_all(
        {**keys.step(run.thread_id, run.id, n), **step.model_dump(exclude_none=True)}
        for n, step in enumerate(steps, 1)
    )
    ended = {**keys.run(run.thread_id, run.id), **run.model_dump(exclude_none=True)}
    answer = message_items(keys, message) if message.text else []
    writes = [{"Put": {"Item": to_item(ended)}}, *(_put(item) for item in answer)]
    try:
        await table.transact([{"Update": _touch(keys, thread, create=False)}, *writes])
    except ConditionFailed as failure:
        # The thread was deleted meanwhile: what was paid for is kept all the same. Any other
        # condition fails only after a try whose answer was lost.
        if 0 in failure.failed:
            await table.transact(writes)


async def run(table: Table, who: Identity, run_id: str) -> tuple[Run, list[Step]]:
    """Raises NotFound, also where the run is somebody else's or its thread was deleted."""
    keys = TenantKeys(who.tenant_id)
    pointer = await table.get(keys.run_pointer(run_id))
    if pointer is None or pointer["user_id"] != who.user_id:
        raise NotFound("There is no such run.", code="run_not_found")
    await find_thread(table, who, pointer["thread_id"])
    items = await table.query(keys.partition(pointer["thread_id"]), f"R#{run_id}")
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


def _put(item: Values) -> Values:
    return {
        "Put": {"Item": to_item(item), "ConditionExpression": "attribute_not_exists(pk)"},
    }


def _touch(keys: TenantKeys, thread: Thread, *, create: bool) -> Values:
    """The thread's next version, at the top of its user's list."""
    mine = "user_id = :user AND attribute_not_exists(deleted_at)"
    return {
        "Key": to_item(keys.thread(thread.id)),
        "UpdateExpression": "SET id = :id, user_id = :user, title = if_not_exists(title, :title), "
        "created_at = if_not_exists(created_at, :created), updated_at = :updated, "
        "recent_pk = :recent_pk, recent_sk = :recent_sk ADD version :one",
        "ConditionExpression": f"attribute_not_exists(pk) OR ({mine})" if create else mine,
        "ExpressionAttributeValues": to_item(
            {
                ":id": thread.id,
                ":user": thread.user_id,
                ":title": thread.title,
                ":created": thread.created_at,
                ":updated": thread.updated_at,
                ":recent_pk": keys.recent(thread.user_id),
                ":recent_sk": f"{thread.updated_at}#{thread.id}",
                ":one": 1,
            }
        ),
    }
