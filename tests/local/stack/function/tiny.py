"""A function that does as its path says; `gate` is a port where the test holds the other end."""

import asyncio
import json
import logging
import os
import time
from typing import Any
from urllib.parse import parse_qs

logging.getLogger(__name__).info("started")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await globals()[scope["path"].strip("/").replace("-", "_")](scope, receive, send)


async def health(scope: Any, receive: Any, send: Any) -> None:
    await _answer(send, {"status": "healthy"})


async def about(scope: Any, receive: Any, send: Any) -> None:
    names = ("TABLE", "MARK", "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ENDPOINT_URL", "PYTHONPATH")
    variables = {name: os.environ.get(name) for name in os.environ if name.startswith("AWS_")}
    variables |= {name: os.environ.get(name) for name in names}
    await _answer(send, {"pid": os.getpid(), "cwd": os.getcwd(), "variables": variables})


async def event(scope: Any, receive: Any, send: Any) -> None:
    await _answer(send, scope["aws.event"])


async def steps(scope: Any, receive: Any, send: Any) -> None:
    """Each line from the gate becomes a chunk; the gate hears what became of each."""
    reader, writer = await _gate(scope)
    writer.write(b"%d\n" % os.getpid())
    await _start(send, [(b"content-type", b"text/event-stream"), (b"x-waypost-agent", b"sql")])
    while line := await reader.readline():
        await send({"type": "http.response.body", "body": line, "more_body": True})
        writer.write(b"sent\n")
    await send({"type": "http.response.body", "body": b""})
    writer.write(b"ended\n")
    writer.close()


async def headers(scope: Any, receive: Any, send: Any) -> None:
    await _start(
        send,
        [
            (b"content-type", b"text/plain"),
            (b"set-cookie", b"a=1; Path=/"),
            (b"set-cookie", b"b=2"),
            (b"x-twice", b"one"),
            (b"x-twice", b"two"),
            (b"access-control-allow-origin", b"*"),
            (b"vary", b"Accept"),
        ],
    )
    await send({"type": "http.response.body", "body": b"seen"})


async def empty(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def large(scope: Any, receive: Any, send: Any) -> None:
    await _start(send, [])
    for number in range(8):
        await send(
            {"type": "http.response.body", "body": b"%d" % number * 100_000, "more_body": True}
        )
    await send({"type": "http.response.body", "body": b""})


async def crash(scope: Any, receive: Any, send: Any) -> None:
    os._exit(3)


async def crash_midway(scope: Any, receive: Any, send: Any) -> None:
    await _start(send, [(b"content-type", b"text/event-stream")])
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    os._exit(3)


async def raise_midway(scope: Any, receive: Any, send: Any) -> None:
    await _start(send, [(b"content-type", b"text/event-stream")])
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError("secret")


async def block(scope: Any, receive: Any, send: Any) -> None:
    time.sleep(3600)  # noqa: ASYNC251


async def log(scope: Any, receive: Any, send: Any) -> None:
    logging.getLogger(__name__).info("answered", extra={"agent": "rag"})
    logging.getLogger(__name__).warning("warned", extra={"count": 2})
    await _answer(send, {})


def buffered(event: Any, context: Any) -> Any:
    """A plain Lambda function, as other runtimes have them."""
    return {
        "statusCode": 201,
        "headers": {"Content-Type": "image/png"},
        "cookies": ["a=1"],
        "body": "iVBORw==",
        "isBase64Encoded": True,
    }


def plain(event: Any, context: Any) -> Any:
    return {"path": event["rawPath"]}


def failing(event: Any, context: Any) -> Any:
    raise ValueError("secret")


async def _gate(scope: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(parse_qs(scope["query_string"].decode())["gate"][0])
    return await asyncio.open_connection("127.0.0.1", port)


async def _answer(send: Any, value: Any) -> None:
    await _start(send, [(b"content-type", b"application/json")])
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


async def _start(send: Any, pairs: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": pairs})
