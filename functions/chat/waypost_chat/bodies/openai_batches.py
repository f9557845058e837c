"""OpenAI's files and batches: https://platform.openai.com/docs/api-reference/batch."""

import json
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from waypost.errors import Invalid
from waypost.records import Batch, BatchCounts, BatchResult
from waypost_chat.bodies.conversation import LenientBody
from waypost_chat.bodies.openai import NewCompletion, NewResponse
from waypost_chat.dialects.openai import ROUTED

Endpoint = Literal["/v1/chat/completions", "/v1/responses"]
_STATUSES = {
    "splitting": "in_progress",
    "running": "in_progress",
    "finishing": "finalizing",
    "completed": "completed",
    "cancelled": "cancelled",
    "failed": "failed",
}
_HTTP_STATUS = {"rejected": 400, "failed": 500, "cancelled": 409, "skipped": 409}


class FileView(BaseModel):
    """A file of requests, or of a batch's output."""

    id: str
    object: str = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: str = "processed"


class NewOpenAIBatch(LenientBody):
    input_file_id: str = Field(examples=["file-01M7Z2801C9NZ9HSN0VPN4Y4HG"])
    endpoint: Endpoint
    completion_window: str = "24h"
    metadata: dict[str, str] | None = Field(default=None, examples=[None])


class OpenAIBatchView(BaseModel):
    """`batch`, as OpenAI describes it."""

    id: str
    object: str = "batch"
    endpoint: str
    input_file_id: str
    completion_window: str = "24h"
    status: str
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    completed_at: int | None
    cancelled_at: int | None
    failed_at: int | None
    request_counts: dict[str, int]
    errors: dict[str, Any] | None
    metadata: dict[str, str] | None
    usage: dict[str, int]


class OpenAIBatchList(BaseModel):
    object: str = "list"
    data: list[OpenAIBatchView]
    first_id: str | None
    last_id: str | None
    has_more: bool


def form_fields(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """The fields of a `multipart/form-data` body: their file names and contents.

    Raises:
        Invalid: It is no form.
    """
    form = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = form.get_payload() if form.is_multipart() else None
    if not isinstance(parts, list):
        raise Invalid("The body is no multipart form.", code="invalid_form")
    fields: dict[str, tuple[str, bytes]] = {}
    for part in parts:
        if isinstance(part, Message):
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            held = content if isinstance(content, bytes) else b""
            fields[name] = (part.get_filename() or "", held)
    return fields


def as_question(line: bytes) -> dict[str, Any] | bytes:
    """A request of a batch as one of our questions; where it is none, the line as it is.

    What is wrong with it is told where its result would be.
    """
    try:
        request = json.loads(line)
        given = NewResponse if str(request["url"]).endswith("responses") else NewCompletion
        body = given.model_validate(request["body"])
        if isinstance(body, NewResponse):
            text, history = body.question_and_history(body.without_references())
        else:
            text, history = body.question_and_history()
    except ValidationError as error:
        return {"id": _custom_id(line), "question": "", "invalid": str(error.errors()[0]["msg"])}
    except Invalid as error:
        return {"id": _custom_id(line), "question": "", "invalid": error.message}
    except (ValueError, KeyError, TypeError):
        return line
    return {
        "id": str(request["custom_id"]) if "custom_id" in request else None,
        "question": text,
        "agent": None if body.model == ROUTED else body.model,
        "history": [turn.model_dump() for turn in history],
    }


def batch_view(batch: Batch, counts: BatchCounts) -> OpenAIBatchView:
    extra = batch.metadata or {}
    ended = _seconds(batch.finished_at) if batch.finished_at else None
    over = batch.state in ("completed", "cancelled")
    cancelling = batch.cancel_requested and not over
    failure = batch.failure
    return OpenAIBatchView(
        id=batch.id,
        endpoint=extra.get(ENDPOINT, "/v1/chat/completions"),
        input_file_id=extra.get(INPUT_FILE, ""),
        status="cancelling" if cancelling else _STATUSES[batch.state],
        output_file_id=f"file-output-{batch.id}" if over else None,
        error_file_id=f"file-errors-{batch.id}" if over and counts.done > counts.answered else None,
        created_at=_seconds(batch.created_at),
        completed_at=ended if batch.state == "completed" else None,
        cancelled_at=ended if batch.state == "cancelled" else None,
        failed_at=ended if batch.state == "failed" else None,
        request_counts={
            "total": batch.total or 0,
            "completed": counts.answered,
            "failed": counts.done - counts.answered,
        },
        errors={"object": "list", "data": [{"code": failure.code, "message": failure.message}]}
        if failure
        else None,
        metadata={name: v for name, v in extra.items() if name not in (ENDPOINT, INPUT_FILE)}
        or None,
        usage={"input_tokens": counts.input_tokens, "output_tokens": counts.output_tokens},
    )


ENDPOINT, INPUT_FILE = "openai_endpoint", "openai_input_file"
"""Names in a batch's metadata that keep what OpenAI's clients are told again."""


def output_line(result: BatchResult, endpoint: str) -> bytes:
    """A result as a line of OpenAI's output or error file."""
    request_id = (result.run_id or f"line_{result.line}").removeprefix("run_")
    line: dict[str, Any] = {
        "id": f"batch_req_{request_id}",
        "custom_id": result.id,
        "response": None,
        "error": None,
    }
    if result.state == "answered":
        body = _response(result) if endpoint == "/v1/responses" else _completion(result)
        line["response"] = {"status_code": 200, "request_id": request_id, "body": body}
    else:
        line["error"] = {"code": result.reason, "message": result.message}
        line["response"] = {
            "status_code": _HTTP_STATUS[result.state],
            "request_id": request_id,
            "body": {"error": line["error"]},
        }
    return json.dumps(line).encode() + b"\n"


def _completion(result: BatchResult) -> dict[str, Any]:
    usage = result.usage
    return {
        "id": f"chatcmpl-{(result.run_id or '').removeprefix('run_')}",
        "object": "chat.completion",
        "created": _seconds(result.finished_at),
        "model": result.agent or ROUTED,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": result.answer or "", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
    }


def _response(result: BatchResult) -> dict[str, Any]:
    run_id = (result.run_id or "").removeprefix("run_")
    usage = result.usage
    text = {"type": "output_text", "text": result.answer or "", "annotations": []}
    return {
        "id": f"resp_{run_id}",
        "object": "response",
        "created_at": _seconds(result.finished_at),
        "status": "completed",
        "model": result.agent or ROUTED,
        "output": [
            {
                "id": f"msg_{run_id}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [text],
            }
        ],
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
    }


def _custom_id(line: bytes) -> str | None:
    custom_id = json.loads(line).get("custom_id")
    return str(custom_id) if custom_id is not None else None


def _seconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())
