"""Standing sets of questions: EventBridge Scheduler asks for a batch of them at its times."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from waypost.batches.backend import BatchBackend, ObjectMissing
from waypost.batches.submission import MAX_INLINE, BatchOptions, submit_lines
from waypost.errors import Conflict, Invalid, NotFound
from waypost.events import now
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.json_values import plain
from waypost.records import Batch, Schedule
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
    questions: Sequence[Any],
    options: BatchOptions,
    *,
    only_changed: bool = False,
) -> Schedule:
    """Raises Invalid, and Conflict where there are too many."""
    if not 0 < len(questions) <= MAX_INLINE:
        raise Invalid(f"A schedule has 1 to {MAX_INLINE} questions.", code="no_questions")
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
    lines = b"".join(json.dumps(plain(question)).encode() + b"\n" for question in questions)
    await backend.put_object(_key(who, schedule.id), lines)
    await store.create(backend.table, who, schedule)
    message = {"schedule": schedule.id, "tenant": who.tenant_id, "at": _SCHEDULED_TIME}
    try:
        await backend.create_schedule(schedule.id, times.expression, times.timezone, message)
    except Invalid:
        await store.remove(backend.table, who, schedule.id)
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
    await store.remove(backend.table, who, schedule_id)


async def run(backend: BatchBackend, tenant: str, schedule_id: str, at: str) -> Batch | None:
    """The batch of a schedule at a time; None where the schedule is gone. The same time is one."""
    anyone = Identity(tenant, "schedules")
    try:
        schedule = await store.read(backend.table, anyone, schedule_id)
        lines = await backend.read_object(_key(anyone, schedule_id))
    except (NotFound, ObjectMissing):
        return None
    who = Identity(tenant, schedule.user_id)
    named = {**(schedule.metadata or {}), IN_METADATA: schedule_id}
    options = BatchOptions(schedule.agent, schedule.model, named, schedule.budget_usd)
    time = hashlib.sha256(at.encode()).hexdigest()[:16]
    batch_id = f"{schedule_id}-{time}"
    batch = await submit_lines(backend, who, lines, options, source="schedule", batch_id=batch_id)
    await store.note(backend.table, who, schedule_id, last_batch=batch.id)
    return batch


async def has_news(backend: BatchBackend, who: Identity, batch: Batch, answers: str) -> bool:
    """Whether a batch's answers are to be told: not, where a schedule wants changes and has none.

    Args:
        answers: A hash of them.
    """
    schedule_id = (batch.metadata or {}).get(IN_METADATA)
    if schedule_id is None:
        return True
    try:
        schedule = await store.read(backend.table, who, schedule_id)
    except NotFound:
        return True
    if not schedule.only_changed:
        return True
    await store.note(backend.table, who, schedule_id, answers=answers)
    return schedule.answers != answers


def _may_see(who: Identity, schedule: Schedule) -> bool:
    return schedule.user_id == who.user_id or "admin" in who.roles


def _key(who: Identity, schedule_id: str) -> str:
    return f"schedules/{who.tenant_id}/{schedule_id}.jsonl"
