"""The app that every contestant serves, and its entry under awslambdaric."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

CHUNK = b'data: {"delta": "twelve letters and a few more of them"}\n\n'


async def _chunks(count: int, pause: float) -> AsyncIterator[bytes]:
    for number in range(count):
        if pause:
            await asyncio.sleep(pause)
            yield b"data: %d %.6f\n\n" % (number, time.time())
        else:
            yield CHUNK


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "healthy"})


async def stream(request: Request) -> StreamingResponse:
    params = request.query_params
    chunks = _chunks(int(params["count"]), float(params.get("pause", 0)))
    return StreamingResponse(chunks, media_type="text/event-stream")


async def large(request: Request) -> StreamingResponse:
    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(int(request.query_params["megabytes"]) * 16):
            yield b"x" * 65_536

    return StreamingResponse(blocks(), media_type="application/octet-stream")


app = Starlette(routes=[Route("/health", health), Route("/stream", stream), Route("/large", large)])


def handler(event: Any, context: Any) -> Any:
    from mangum import Mangum

    return Mangum(app, lifespan="off")(event, context)
