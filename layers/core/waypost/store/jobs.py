"""Batch inference jobs of every tenant: one process looks at all that are not over."""

import contextlib
import time

from waypost.records import InferenceJob
from waypost.store.keys import ended_job, live_job
from waypost.store.table import ConditionFailed, Table, dumped

_NEW = "attribute_not_exists(pk)"
_KEPT_SECONDS = 90 * 86_400
"""A job that is over is remembered, so that it is not made again."""


async def keep(table: Table, job: InferenceJob) -> None:
    """Whether or not it is kept already: it is the same then."""
    with contextlib.suppress(ConditionFailed):
        await table.put({**live_job(job.name), **dumped(job)}, _NEW)


async def find(table: Table, name: str) -> InferenceJob | None:
    """A job, also one that is over."""
    found = await table.get(live_job(name)) or await table.get(ended_job(name))
    return InferenceJob.model_validate(found) if found else None


async def live(table: Table) -> list[InferenceJob]:
    found = await table.query(live_job("")["pk"], "JOB#")
    return [InferenceJob.model_validate(item) for item in found]


async def end(table: Table, job: InferenceJob) -> None:
    expires = int(time.time()) + _KEPT_SECONDS
    with contextlib.suppress(ConditionFailed):
        await table.put({**ended_job(job.name), **dumped(job), "expires_at": expires}, _NEW)
    await table.remove([live_job(job.name)])
