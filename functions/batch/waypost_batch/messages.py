"""What the queue of batches brings: events of the bus, files in the bucket, our own notes."""

import hashlib
import json
import re
import time
from typing import Any

from waypost.batches import BatchBackend, finishing, inference, scheduling, splitting, submission
from waypost.batches.backend import ObjectMissing
from waypost.batches.inference import JobRules
from waypost.batches.lines import QuestionRules
from waypost.batches.submission import BatchOptions
from waypost.errors import CallerError, Invalid, NotFound
from waypost.identity import Identity
from waypost.records import Batch, BatchFile
from waypost.runs import Backend
from waypost.store import batches as store
from waypost.store import jobs
from waypost.store.table import ConditionFailed

_INCOMING = "in/"
_FILE_USER = "files"
"""The user of a file that lies in no user's folder."""
_SUBMITTED = "waypost.questions.submitted"


async def take(backend: Backend, batches: BatchBackend, body: str, late: float) -> None:
    """One message. What is wrong with it is told on the bus; it is not delivered again.

    Args:
        late: When to stop, in seconds since the epoch.
    """
    message = json.loads(body)
    match message:
        case {"split": batch_id, "tenant": tenant, "user": user}:
            await _split(backend, batches, Identity(tenant, user), batch_id, late)
        case {"finish": batch_id, "tenant": tenant, "user": user}:
            who = Identity(tenant, user)
            await finishing.finish(batches, who, await store.read(batches.table, who, batch_id))
        case {"schedule": schedule_id, "tenant": tenant, "at": str(at)}:
            await scheduling.run(batches, tenant, schedule_id, at)
        case {"infer": batch_id, "tenant": tenant, "user": user, "from": [int(at), int(line)]}:
            who = Identity(tenant, user)
            await _infer(backend, batches, who, batch_id, (at, line), late)
        case {"look_at_jobs": True}:
            await _look_at_jobs(backend, batches)
        case {"redrive": True}:
            while time.time() < late and await batches.redrive():
                pass
        case {"detail-type": "Object Created", "detail": {"object": {"key": str(key)}}}:
            await _file(batches, key)
        case {"detail-type": str(kind)} if kind == _SUBMITTED:
            await _event(backend, batches, message)
        case _:
            await _reject(batches, "", Invalid("The message is no batch.", code="unknown_message"))


async def _split(
    backend: Backend, batches: BatchBackend, who: Identity, batch_id: str, late: float
) -> None:
    try:
        batch = await store.read(batches.table, who, batch_id)
    except NotFound:
        return
    if batch.state != "splitting":
        await splitting.go_on(batches, who, batch)
        return
    if batches.settings.inference_from and batch.job_agents is None:
        known = inference.job_agents(backend, await backend.agents_of(who))
        try:
            batch = await store.update(
                batches.table, who, batch_id, ("splitting",), job_agents=known
            )
        except ConditionFailed:
            return
    rules = await _job_rules(backend, batches, who, batch)
    try:
        await splitting.split(
            batches, who, batch, rules.rules, lambda: time.time() > late, rules.is_held
        )
    except splitting.OutOfTime:
        await batches.send_to_splitter(
            {"split": batch_id, "tenant": who.tenant_id, "user": who.user_id}
        )


async def _job_rules(
    backend: Backend, batches: BatchBackend, who: Identity, batch: Batch
) -> JobRules:
    rules = QuestionRules(
        agents=await backend.agents_of(who),
        models=backend.settings.models,
        max_input=backend.settings.max_input,
        who=who,
        may_ask_for_others=batch.source != "http",
    )
    return JobRules(backend, batch, rules, batches.settings.inference_from)


async def _infer(
    backend: Backend,
    batches: BatchBackend,
    who: Identity,
    batch_id: str,
    place: tuple[int, int],
    late: float,
) -> None:
    batch = await store.read(batches.table, who, batch_id)
    rules = await _job_rules(backend, batches, who, batch)
    more = await inference.infer(batches, who, rules, *place, lambda: time.time() > late)
    if more:
        message = {"infer": batch_id, "tenant": who.tenant_id, "user": who.user_id}
        await batches.send_to_splitter({**message, "from": list(more)})
    await finishing.look_at_every_shard(batches, who, batch)


