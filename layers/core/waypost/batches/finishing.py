"""The end of a batch: one file with all results, an event, and the batch's last state.

Whoever writes the last result of a shard notes it; whoever notes the last shard asks for the end.
That may be asked more than once and at any time: it is done once, and harmless when repeated.
"""

import hashlib
from collections.abc import AsyncIterator

from waypost.batches.backend import BatchBackend
from waypost.batches.scheduling import has_news, remember
from waypost.events import now
from waypost.identity import Identity
from waypost.records import Batch, BatchResult
from waypost.store import batches as store
from waypost.store.table import ConditionFailed

_PAGE = 500
_PART_BYTES = 6 << 20
"""S3 takes parts from 5 MiB on."""


async def look_whether_done(backend: BatchBackend, who: Identity, batch: Batch, shard: int) -> None:
    """After a result of a shard: whether it was the shard's last, and the batch's.

    Args:
        batch: As it was read at any time; nothing is known before all its lines are.
    """
    if batch.total is None or batch.state not in ("running", "finishing"):
        return
    if await store.shard_done(backend.table, who, batch.id, shard) < store.shard_total(
        batch.total, shard
    ):
        return
    marked = await store.mark_shard(backend.table, who, batch.id, shard)
    if len(marked.shards_done) < store.SHARDS:
        return
    try:
        await store.update(backend.table, who, batch.id, ("running",), state="finishing")
    except ConditionFailed:
        if (await store.read(backend.table, who, batch.id)).state != "finishing":
            return
    # Also where it is asked for already: that message may not have been sent.
    await backend.send_to_splitter(
        {"finish": batch.id, "tenant": who.tenant_id, "user": batch.user_id}
    )


async def look_at_every_shard(backend: BatchBackend, who: Identity, batch: Batch) -> None:
    """Once all lines are known: the workers may have been faster."""
    for shard in range(store.SHARDS):
        await look_whether_done(backend, who, batch, shard)


async def finish(backend: BatchBackend, who: Identity, batch: Batch) -> None:
    """Writes the file of results, tells the bus, and ends the batch."""
    if batch.state != "finishing":
        return
    key = f"out/{who.tenant_id}/{batch.id}.jsonl"
    answers = hashlib.sha256()
    await backend.upload(key, _parts(backend, who, batch, answers))
    ended = "cancelled" if batch.cancel_requested else "completed"
    if await has_news(backend, who, batch, answers.hexdigest()):
        await _tell(backend, who, batch, ended, key)
    await remember(backend, who, batch, answers.hexdigest())
    try:
        await store.update(
            backend.table,
            who,
            batch.id,
            ("finishing",),
            state=ended,
            results_key=key,
            finished_at=now(),
        )
    except ConditionFailed:
        # Another delivery of the same message was faster.
        return


async def _tell(backend: BatchBackend, who: Identity, batch: Batch, ended: str, key: str) -> None:
    counts = await store.counts(backend.table, who, batch.id)
    await backend.publish(
        "waypost.batch.completed",
        {
            "batch_id": batch.id,
            "tenant_id": who.tenant_id,
            "state": ended,
            "total": batch.total,
            **counts.model_dump(),
            "results": {"bucket": backend.bucket, "key": key},
            "metadata": batch.metadata,
        },
    )


def as_line(result: BatchResult) -> bytes:
    """A result as the file of results has it."""
    return result.model_dump_json(exclude_none=True, exclude_defaults=True).encode() + b"\n"


async def _parts(
    backend: BatchBackend, who: Identity, batch: Batch, answers: "hashlib._Hash"
) -> AsyncIterator[bytes]:
    """Args: answers: Takes in every answer."""
    part = bytearray()
    after = 0
    while page := await store.results(backend.table, who, batch.id, after, _PAGE):
        after = page[-1].line
        for result in page:
            answers.update(repr((result.line, result.state, result.answer)).encode())
            part += as_line(result)
            if len(part) >= _PART_BYTES:
                yield bytes(part)
                part.clear()
    if part:
        yield bytes(part)
