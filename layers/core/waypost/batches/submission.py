"""A batch that somebody sends, and where its questions are kept: one object in the bucket."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from waypost.batches.backend import BatchBackend, ObjectMissing
from waypost.errors import Conflict, Invalid, NotFound
from waypost.events import now
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.json_values import plain
from waypost.records import Batch, BatchFile
from waypost.store import batches as store

MAX_INLINE = 10_000
"""Questions of one request or event; a file may have any number."""
UPLOAD_SECONDS = 3600
_BATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class BatchOptions:
    """What holds for all questions of a batch that do not say otherwise."""

    agent: str | None = None
    model: str | None = None
    metadata: dict[str, str] | None = None
    budget_usd: float | None = None

    def __post_init__(self) -> None:
        if self.budget_usd is not None and not 0 < self.budget_usd < 1e9:
            raise Invalid("A budget must be more than nothing.", code="invalid_budget")


Source = Literal["http", "event", "file", "schedule"]


async def submit(
    backend: BatchBackend,
    who: Identity,
    questions: Sequence[Any],
    options: BatchOptions,
    *,
    source: Source,
    batch_id: str | None = None,
) -> Batch:
    """Keeps questions and has them split; nothing of them is checked but that there are some.

    Raises:
        Invalid: There are none, too many, or the id is not valid.
        Conflict: There is a batch with this id and other questions.
    """
    lines = as_lines(questions)
    return await submit_lines(backend, who, lines, options, source=source, batch_id=batch_id)


def as_lines(questions: Sequence[Any]) -> bytes:
    """Questions of one request as JSON lines. Raises Invalid where there are none or too many."""
    if not questions:
        raise Invalid("A batch needs at least one question.", code="no_questions")
    if len(questions) > MAX_INLINE:
        raise Invalid(
            f"A request may have {MAX_INLINE} questions; send more of them as a file.",
            code="too_many_questions",
        )
    return b"".join(json.dumps(plain(question)).encode() + b"\n" for question in questions)


async def submit_lines(
    backend: BatchBackend,
    who: Identity,
    lines: bytes,
    options: BatchOptions,
    *,
    source: Source,
    batch_id: str | None = None,
) -> Batch:
    """Keeps questions, one JSON object a line, and has them split. Raises as `submit`."""
    batch_id = checked_id(batch_id or f"batch_{ulid()}")
    batch = new_batch(who, batch_id, source, options, content_hash(lines, options))
    if existing := await _existing(backend, who, batch):
        return existing
    key = questions_key(who, batch_id)
    etag = await backend.put_object(key, lines)
    return await start(backend, who, batch, BatchFile(key=key, etag=etag))


async def start(backend: BatchBackend, who: Identity, batch: Batch, questions: BatchFile) -> Batch:
    """Stores a batch whose questions are in the bucket, and has it split. Raises Conflict."""
    batch = batch.model_copy(update={"questions": questions})
    created = await store.create(backend.table, who, batch)
    if created.state == "splitting":
        # Also where it is there already: the message may not have been sent.
        await backend.send_to_splitter(
            {"split": created.id, "tenant": who.tenant_id, "user": created.user_id}
        )
    return created


def new_batch(
    who: Identity, batch_id: str, source: Source, options: BatchOptions, content: str
) -> Batch:
    return Batch(
        id=batch_id,
        user_id=who.user_id,
        source=source,
        state="splitting",
        created_at=now(),
        agent=options.agent,
        model=options.model,
        metadata=options.metadata,
        budget_usd=options.budget_usd,
        content=content,
    )


def checked_id(batch_id: str) -> str:
    """Raises Invalid."""
    if not _BATCH_ID.fullmatch(batch_id):
        raise Invalid(
            "A batch id must be 1 to 100 letters, digits, '_', '.' or '-'.",
            code="invalid_batch_id",
        )
    return batch_id


def questions_key(who: Identity, batch_id: str) -> str:
    """Where a batch's own copy of its questions lies."""
    return f"batches/{who.tenant_id}/{batch_id}/questions.jsonl"


def content_hash(body: bytes, options: BatchOptions) -> str:
    fields = json.dumps(options.__dict__, sort_keys=True)
    return hashlib.sha256(body + fields.encode()).hexdigest()


async def _existing(backend: BatchBackend, who: Identity, batch: Batch) -> Batch | None:
    """The batch as it was sent before. Raises Conflict where that had other questions."""
    try:
        found = await store.read(backend.table, who, batch.id)
    except NotFound:
        return None
    if found.content != batch.content:
        raise Conflict("There is a batch with this id and other questions.", code="batch_exists")
    if found.state == "splitting" and found.questions:
        return await start(backend, who, batch, found.questions)
    return found


async def new_upload(backend: BatchBackend, who: Identity) -> tuple[str, str]:
    """An id, and the address that a file of questions is put to under it."""
    upload_id = f"upload_{ulid()}"
    key = upload_key(who, upload_id)
    return upload_id, await backend.signed_url(key, UPLOAD_SECONDS, "put_object")


async def submit_upload(
    backend: BatchBackend,
    who: Identity,
    upload_id: str,
    options: BatchOptions,
    *,
    batch_id: str | None = None,
) -> Batch:
    """A batch of a file that was uploaded. Raises Invalid where there is none, and Conflict."""
    key, etag = await uploaded(backend, who, upload_id)
    batch_id = checked_id(batch_id or f"batch_{ulid()}")
    content = content_hash(etag.encode(), options)
    batch = new_batch(who, batch_id, "http", options, content)
    return await start(backend, who, batch, BatchFile(key=key, etag=etag))


async def uploaded(backend: BatchBackend, who: Identity, upload_id: str) -> tuple[str, str]:
    """Key and ETag of a file that was uploaded. Raises Invalid where there is none, or nothing."""
    key = upload_key(who, upload_id)
    try:
        etag, size = await backend.head_object(key)
    except ObjectMissing:
        raise Invalid("No file was uploaded under this id.", code="upload_not_found") from None
    if not size:
        raise Invalid("A batch needs at least one question.", code="no_questions")
    return key, etag


def upload_key(who: Identity, upload_id: str) -> str:
    """Where the file of an upload lies. Raises Invalid."""
    return f"uploads/{who.tenant_id}/{who.user_id}/{checked_id(upload_id)}.jsonl"
