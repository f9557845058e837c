"""Batches: a head, counters in shards, one attempt and one result for each line.

A result is written once, together with its count: a message that is delivered twice, a worker
that is slow, a split that is repeated change nothing. Counters are sharded by line, because many
transactions on one item get into each other's way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import time

from waypost.errors import Conflict, NotFound
from waypost.identity import Identity
from waypost.records import RESULT_STATES, Batch, BatchCounts, BatchResult, BatchState
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost.store.table import ConditionFailed, Table, Values, dumped

SHARDS = 16
_COST, _BILLION = "cost_nano_usd", 10**9
MAX_LINES = 99_999_999
"""Line numbers in keys have eight digits."""


def shard_total(total: int, shard: int) -> int:
    """How many of the lines 1 … `total` count in a shard."""
    return total // SHARDS + (1 <= shard <= total % SHARDS)


async def create(table: Table, who: Identity, batch: Batch) -> Batch:
    """A new batch, or the one that is there under this id with the same questions.

    Raises:
        Conflict: There is one under this id with other questions.
    """
    keys = TenantKeys(who.tenant_id, who.user_id)
    stored = {
        **keys.batch_head(batch.id),
        **batch.model_dump(exclude_none=True, exclude={"shards_done"}),
        "questions": batch.questions.model_dump() if batch.questions else None,
        "content": batch.content,
        "offset": batch.offset,
        "line": batch.line,
        "recent_pk": keys.batches(),
        "recent_sk": f"{batch.created_at}#{batch.id}",
    }
    try:
        await table.put(stored, "attribute_not_exists(pk)")
    except ConditionFailed:
        found = await read(table, who, batch.id)
        if found.content != batch.content:
            raise Conflict(
                "There is a batch with this id and other questions.", code="batch_exists"
            ) from None
        return found
    return batch


async def read(table: Table, who: Identity, batch_id: str) -> Batch:
    """Raises NotFound."""
    found = await table.get(TenantKeys(who.tenant_id, who.user_id).batch_head(batch_id))
    if found is None:
        raise NotFound("Batch not found.", code="batch_not_found")
    return Batch.model_validate(found)


async def newest(table: Table, who: Identity, limit: int) -> list[Batch]:
    """The tenant's batches, newest first."""
    found, _ = await table.recent(TenantKeys(who.tenant_id, who.user_id).batches(), limit, None)
    return [Batch.model_validate(item) for item in found]


async def counts(table: Table, who: Identity, batch_id: str) -> BatchCounts:
    items = await table.query(
        TenantKeys(who.tenant_id, who.user_id).batch_partition(batch_id), "C#"
    )
    names = [name for name in BatchCounts.model_fields if name != "cost_usd"]
    totals = {name: sum(int(item.get(name, 0)) for item in items) for name in names}
    cost = sum(int(item.get(_COST, 0)) for item in items) / _BILLION
    return BatchCounts(**totals, cost_usd=cost)


async def update(
    table: Table, who: Identity, batch_id: str, when: Sequence[BatchState], **values: object
) -> Batch:
    """Sets values of a batch's head, where its state is one of `when`. Raises ConditionFailed."""
    names = {f"#{name}": name for name in values} | {"#state": "state"}
    given = {f":{name}": value for name, value in values.items()}
    states = {f":s{number}": state for number, state in enumerate(when)}
    found = await table.update(
        {
            "Key": to_item(TenantKeys(who.tenant_id, who.user_id).batch_head(batch_id)),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ConditionExpression": f"#state IN ({', '.join(states)})",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item({**given, **states}),
        }
    )
    return Batch.model_validate(found)


@dataclass(frozen=True)
class LineAttempt:
    """`number` counts the attempts that began at a line."""

    number: int
    before: str | None = None
    """The run of the attempt before, which was to be stored at its end."""


class AttemptRunning(Exception):
    """Another worker has the line, and its lease is not over."""


async def claim(
    table: Table,
    who: Identity,
    batch_id: str,
    line: int,
    lease_seconds: float,
    run_id: str | None = None,
) -> LineAttempt:
    """Begins an attempt at a line, as a run. Raises AttemptRunning."""
    try:
        found = await table.update(
            {
                "Key": to_item(
                    TenantKeys(who.tenant_id, who.user_id).batch_attempt(batch_id, line)
                ),
                "UpdateExpression": "SET lease_until = :until, run_before = "
                "if_not_exists(run_id, :none), run_id = :run ADD attempts :one",
                "ConditionExpression": "attribute_not_exists(pk) OR lease_until < :now",
                "ExpressionAttributeValues": to_item(
                    {
                        ":until": time() + lease_seconds,
                        ":now": time(),
                        ":one": 1,
                        ":run": run_id or "",
                        ":none": "",
                    }
                ),
            }
        )
    except ConditionFailed:
        raise AttemptRunning from None
    return LineAttempt(int(found["attempts"]), found["run_before"] or None)


