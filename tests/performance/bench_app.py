"""The app that every contestant serves, and its entry under awslambdaric."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from mangum import Mangum
from starlette.responses import StreamingResponse

app = FastAPI()
CHUNK = b'data: {"delta": "twelve letters and a few more of them"}\n\n'


async def _chunks(count: int, pause: float) -> AsyncIterator[bytes]:
    for number in range(count):
        if pause:
            await asyncio.sleep(pause)
            yield b"data: %d %.6f\n\n" % (number, time.time())
        else:
            yield CHUNK


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "healthy"}


@app.get("/stream")
async def stream(count: int = 1, pause: float = 0.0) -> StreamingResponse:
    return StreamingResponse(_chunks(count, pause), media_type="text/event-stream")


@app.get("/large")
async def large(megabytes: int) -> StreamingResponse:
    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(megabytes * 16):
            yield b"x" * 65_536

    return StreamingResponse(blocks(), media_type="application/octet-stream")


def handler(event: Any, context: Any) -> Any:
    return Mangum(app, lifespan="off")(event, context)
