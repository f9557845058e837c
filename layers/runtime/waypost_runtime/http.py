"""One HTTP event through the ASGI app, by its deadline."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from waypost_runtime import scopes
from waypost_runtime.context import LambdaContext
from waypost_runtime.response import ResponseStream, State
from waypost_runtime.scopes import HttpEvent, Scope

logger = logging.getLogger(__name__)
App = Callable[[Scope, Callable[..., Any], Callable[..., Any]], Awaitable[None]]
Message = dict[str, Any]
_BODILESS = frozenset({204, 304})
_LAST_CALL = 0.5
"""Seconds before the deadline at which a response is ended whatever the app does."""


class Exchange:
    """A request and its response: what the app calls `receive` and `send`."""

    def __init__(
        self, shape: type[HttpEvent], event: Mapping[str, Any], stream: ResponseStream
    ) -> None:
        self._shape = shape
        self._stream = stream
        self._request: bytes | None = scopes.body(event)
        self._over = asyncio.Event()
        self._silent = False
        self.status = 0

    async def receive(self) -> Message:
        if self._request is not None:
            body, self._request = self._request, None
            return {"type": "http.request", "body": body, "more_body": False}
        # Lambda never says that a client has left; a request ends with its response.
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Raises OSError once the connection is lost, as ASGI 2.4 has it."""
        if message["type"] == "http.response.start":
            await self._start(message["status"], list(message.get("headers", [])))
        elif message["type"] == "http.response.body":
            await self._body(message.get("body", b""), more=message.get("more_body", False))

    async def refuse(self, status: int, code: str, text: str, request_id: str) -> None:
        """A whole response of ours, where the app has sent none."""
        body = {"error": {"code": code, "message": text, "request_id": request_id}}
        await self._start(status, [(b"content-type", b"application/json")])
        await self._body(json.dumps(body).encode(), more=False)

    def silence(self) -> None:
        """For a HEAD request: the body is read and not sent."""
        self._silent = True

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if self._stream.state is not State.WAITING:
            raise RuntimeError("The response has begun already.")
        self.status = status
        self._silent = self._silent or status in _BODILESS
        kind = next((v for n, v in headers if n.lower() == b"content-type"), b"")
        flush = kind.startswith(b"text/event-stream") and not self._silent
        await self._stream.start(self._shape.prelude(status, headers), flush=flush)

    async def _body(self, data: bytes, *, more: bool) -> None:
        if self._stream.state is State.WAITING:
            raise RuntimeError("The response has not begun.")
        if self._stream.state is State.ENDED:
            return
        data = b"" if self._silent else bytes(data)
        if more:
            await self._stream.write(data)
        else:
            await self._stream.end(data)
            self._over.set()


async def run(
    app: App,
    shape: type[HttpEvent],
    event: Mapping[str, Any],
    context: LambdaContext,
    stream: ResponseStream,
    margin: float,
) -> None:
    """Runs the app to its end and the response to its own.

    Args:
        margin: Seconds before the deadline at which the app is cancelled. It may catch that, say
            its last word and end; the response then carries `App.Deadline` in its trailers.

    Raises:
        MalformedEvent: The event is no whole request; nothing was sent.
        OSError: Lambda closed the connection.
    """
    scope = scopes.build(shape, event, context)
    exchange = Exchange(shape, event, stream)
    if scope["method"] == "HEAD":
        exchange.silence()
    task = asyncio.ensure_future(app(scope, exchange.receive, exchange.send))
    late = not await _finished(task, scope["aws.deadline"] - margin)
    if late:
        task.cancel()
        await _finished(task, scope["aws.deadline"] - min(_LAST_CALL, margin / 2))
        task.cancel()
    await _end(task, exchange, stream, context, late=late)


async def _finished(task: "asyncio.Future[None]", until: float) -> bool:
    await asyncio.wait([task], timeout=max(0.0, until - time.time()))
    return task.done()


async def _end(
    task: "asyncio.Future[None]",
    exchange: Exchange,
    stream: ResponseStream,
    context: LambdaContext,
    *,
    late: bool,
) -> None:
    error = task.exception() if task.done() and not task.cancelled() else None
    if isinstance(error, OSError) and stream.state is not State.WAITING:
        raise error
    if stream.state is State.ENDED:
        if error:
            logger.error("The app failed after its response.", exc_info=error)
        return
    if late:
        await _say_late(exchange, stream, context)
    elif error or stream.state is State.WAITING:
        await _say_failed(error, exchange, stream, context)
    else:
        # The app returned without a last body: the response is as good as complete.
        await stream.end()


async def _say_late(exchange: Exchange, stream: ResponseStream, context: LambdaContext) -> None:
    logger.warning("The invocation reached its deadline.")
    if stream.state is State.WAITING:
        text = "The time for this request is over."
        await exchange.refuse(504, "deadline", text, context.aws_request_id)
        return
    await stream.end(error=_trailer("App.Deadline", "The deadline was reached."))


async def _say_failed(
    error: BaseException | None,
    exchange: Exchange,
    stream: ResponseStream,
    context: LambdaContext,
) -> None:
    logger.error("The app failed.", exc_info=error)
    if stream.state is State.WAITING:
        text = "Something went wrong on our side."
        await exchange.refuse(500, "internal", text, context.aws_request_id)
        return
    await stream.end(error=_trailer(f"App.{type(error).__name__}", "The app failed."))


def _trailer(kind: str, text: str) -> tuple[str, dict[str, Any]]:
    return kind, {"errorType": kind, "errorMessage": text}
