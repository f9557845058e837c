"""`converse`, `converse-stream` and `invoke`, as boto3 and langchain-aws call them."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from waypost_local.bedrock import embeddings, eventstream
from waypost_local.bedrock.events import events, message
from waypost_local.bedrock.faults import (
    HEADER,
    ConnectionCut,
    Fault,
    Faults,
    parse_fault,
    with_fault,
)
from waypost_local.bedrock.jobs import Jobs
from waypost_local.bedrock.model import BedrockError, ConverseRequest, Model, Piece
from waypost_local.bedrock.pace import Pace, paced
from waypost_local.bedrock.validation import check


def app(
    model: Model,
    pace: Pace | None = None,
    faults: Faults | None = None,
    jobs: Jobs | None = None,
) -> Starlette:
    """Bedrock's runtime as an ASGI app, and its batch inference jobs.

    `PUT /_faults` sets a fault for the next calls, as JSON of a `Fault`; `GET` shows it, `DELETE`
    removes it.
    """
    endpoints = _Endpoints(model, pace or Pace(), faults or Faults())
    return Starlette(
        routes=[
            Route("/model/{model:path}/converse", endpoints.converse, methods=["POST"]),
            Route(
                "/model/{model:path}/converse-stream", endpoints.converse_stream, methods=["POST"]
            ),
            Route("/model/{model:path}/invoke", endpoints.invoke, methods=["POST"]),
            *(jobs.routes() if jobs else []),
            Route("/_faults", endpoints.faults, methods=["GET", "PUT", "DELETE"]),
        ],
        exception_handlers={BedrockError: _error_response},
    )


class _Endpoints:
    def __init__(self, model: Model, pace: Pace, faults: Faults) -> None:
        self._model = model
        self._pace = pace
        self._faults = faults

    async def converse(self, request: Request) -> Response:
        pieces = await self._pieces(request, "converse")
        try:
            return JSONResponse(await message(events(pieces)), headers=_headers())
        except ConnectionCut:
            return _EventStreamResponse(_cut_at_once())

    async def converse_stream(self, request: Request) -> Response:
        pieces = await self._pieces(request, "converse-stream")
        return _EventStreamResponse(_frames(pieces), headers=_headers())

    async def invoke(self, request: Request) -> Response:
        self._fault_for(request, "invoke")
        return JSONResponse(embeddings.titan(await _json(request)), headers=_headers())

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.set(None)
        elif request.method == "PUT":
            try:
                self._faults.set(parse_fault(await request.json()))
            except ValueError as error:
                return JSONResponse({"message": str(error)}, 400)
        current = self._faults.current
        return JSONResponse(asdict(current) if current else None)

    async def _pieces(self, request: Request, operation: str) -> AsyncIterator[Piece]:
        """The response, after its first piece: until then a failure is an HTTP status."""
        converse = ConverseRequest(_model_id(request), await _json(request))
        check(converse, streamed=operation == "converse-stream")
        fault = self._fault_for(request, operation)
        pieces = self._model.reply(converse)
        first = await anext(pieces)
        return with_fault(paced(_chain(first, pieces), self._pace), fault)

    def _fault_for(self, request: Request, operation: str) -> Fault | None:
        return self._faults.take(operation, _model_id(request), request.headers.get(HEADER))


class _EventStreamResponse(StreamingResponse):
    """Binary frames; a `ConnectionCut` among them closes the connection there."""

    media_type = "application/vnd.amazon.eventstream"

    async def stream_response(self, send: Send) -> None:
        with suppress(ConnectionCut):
            await super().stream_response(send)


async def _frames(pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    try:
        async for name, payload in events(pieces):
            yield eventstream.event(name, payload)
    except BedrockError as error:
        yield eventstream.exception(error.code[:1].lower() + error.code[1:], error.message)


async def _cut_at_once() -> AsyncIterator[bytes]:
    raise ConnectionCut
    yield b""


async def _chain(first: Piece, rest: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
    yield first
    async for piece in rest:
        yield piece


def _model_id(request: Request) -> str:
    # Inference-profile ARNs come with their slash encoded once more than the server undoes.
    return unquote(request.path_params["model"])


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BedrockError("SerializationException", 400, "The body is not a JSON object.")
    return body


def _headers() -> dict[str, str]:
    return {"x-amzn-requestid": str(uuid.uuid4())}


async def _error_response(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BedrockError)  # noqa: S101
    headers = {**_headers(), "x-amzn-errortype": error.code}
    return JSONResponse({"message": error.message}, error.status, headers)
