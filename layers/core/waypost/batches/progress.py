"""A batch as it is now, for whoever sent it."""

from datetime import datetime
from typing import Any

from waypost.batches.backend import BatchBackend
from waypost.errors import Conflict, NotFound
from waypost.events import now
from waypost.identity import Identity
from waypost.records import Batch, BatchResult, BatchState
from waypost.store import batches as store
from waypost.store.table import ConditionFailed

_URL_SECONDS = 3600
_FIRST_ERRORS = 10
_OVER: tuple[BatchState, ...] = ("completed", "cancelled", "failed")


async def owned(backend: BatchBackend, who: Identity, batch_id: str) -> Batch:
    """Raises NotFound, also where it is somebody else's and the caller is no admin."""
    batch = await store.read(backend.table, who, batch_id)
    if not _may_see(who, batch):
        raise NotFound("Batch not found.", code="batch_not_found")
    return batch


async def newest(backend: BatchBackend, who: Identity, limit: int) -> list[Batch]:
    """The caller's batches, newest first; an admin's are the tenant's."""
    found = await store.newest(backend.table, who, limit)
    return [batch for batch in found if _may_see(who, batch)]


async def view(backend: BatchBackend, who: Identity, batch_id: str) -> dict[str, Any]:
    """State, counts, cost, rate, what is left, the first errors. Raises NotFound."""
    batch = await owned(backend, who, batch_id)
    counts = await store.counts(backend.table, who, batch_id)
    end = batch.finished_at or now()
    seconds = max(0.001, _seconds(batch.created_at, end))
    rate = counts.done / seconds
    left = batch.total - counts.done if batch.total is not None else None
    estimate = None
    if left is not None and rate and batch.state not in _OVER:
        estimate = round(left / rate)
    return {
        **summary(batch),
        "counts": {"done": counts.done, **counts.model_dump(exclude={"cost_usd"})},
        "cost_usd": counts.cost_usd,
        "questions_per_second": round(rate, 3),
        "seconds_left": estimate,
        "errors": await _first_errors(backend, who, batch_id, counts.failed + counts.rejected),
        "results_url": await _results_url(backend, batch),
    }


def summary(batch: Batch) -> dict[str, Any]:
    return {"object": "batch", **batch.model_dump(exclude={"results_key"})}


async def cancel(backend: BatchBackend, who: Identity, batch_id: str) -> Batch:
    """Asks for no more questions to be asked; those that are being answered are answered.

    Raises:
        NotFound: There is no such batch.
        Conflict: It is over.
    """
    await owned(backend, who, batch_id)
    try:
        return await store.update(
            backend.table, who, batch_id, ("splitting", "running"), cancel_requested=True
        )
    except ConditionFailed:
        found = await store.read(backend.table, who, batch_id)
        if found.cancel_requested:
            return found
        raise Conflict("The batch is over.", code="batch_over") from None


async def retry(backend: BatchBackend, who: Identity, batch_id: str) -> Batch:
    """Asks again what has no answer: what failed, was skipped or cancelled. Not what was rejected.

    Raises:
        NotFound: There is no such batch.
        Conflict: It is not over, or every question has its answer.
    """
    batch = await owned(backend, who, batch_id)
    reopened = await _reopened(backend, who, batch)
    # Also where it was reopened before: the message may not have been sent.
    await backend.send_to_splitter(
        {"split": batch_id, "tenant": who.tenant_id, "user": batch.user_id}
    )
    return reopened


async def _reopened(backend: BatchBackend, who: Identity, batch: Batch) -> Batch:
    """The batch, to be split again; what it takes back, the splitter does."""
    if batch.state == "splitting" and batch.retries:
        return batch
    if batch.state not in _OVER:
        raise Conflict("The batch is not over.", code="batch_live")
    counts = await store.counts(backend.table, who, batch.id)
    if not counts.failed + counts.skipped + counts.cancelled:
        raise Conflict("No question of this batch failed.", code="nothing_to_retry")
    try:
        return await store.reopen(backend.table, who, batch.id, _OVER, now())
    except ConditionFailed:
        # Another request was faster.
        return await store.read(backend.table, who, batch.id)


def _may_see(who: Identity, batch: Batch) -> bool:
    return batch.user_id == who.user_id or "admin" in who.roles


async def _first_errors(
    backend: BatchBackend, who: Identity, batch_id: str, count: int
) -> list[dict[str, Any]]:
    if not count:
        return []
    page = await store.results(backend.table, who, batch_id, 0, 200)
    failed = [one for one in page if one.state in ("failed", "rejected")]
    return [_error(one) for one in failed[:_FIRST_ERRORS]]


def _error(result: BatchResult) -> dict[str, Any]:
    return result.model_dump(include={"line", "id", "state", "reason", "message"})


async def _results_url(backend: BatchBackend, batch: Batch) -> str | None:
    if batch.results_key is None:
        return None
    return await backend.signed_url(batch.results_key, _URL_SECONDS)


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
