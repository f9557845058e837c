"""`converse`, `converse-stream` and `invoke`, as boto3 and langchain-aws call them."""

from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from waypost_local.bedrock import embeddings, faults
from waypost_local.bedrock.events import events, message
from waypost_local.bedrock.faults import Cut, Faults
from waypost_local.bedrock.model import BedrockError, Model
from waypost_local.bedrock.pace import Pace


def app(model: Model, pace: Pace | None = None, broken: Faults | None = None) -> Starlette:
    """Bedrock's runtime as an ASGI app.

    `PUT /_faults` sets what the next calls meet, as JSON of a `Fault`; `GET` shows it, `DELETE`
    takes it back.
    """
    wire = _Wire(model, pace or Pace(), broken or Faults())
    return Starlette(
        routes=[
            Route("/model/{model:path}/converse", wire.converse, methods=["POST"]),
            Route("/model/{model:path}/converse-stream", wire.converse_stream, methods=["POST"]),
            Route("/model/{model:path}/invoke", wire.invoke, methods=["POST"]),
            Route("/_faults", wire.faults, methods=["GET", "PUT", "DELETE"]),
        ],
        exception_handlers={BedrockError: _refusal},
    )


class _Wire:
    def __init__(self, model: Model, pace: Pace, broken: Faults) -> None:
        self._model = model
        self._pace = pace
        self._faults = broken

    async def converse(self, request: Request) -> Response:
        pieces = await self._pieces(request, "converse")
        try:
            return JSONResponse(await message(events(pieces)), headers=_headers())
        except Cut:
            return _Frames(_nothing())

    async def converse_stream(self, request: Request) -> Response:
        stream = events(await self._pieces(request, "converse-stream"))
        opening = [await anext(stream)]
        try:
            opening.append(await anext(stream))
        except BedrockError as error:
            if not _struck(error):
                raise
            return _Frames(_frames(opening, _raising(error)), headers=_headers())
        except Cut:
            return _Frames(_frames(opening, _cut()), headers=_headers())
        return _Frames(_frames(opening, stream), headers=_headers())

    async def invoke(self, request: Request) -> Response:
        self._take(request, "invoke")
        return JSONResponse(embeddings.titan(await _json(request)), headers=_headers())

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.set(None)
        elif request.method == "PUT":
            try:
                self._faults.set(faults.parse(await request.json()))
            except ValueError as error:
                return JSONResponse({"message": str(error)}, 400)
        current = self._faults.current
        return JSONResponse(asdict(current) if current else None)
