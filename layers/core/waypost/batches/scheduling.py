"""Standing sets of questions: EventBridge Scheduler asks for a batch of them at its times."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waypost.batches.backend import BatchBackend, ObjectMissing
from waypost.batches.submission import (
    BatchOptions,
    as_lines,
    content_hash,
    new_batch,
    questions_key,
    start,
    uploaded,
)
from waypost.errors import Conflict, Invalid, NotFound
from waypost.events import now
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.records import Batch, BatchFile, Schedule
from waypost.store import schedules as store

IN_METADATA = "schedule"
"""What names a batch's schedule in its metadata."""
_MAX_SCHEDULES = 100
_ZONE = re.compile(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*")
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


@dataclass(frozen=True)
class Times:
    """When to ask: an expression of EventBridge Scheduler, and the zone that it is meant in."""

    expression: str
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        """Raises Invalid."""
        if not re.fullmatch(r"(cron|rate|at)\(.+\)", self.expression):
            raise Invalid(
                "An expression is such as cron(0 20 ? * MON-FRI *), rate(1 day) or "
                "at(2027-01-31T20:00:00).",
                code="invalid_expression",
            )
        if not _is_zone(self.timezone):
            raise Invalid("A time zone is a name such as Europe/Zurich.", code="invalid_timezone")


def _is_zone(name: str) -> bool:
    """By its form, where this machine has no list of them: then AWS decides."""
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return bool(_ZONE.fullmatch(name))
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


async def create(
    backend: BatchBackend,
    who: Identity,
    name: str,
    times: Times,
    questions: Sequence[Any] | str,
    options: BatchOptions,
    *,
    only_changed: bool = False,
) -> Schedule:
    """Keeps questions, and has them asked at the times.

    Args:
        questions: Or the id of a file of them that was uploaded.

    Raises:
        Invalid: There are none, or the times are none.
        Conflict: The tenant has too many schedules.
    """
    if len(await store.all_of(backend.table, who)) >= _MAX_SCHEDULES:
        text = f"There are {_MAX_SCHEDULES} schedules already."
        raise Conflict(text, code="too_many_schedules")
    schedule = Schedule(
        id=f"schedule_{ulid()}",
        user_id=who.user_id,
        name=name,
        expression=times.expression,
        timezone=times.timezone,
        only_changed=only_changed,
        created_at=now(),
        **options.__dict__,
    )
    key = _key(who, schedule.id)
    if isinstance(questions, str):
        upload, _ = await uploaded(backend, who, questions)
        await backend.copy_object(upload, key)
    else:
        await backend.put_object(key, as_lines(questions))
    await store.create(backend.table, who, schedule)
    message = {"schedule": schedule.id, "tenant": who.tenant_id, "at": _SCHEDULED_TIME}
    try:
        await backend.create_schedule(schedule.id, times.expression, times.timezone, message)
    except Invalid:
        await _forget(backend, who, schedule.id)
        raise
    return schedule


async def owned(backend: BatchBackend, who: Identity) -> list[Schedule]:
    """The caller's; an admin's are the tenant's."""
    found = await store.all_of(backend.table, who)
    return [one for one in found if _may_see(who, one)]


async def delete(backend: BatchBackend, who: Identity, schedule_id: str) -> None:
    """Raises NotFound."""
    found = await store.read(backend.table, who, schedule_id)
    if not _may_see(who, found):
        raise NotFound("Schedule not found.", code="schedule_not_found")
    await backend.delete_schedule(schedule_id)
    await _forget(backend, who, schedule_id)


async def _forget(backend: BatchBackend, who: Identity, schedule_id: str) -> None:
    await store.remove(backend.table, who, schedule_id)
    await backend.delete_object(_key(who, schedule_id))


async def run(backend: BatchBackend, tenant: str, schedule_id: str, at: str) -> Batch | None:
    """The batch of a schedule at a time; None where the schedule is gone. The same time is one."""
    time = hashlib.sha256(at.encode()).hexdigest()[:16]
    batch_id = f"{schedule_id}-{time}"
    anyone = Identity(tenant, "schedules")
    try:
        schedule = await store.read(backend.table, anyone, schedule_id)
        key = questions_key(anyone, batch_id)
        etag = await backend.copy_object(_key(anyone, schedule_id), key)
    except (NotFound, ObjectMissing):
        return None
    who = Identity(tenant, schedule.user_id)
    named = {**(schedule.metadata or {}), IN_METADATA: schedule_id}
    options = BatchOptions(schedule.agent, schedule.model, named, schedule.budget_usd)
    batch = new_batch(who, batch_id, "schedule", options, content_hash(etag.encode(), options))
    started = await start(backend, who, batch, BatchFile(key=key, etag=etag))
    await store.note(backend.table, who, schedule_id, last_batch=started.id)
    return started


async def has_news(backend: BatchBackend, who: Identity, batch: Batch, answers: str) -> bool:
    """Whether a batch's answers are to be told: not, where a schedule wants changes and has none.

    Args:
        answers: A hash of them.
    """
    schedule = await _watching(backend, who, batch)
    return schedule is None or schedule.answers != answers


async def remember(backend: BatchBackend, who: Identity, batch: Batch, answers: str) -> None:
    """Notes the answers that were told, or were not news."""
    if schedule := await _watching(backend, who, batch):
        await store.note(backend.table, who, schedule.id, answers=answers)


async def _watching(backend: BatchBackend, who: Identity, batch: Batch) -> Schedule | None:
    """The schedule of a batch that wants to be told only of changes."""
    schedule_id = (batch.metadata or {}).get(IN_METADATA)
    if schedule_id is None or batch.source != "schedule":
        return None
    try:
        schedule = await store.read(backend.table, who, schedule_id)
    except NotFound:
        return None
    return schedule if schedule.only_changed else None


def _may_see(who: Identity, schedule: Schedule) -> bool:
    return schedule.user_id == who.user_id or "admin" in who.roles


def _key(who: Identity, schedule_id: str) -> str:
    return f"schedules/{who.tenant_id}/{schedule_id}.jsonl"