async def release(
    table: Table, who: Identity, batch_id: str, line: int, attempt: LineAttempt
) -> None:
    """Gives an attempt back that was not made: throttled, or its thread was busy."""
    try:
        await table.update(
            {
                "Key": to_item(
                    TenantKeys(who.tenant_id, who.user_id).batch_attempt(batch_id, line)
                ),
                "UpdateExpression": "SET lease_until = :zero REMOVE run_id ADD attempts :minus",
                "ConditionExpression": "attempts = :number",
                "ExpressionAttributeValues": to_item(
                    {":zero": 0, ":minus": -1, ":number": attempt.number}
                ),
            }
        )
    except ConditionFailed:
        return


def result_writes(who: Identity, batch_id: str, result: BatchResult) -> list[Values]:
    """The writes of a result: the item first, which holds only where there is none, its count."""
    keys = TenantKeys(who.tenant_id, who.user_id)
    added = {
        result.state: 1,
        "input_tokens": result.usage.input_tokens,
        "output_tokens": result.usage.output_tokens,
        # In whole numbers: sums of decimals get ever longer.
        _COST: round((result.cost_usd or 0) * _BILLION),
    }
    names = {f"#{name}": name for name in added}
    return [
        {
            "Put": {
                "Item": to_item({**keys.batch_result(batch_id, result.line), **dumped(result)}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
        {
            "Update": {
                "Key": to_item(keys.batch_counter(batch_id, result.line % SHARDS)),
                "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in added),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": to_item({f":{n}": v for n, v in added.items()}),
            }
        },
    ]


async def write_result(table: Table, who: Identity, batch_id: str, result: BatchResult) -> bool:
    """Whether this was the line's first result."""
    try:
        await table.transact(result_writes(who, batch_id, result))
    except ConditionFailed:
        return False
    return True


async def result(table: Table, who: Identity, batch_id: str, line: int) -> BatchResult | None:
    found = await table.get(TenantKeys(who.tenant_id, who.user_id).batch_result(batch_id, line))
    return BatchResult.model_validate(found) if found else None


async def results(
    table: Table, who: Identity, batch_id: str, after_line: int, limit: int
) -> list[BatchResult]:
    """Results in the order of the lines, those that come after a line."""
    keys = TenantKeys(who.tenant_id, who.user_id)
    first = keys.batch_result(batch_id, after_line + 1)["sk"]
    last = keys.batch_result(batch_id, MAX_LINES)["sk"]
    found = await table.query(keys.batch_partition(batch_id), first, before=last, limit=limit)
    return [BatchResult.model_validate(item) for item in found]


async def shard_done(table: Table, who: Identity, batch_id: str, shard: int) -> int:
    """How many results a shard has."""
    item = (
        await table.get(TenantKeys(who.tenant_id, who.user_id).batch_counter(batch_id, shard)) or {}
    )
    return sum(int(item.get(state, 0)) for state in RESULT_STATES)


async def mark_shard(table: Table, who: Identity, batch_id: str, shard: int) -> Batch:
    """Notes that a shard has all its results."""
    found = await table.update(
        {
            "Key": to_item(TenantKeys(who.tenant_id, who.user_id).batch_head(batch_id)),
            "UpdateExpression": "ADD shards_done :shard",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":shard": {"NS": [str(shard)]}},
        }
    )
    return Batch.model_validate(found)


async def remove_result(table: Table, who: Identity, batch_id: str, result: BatchResult) -> None:
    """Takes a line's result back, with its count and its attempts, so that it is asked again."""
    keys = TenantKeys(who.tenant_id, who.user_id)
    state = {"#state": "state"}
    writes: list[Values] = [
        {
            "Delete": {
                "Key": to_item(keys.batch_result(batch_id, result.line)),
                "ConditionExpression": "#state = :state",
                "ExpressionAttributeNames": state,
                "ExpressionAttributeValues": to_item({":state": result.state}),
            }
        },
        {
            "Update": {
                "Key": to_item(keys.batch_counter(batch_id, result.line % SHARDS)),
                "UpdateExpression": "ADD #counted :minus",
                "ExpressionAttributeNames": {"#counted": result.state},
                "ExpressionAttributeValues": to_item({":minus": -1}),
            }
        },
        {"Delete": {"Key": to_item(keys.batch_attempt(batch_id, result.line))}},
    ]
    try:
        await table.transact(writes)
    except ConditionFailed:
        # Another request has taken it back.
        return


async def reopen(
    table: Table, who: Identity, batch_id: str, when: Sequence[BatchState], at: str
) -> Batch:
    """Lets a batch that is over be split again. Raises ConditionFailed."""
    states = {f":s{number}": state for number, state in enumerate(when)}
    found = await table.update(
        {
            "Key": to_item(TenantKeys(who.tenant_id, who.user_id).batch_head(batch_id)),
            "UpdateExpression": "SET #state = :splitting, #offset = :zero, #line = :zero, "
            "held = :zero, cancel_requested = :no, reopened_at = :at "
            "REMOVE #total, shards_done, finished_at, results_key ADD retries :one",
            "ConditionExpression": f"#state IN ({', '.join(states)})",
            "ExpressionAttributeNames": {
                "#state": "state",
                "#offset": "offset",
                "#line": "line",
                "#total": "total",
            },
            "ExpressionAttributeValues": to_item(
                {
                    ":splitting": "splitting",
                    ":zero": 0,
                    ":no": False,
                    ":one": 1,
                    ":at": at,
                    **states,
                }
            ),
        }
    )
    return Batch.model_validate(found)
