"""`/v1/batches`: many questions at once."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from waypost.batches import progress, submission
from waypost.batches.finishing import as_line
from waypost.batches.submission import BatchOptions
from waypost.records import Batch
from waypost.store import batches as store
from waypost_chat.bodies.batches import (
    BatchPage,
    BatchProgress,
    BatchSummary,
    NewBatch,
    NewUpload,
    ResultPage,
    either,
)
from waypost_chat.routes.dependencies import Admin, BatchesOf, Caller, Context

router = APIRouter(prefix="/v1/batches", tags=["batches"])
_JSON_LINES = "application/x-ndjson"
After = Annotated[int, Query(ge=0, description="A line: the results that come after it")]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post("", status_code=202)
async def send_batch(
    body: NewBatch, batches: BatchesOf, who: Caller, context: Context
) -> BatchSummary:
    """Takes questions in, and answers at once; they are answered behind it.

    With an `Idempotency-Key` the same request may be sent again: it is the same batch.
    """
    options = BatchOptions(body.agent, body.model, body.metadata, body.budget_usd)
    batch_id = None
    if key := context.idempotency_key:
        batch_id = f"batch_{hashlib.sha256(f'{who.user_id}#{key}'.encode()).hexdigest()[:32]}"
    questions = either(body.questions, body.upload_id)
    if isinstance(questions, str):
        sent = await submission.submit_upload(batches, who, questions, options, batch_id=batch_id)
    else:
        sent = await submission.submit(
            batches, who, questions, options, source="http", batch_id=batch_id
        )
    return _summary(sent)


@router.post("/uploads", status_code=201)
async def begin_upload(batches: BatchesOf, who: Caller) -> NewUpload:
    """An address for a file of questions, one JSON object a line: PUT it there, then name it."""
    upload_id, url = await submission.new_upload(batches, who)
    return NewUpload(upload_id=upload_id, url=url, expires_in=submission.UPLOAD_SECONDS)


@router.get("")
async def list_batches(batches: BatchesOf, who: Caller, limit: Limit = 50) -> BatchPage:
    """The user's batches, newest first."""
    found = await progress.newest(batches, who, limit)
    return BatchPage(batches=[_summary(batch) for batch in found])


@router.post("/redrive", status_code=202)
async def redrive(batches: BatchesOf, _: Admin) -> Response:
    """Gives the messages that no function could take back to their queues. For admins."""
    await batches.send_to_splitter({"redrive": True})
    return Response(status_code=202)


@router.get("/{batch_id}")
async def read_batch(batch_id: str, batches: BatchesOf, who: Caller) -> BatchProgress:
    """How far a batch is, what it has cost, when it will be over, and its first errors."""
    found = await progress.view(batches, who, batch_id)
    return BatchProgress.model_validate(found)


@router.get("/{batch_id}/results", response_model=ResultPage)
async def read_results(
    batch_id: str,
    request: Request,
    batches: BatchesOf,
    who: Caller,
    after: After = 0,
    limit: Limit = 1000,
) -> ResultPage | Response:
    """Results as they come, in the order of the lines.

    JSON, or with `Accept: application/x-ndjson` one result a line and `X-Next-After` for the next.
    """
    await progress.owned(batches, who, batch_id)
    found = await store.results(batches.table, who, batch_id, after, limit)
    following = found[-1].line if len(found) == limit else None
    if _JSON_LINES not in request.headers.get("accept", ""):
        return ResultPage(results=found, next_after=following)
    headers = {"X-Next-After": str(following)} if following else {}
    return Response(b"".join(map(as_line, found)), media_type=_JSON_LINES, headers=headers)


@router.post("/{batch_id}/cancel", status_code=202)
async def cancel_batch(batch_id: str, batches: BatchesOf, who: Caller) -> BatchSummary:
    """Asks no more questions; those that are being answered are answered."""
    return _summary(await progress.cancel(batches, who, batch_id))


@router.post("/{batch_id}/retry", status_code=202)
async def retry_batch(batch_id: str, batches: BatchesOf, who: Caller) -> BatchSummary:
    """Asks again what failed, was skipped or cancelled."""
    return _summary(await progress.retry(batches, who, batch_id))


def _summary(batch: Batch) -> BatchSummary:
    return BatchSummary.model_validate(batch.model_dump())
