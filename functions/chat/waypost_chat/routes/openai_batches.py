"""`/openai/v1/files` and `/openai/v1/batches`: batches as OpenAI's clients send them."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from waypost.batches import BatchBackend, progress, submission
from waypost.batches.backend import ObjectMissing
from waypost.batches.submission import BatchOptions
from waypost.errors import Invalid, NotFound
from waypost.identity import Identity
from waypost.ids import ulid
from waypost.records import Batch
from waypost.store import batches as store
from waypost_chat.bodies.openai_batches import (
    ENDPOINT,
    INPUT_FILE,
    FileView,
    NewOpenAIBatch,
    OpenAIBatchList,
    OpenAIBatchView,
    as_question,
    batch_view,
    form_fields,
    output_line,
)
from waypost_chat.openai_errors import ERRORS, OpenAIRoute
from waypost_chat.routes.dependencies import BatchesOf, Caller

router = APIRouter(prefix="/openai/v1", tags=["openai"], route_class=OpenAIRoute, responses=ERRORS)
_OUTPUT, _ERRORS = "file-output-", "file-errors-"
_PAGE = 500
_EXAMPLE = (
    '{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": '
    '"waypost", "messages": [{"role": "user", "content": "How many jobs are open?"}]}}'
)
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "examples": [_EXAMPLE]},
                        "purpose": {"type": "string", "const": "batch"},
                    },
                }
            }
        },
    }
}


@router.post("/files", openapi_extra=_FORM)
async def upload_file(request: Request, batches: BatchesOf, who: Caller) -> FileView:
    """Takes a file of requests, one JSON object a line."""
    fields = form_fields(request.headers.get("content-type", ""), await request.body())
    if "file" not in fields:
        raise Invalid("The form has no file.", code="no_file")
    purpose = fields.get("purpose", ("", b""))[1].decode(errors="replace")
    if purpose != "batch":
        raise Invalid("The purpose of a file must be batch.", code="invalid_purpose")
    name, content = fields["file"]
    file_id = f"file-{ulid()}"
    await batches.put_object(_file_key(who, file_id), content)
    return _file(file_id, len(content), name or "batch.jsonl")


@router.get("/files/{file_id}")
async def read_file(file_id: str, batches: BatchesOf, who: Caller) -> FileView:
    """A file of requests, or of a batch's output."""
    if batch_id := _batch_of(file_id):
        await progress.owned(batches, who, batch_id)
        return _file(file_id, 0, f"{file_id}.jsonl", "batch_output")
    try:
        _, size = await batches.head_object(_file_key(who, file_id))
    except (ObjectMissing, Invalid):
        raise _no_file() from None
    return _file(file_id, size, f"{file_id}.jsonl")


@router.get("/files/{file_id}/content", response_model=None)
async def read_file_content(file_id: str, batches: BatchesOf, who: Caller) -> Response:
    """The lines of a file."""
    if batch_id := _batch_of(file_id):
        batch = await progress.owned(batches, who, batch_id)
        lines = _output(batches, who, batch, answered=file_id.startswith(_OUTPUT))
        return StreamingResponse(lines, media_type="application/jsonl")
    try:
        content = await batches.read_object(_file_key(who, file_id))
    except (ObjectMissing, Invalid):
        raise _no_file() from None
    return Response(content, media_type="application/jsonl")


@router.post("/batches")
async def create_batch(body: NewOpenAIBatch, batches: BatchesOf, who: Caller) -> OpenAIBatchView:
    """Answers every request of a file that was uploaded."""
    try:
        content = await batches.read_object(_file_key(who, body.input_file_id))
    except (ObjectMissing, Invalid):
        raise Invalid("There is no such file.", code="file_not_found") from None
    questions = [as_question(line) for line in content.split(b"\n") if line.strip()]
    if not questions:
        raise Invalid("The file has no request.", code="no_questions")
    kept = {ENDPOINT: body.endpoint, INPUT_FILE: body.input_file_id}
    options = BatchOptions(metadata={**(body.metadata or {}), **kept})
    lines = b"".join(q + b"\n" if isinstance(q, bytes) else _line(q) for q in questions)
    batch = await submission.submit_lines(batches, who, lines, options, source="http")
    return await _view(batches, who, batch)


@router.get("/batches")
async def list_openai_batches(
    batches: BatchesOf, who: Caller, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> OpenAIBatchList:
    """The user's batches, newest first."""
    found = await progress.newest(batches, who, limit)
    views = [await _view(batches, who, batch) for batch in found]
    first, last = (views[0].id, views[-1].id) if views else (None, None)
    return OpenAIBatchList(data=views, first_id=first, last_id=last, has_more=False)


@router.get("/batches/{batch_id}")
async def read_openai_batch(batch_id: str, batches: BatchesOf, who: Caller) -> OpenAIBatchView:
    """How far a batch is."""
    return await _view(batches, who, await progress.owned(batches, who, batch_id))


@router.post("/batches/{batch_id}/cancel")
async def cancel_openai_batch(batch_id: str, batches: BatchesOf, who: Caller) -> OpenAIBatchView:
    """Asks no more requests of a batch."""
    return await _view(batches, who, await progress.cancel(batches, who, batch_id))


async def _view(batches: BatchBackend, who: Identity, batch: Batch) -> OpenAIBatchView:
    return batch_view(batch, await store.counts(batches.table, who, batch.id))


async def _output(
    batches: BatchBackend, who: Identity, batch: Batch, *, answered: bool
) -> AsyncIterator[bytes]:
    endpoint = (batch.metadata or {}).get(ENDPOINT, "")
    after = 0
    while page := await store.results(batches.table, who, batch.id, after, _PAGE):
        after = page[-1].line
        for result in page:
            if (result.state == "answered") == answered:
                yield output_line(result, endpoint)


def _batch_of(file_id: str) -> str | None:
    for prefix in (_OUTPUT, _ERRORS):
        if file_id.startswith(prefix):
            return file_id.removeprefix(prefix)
    return None


def _file_key(who: Identity, file_id: str) -> str:
    """Raises Invalid where it is no file's id."""
    return submission.upload_key(who, file_id)


def _file(file_id: str, size: int, name: str, purpose: str = "batch") -> FileView:
    return FileView(id=file_id, bytes=size, created_at=0, filename=name, purpose=purpose)


def _line(question: dict[str, object]) -> bytes:
    return json.dumps({k: v for k, v in question.items() if v is not None}).encode() + b"\n"


def _no_file() -> NotFound:
    return NotFound("File not found.", code="file_not_found")