async def _look_at_jobs(backend: Backend, batches: BatchBackend) -> None:
    """Sends on what the jobs that are over have answered."""
    for job in await jobs.live(batches.table):
        who = Identity(job.tenant, job.user)
        batch = await store.read(batches.table, who, job.batch)
        if await inference.is_over(batches, job):
            rules = await _job_rules(backend, batches, who, batch)
            await inference.finish_job(batches, who, rules, job)
            await finishing.look_at_every_shard(batches, who, batch)
        elif batch.cancel_requested:
            await batches.stop_job(job.arn)


async def _event(backend: Backend, batches: BatchBackend, event: dict[str, Any]) -> None:
    """Questions in an event on the bus. The sender is whoever may put events there."""
    detail = event.get("detail")
    fields = detail if isinstance(detail, dict) else {}
    named = fields.get("batch_id")
    who = backend.settings.batches.event_identity
    try:
        if not isinstance(detail, dict):
            raise Invalid("The event's detail is no object.", code="invalid_detail")
        if not isinstance(fields.get("questions"), list):
            raise Invalid("The event's detail has no list of questions.", code="no_questions")
        if named is not None and not isinstance(named, str):
            raise Invalid("The batch_id is no text.", code="invalid_batch_id")
        await submission.submit(
            batches,
            who,
            fields["questions"],
            _options(fields),
            source="event",
            batch_id=named or _own_id(event),
        )
    except CallerError as error:
        await _reject(batches, str(named or _own_id(event)), error, who)


def _own_id(event: dict[str, Any]) -> str:
    """A batch id of what the bus, or a schedule, calls an event."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"event-{event.get('id')}")


async def _file(batches: BatchBackend, key: str) -> None:
    """A file of questions. Its tenant is the folder that it lies in, and so may be its user."""
    if not key.startswith(_INCOMING):
        return
    tenant, *folders = key.removeprefix(_INCOMING).split("/")
    try:
        if not folders:
            raise Invalid("The file lies in no tenant's folder.", code="no_tenant")
        who = Identity(tenant, folders[0] if len(folders) > 1 else _FILE_USER)
        etag, _ = await batches.head_object(key)
        # The same object is told twice by some, and its event's id is another each time.
        name = hashlib.sha256(f"{batches.bucket}/{key}/{etag}".encode()).hexdigest()[:24]
        batch = submission.new_batch(who, f"batch_{name}", "file", BatchOptions(), etag)
        await submission.start(batches, who, batch, BatchFile(key=key, etag=etag))
    except ObjectMissing:
        return
    except CallerError as error:
        await _reject(batches, key, error)


def _options(fields: dict[str, Any]) -> BatchOptions:
    """Raises Invalid."""
    agent, model, metadata = (fields.get(name) for name in ("agent", "model", "metadata"))
    budget = fields.get("budget_usd")
    if not isinstance(agent, str | None) or not isinstance(model, str | None):
        raise Invalid("agent and model are names.", code="invalid_detail")
    if metadata is not None and not (
        isinstance(metadata, dict) and all(isinstance(v, str) for v in metadata.values())
    ):
        raise Invalid("metadata is an object of texts.", code="invalid_detail")
    if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int | float)):
        raise Invalid("A budget is a number of US dollars.", code="invalid_budget")
    return BatchOptions(agent, model, metadata, budget)


async def _reject(
    batches: BatchBackend, batch_id: str, error: CallerError, who: Identity | None = None
) -> None:
    await batches.publish(
        "waypost.batch.rejected",
        {
            "batch_id": batch_id,
            "tenant_id": who.tenant_id if who else None,
            "code": error.code,
            "message": error.message,
        },
    )
