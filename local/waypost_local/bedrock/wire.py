"""`converse`, `converse-stream` and `invoke`, as boto3 and langchain-aws call them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from waypost_local.bedrock import embeddings, eventstream, faults
from waypost_local.bedrock.faults import REFUSALS, Fault, Faults
from waypost_local.bedrock.model import (
    BedrockError,
    ConverseRequest,
    Model,
    Pace,
    Piece,
    Stop,
    Text,
    ToolUse,
    tokens,
)

_DEFAULT_MAX_TOKENS = 4096


class Cut(Exception):
    """The connection is to break here, without a word."""


def app(model: Model, pace: Pace | None = None, broken: Faults | None = None) -> Starlette:
    """Bedrock's runtime as an ASGI app.

    `PUT /_faults` sets what the next calls meet, as JSON of a `Fault`; `DELETE` takes it back.
    """
    wire = _Wire(model, pace or Pace(), broken or Faults())
    return Starlette(
        routes=[
            Route("/model/{model:path}/converse", wire.converse, methods=["POST"]),
            Route("/model/{model:path}/converse-stream", wire.converse_stream, methods=["POST"]),
            Route("/model/{model:path}/invoke", wire.invoke, methods=["POST"]),
            Route("/_faults", wire.faults, methods=["GET", "PUT", "DELETE"]),
        ]
    )


class _Wire:
    def __init__(self, model: Model, pace: Pace, broken: Faults) -> None:
        self._model = model
        self._pace = pace
        self._faults = broken

    async def converse(self, request: Request) -> Response:
        began = time.monotonic()
        try:
            asked = await _asked(request)
            fault = self._faults.take("converse", request.headers.get(faults.HEADER))
            _refuse(fault)
            if fault and fault.kind == "stall_after":
                await asyncio.sleep(fault.seconds)
            pieces = [piece async for piece in self._model.reply(asked)]
        except BedrockError as error:
            return _refusal(error)
        stop = _limited(pieces, asked)
        return JSONResponse(
            {
                "output": {"message": {"role": "assistant", "content": _content(pieces)}},
                "stopReason": stop.reason,
                "usage": _usage(stop),
                "metrics": {"latencyMs": _ms(began)},
            }
        )

    async def converse_stream(self, request: Request) -> Response:
        try:
            asked = await _asked(request)
            fault = self._faults.take("converse-stream", request.headers.get(faults.HEADER))
            _refuse(fault)
            pieces = self._model.reply(asked)
            first = await anext(pieces)
        except BedrockError as error:
            return _refusal(error)
        return StreamingResponse(
            self._frames(asked, first, pieces, fault),
            media_type="application/vnd.amazon.eventstream",
            headers={"x-amzn-requestid": "local"},
        )

    async def invoke(self, request: Request) -> Response:
        try:
            _refuse(self._faults.take("invoke", request.headers.get(faults.HEADER)))
            return JSONResponse(embeddings.titan(await _json(request)))
        except BedrockError as error:
            return _refusal(error)

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.set(None)
        elif request.method == "PUT":
            try:
                self._faults.set(faults.parse(await request.json()))
            except (ValueError, TypeError) as error:
                return JSONResponse({"message": str(error)}, 400)
        current = self._faults.current
        return JSONResponse(current.__dict__ if current else None)

    async def _frames(
        self, asked: ConverseRequest, first: Piece, rest: AsyncIterator[Piece], fault: Fault | None
    ) -> AsyncIterator[bytes]:
        stream = _Stream(asked, self._pace, fault)
        yield eventstream.event("messageStart", {"role": "assistant"})
        try:
            async for frame in stream.frames(_chain(first, rest)):
                yield frame
        except BedrockError as error:
            kind = error.code[:1].lower() + error.code[1:]
            yield eventstream.exception(kind, error.message)


class _Stream:
    """The frames of one answer, at its pace, up to where its fault stops it."""

    def __init__(self, asked: ConverseRequest, pace: Pace, fault: Fault | None) -> None:
        self._asked = asked
        self._pace = pace
        self._fault = fault
        self._began = time.monotonic()
        self._sent = 0
        self._block = -1
        self._open = ""
        self._said = ""

    async def frames(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
        stop: Stop | None = None
        cut = ""
        async for piece in pieces:
            if isinstance(piece, Stop):
                stop = piece
            elif not cut:
                async for frame, reason in self._piece(piece):
                    cut = cut or reason
                    if frame:
                        yield frame
        for frame in self._close():
            yield frame
        ended = stop or Stop("end_turn", self._asked.input_tokens, self._sent)
        if cut:
            ended = Stop(cut, ended.input_tokens, self._sent)
        yield eventstream.event("messageStop", {"stopReason": ended.reason})
        yield eventstream.event(
            "metadata", {"usage": _usage(ended), "metrics": {"latencyMs": _ms(self._began)}}
        )

    async def _piece(self, piece: Text | ToolUse) -> AsyncIterator[tuple[bytes, str]]:
        if isinstance(piece, ToolUse):
            for frame in self._close():
                yield frame, ""
            self._block += 1
            self._open = "tool"
            start = {"toolUse": {"toolUseId": piece.id, "name": piece.name}}
            yield (
                eventstream.event(
                    "contentBlockStart", {"start": start, "contentBlockIndex": self._block}
                ),
                "",
            )
            text = json.dumps(piece.input, ensure_ascii=False)
        else:
            if self._open != "text":
                for frame in self._close():
                    yield frame, ""
                self._block += 1
                self._open = "text"
            text = piece.delta
        for token in tokens(text):
            if self._sent >= self._asked.max_tokens:
                yield b"", "max_tokens"
                return
            await self._keep_pace()
            delta = {"text": token} if self._open == "text" else {"toolUse": {"input": token}}
            yield (
                eventstream.event(
                    "contentBlockDelta", {"delta": delta, "contentBlockIndex": self._block}
                ),
                "",
            )
            self._sent += 1

    def _close(self) -> list[bytes]:
        if not self._open:
            return []
        self._open = ""
        return [eventstream.event("contentBlockStop", {"contentBlockIndex": self._block})]

    async def _keep_pace(self) -> None:
        if self._fault and self._sent == self._fault.after:
            await self._fail(self._fault)
        due = self._began + self._pace.first_token
        if self._pace.tokens_per_second:
            due += self._sent / self._pace.tokens_per_second
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    async def _fail(self, fault: Fault) -> None:
        match fault.kind:
            case "exception_after":
                code = fault.exception[:1].upper() + fault.exception[1:]
                raise BedrockError(code, 200, "A fault on demand.")
            case "cut_after":
                raise Cut
            case "stall_after":
                await asyncio.sleep(fault.seconds)


async def _chain(first: Piece, rest: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
    yield first
    async for piece in rest:
        yield piece


async def _asked(request: Request) -> ConverseRequest:
    body = await _json(request)
    messages = body.get("messages") or []
    if not messages or messages[0].get("role") != "user":
        raise BedrockError(
            "ValidationException", 400, "A conversation must start with a user message."
        )
    limits = body.get("inferenceConfig") or {}
    return ConverseRequest(
        model_id=request.path_params["model"],
        system=body.get("system") or [],
        messages=messages,
        tools=[t["toolSpec"] for t in (body.get("toolConfig") or {}).get("tools", [])
               if "toolSpec" in t],
        max_tokens=int(limits.get("maxTokens") or _DEFAULT_MAX_TOKENS),
        stop_sequences=list(limits.get("stopSequences") or []),
    )  # fmt: skip


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BedrockError("ValidationException", 400, "The body is not a JSON object.")
    return body


def _refuse(fault: Fault | None) -> None:
    if fault and fault.kind in REFUSALS:
        code, status = REFUSALS[fault.kind]
        raise BedrockError(code, status, "A fault on demand.")


def _refusal(error: BedrockError) -> Response:
    headers = {"x-amzn-errortype": error.code}
    return JSONResponse({"message": error.message}, error.status, headers)


def _limited(pieces: list[Piece], asked: ConverseRequest) -> Stop:
    """Cuts the text where the limit is, and says why the answer stopped."""
    left = asked.max_tokens
    stop = Stop("end_turn", asked.input_tokens, 0)
    for place, piece in enumerate(pieces):
        if isinstance(piece, Stop):
            stop = piece
        elif isinstance(piece, Text):
            said = tokens(piece.delta)
            pieces[place] = Text("".join(said[:left]))
            left -= len(said)
    return stop if left >= 0 else Stop("max_tokens", stop.input_tokens, asked.max_tokens)


def _content(pieces: list[Piece]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for piece in pieces:
        match piece:
            case Text(delta) if blocks and "text" in blocks[-1]:
                blocks[-1]["text"] += delta
            case Text(delta):
                blocks.append({"text": delta})
            case ToolUse(call_id, name, arguments):
                blocks.append({"toolUse": {"toolUseId": call_id, "name": name, "input": arguments}})
    return blocks


def _usage(stop: Stop) -> dict[str, int]:
    return {
        "inputTokens": stop.input_tokens,
        "outputTokens": stop.output_tokens,
        "totalTokens": stop.input_tokens + stop.output_tokens,
    }


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
