"""One invocation after the other: next, dispatch, answer; in as many slots as there are.

An environment of Lambda Managed Instances takes many invocations at once. Each slot asks for its
own `next`, over a connection of its own; all share one process, one event loop and one started app.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html
"""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any

from waypost_runtime import api, context, events, handlers, http, logs, startup
from waypost_runtime.channel import Channel
from waypost_runtime.context import LambdaContext
from waypost_runtime.deadline import Deadline, done_by
from waypost_runtime.events.shape import Shape
from waypost_runtime.failures import Failure, MalformedEvent, kind_of
from waypost_runtime.handlers import EventHandler
from waypost_runtime.http1 import HttpResponse
from waypost_runtime.response import Response, ResponseStream
from waypost_runtime.startup import Function

logger = logging.getLogger(__name__)
_TRACE = "_X_AMZN_TRACE_ID"
_HTTP_ONLY = "This function takes HTTP requests; WAYPOST_EVENT_HANDLER names no other handler."


async def run(channel: Channel, env: Mapping[str, str]) -> None:
    """Serves until the process ends. Raises CannotStart, or OSError where Lambda is gone."""
    function = await startup.start(channel, env)
    slots = function.settings.concurrency
    if slots == 1:
        loop = Loop(channel, function)
        while True:
            await loop.serve_one()
    await _serve_many([channel, *(channel.another() for _ in range(slots - 1))], function)


async def _serve_many(channels: Sequence[Channel], function: Function) -> None:
    """Serves in every slot. A SIGTERM lets what runs come to its end, and takes no more."""
    loops = [Loop(channel, function, alone=False) for channel in channels]

    def drain() -> None:
        for loop in loops:
            loop.drain()

    signals = asyncio.get_running_loop()
    signals.add_signal_handler(signal.SIGTERM, drain)
    try:
        # One slot that finds Lambda gone ends them all.
        async with asyncio.TaskGroup() as slots:
            for loop in loops:
                slots.create_task(loop.serve())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        signals.remove_signal_handler(signal.SIGTERM)


class Loop:
    """Takes invocations and answers them, one at a time."""

    def __init__(self, channel: Channel, function: Function, *, alone: bool = True) -> None:
        """Args: alone: It is the only one in its process."""
        self._channel = channel
        self._function = function
        self._alone = alone
        self._waiting: asyncio.Task[HttpResponse] | None = None
        self._draining = False

    async def serve(self) -> None:
        """Invocations, each in a context of its own, until it is drained."""
        while not self._draining:
            self._waiting = asyncio.create_task(api.next_invocation(self._channel))
            try:
                invocation = await self._waiting
            except asyncio.CancelledError:
                if self._draining:
                    return
                raise
            self._waiting = None
            await asyncio.create_task(self._serve(invocation))

    def drain(self) -> None:
        """Takes no further invocation."""
        self._draining = True
        if self._waiting:
            self._waiting.cancel()

    async def serve_one(self) -> None:
        """The next invocation, to its end."""
        await self._serve(await api.next_invocation(self._channel))

    async def _serve(self, invocation: HttpResponse) -> None:
        about = context.from_headers(invocation.headers)
        if self._alone:
            logs.current = about
            _trace(about.trace_id)
        else:
            logs.own.set(about)
        try:
            answer = await self._answer(invocation.body, about)
        except OSError as error:
            # The platform closed the connection, as it does at the function's time-out.
            logger.warning("The response could not be delivered: %s", error)
            self._channel.close()
            return
        if answer.status >= 400:
            logger.warning("Lambda answered %d to the response.", answer.status)

    async def _answer(self, body: bytes, about: LambdaContext) -> HttpResponse:
        try:
            event = _parsed(body)
            shape = events.shape_of(event)
            if shape is not None and self._function.handlers.app is not None:
                return await self._http(shape, event, about)
        except MalformedEvent as error:
            logger.error("%s", error)
            return await api.fail(self._channel, about, error.kind, str(error))
        return await self._event(event, about)

    async def _http(
        self, shape: Shape, event: Mapping[str, Any], about: LambdaContext
    ) -> HttpResponse:
        function = self._function
        response = self._response(event, about)
        await http.run(
            function.handlers.app,
            shape,
            event,
            about,
            response,
            margin=function.settings.margin,
            state=function.state,
        )
        return await response.answer()

    def _response(self, event: Mapping[str, Any], about: LambdaContext) -> Response:
        if not self._function.settings.buffered:
            return ResponseStream(self._channel, about)
        from waypost_runtime.buffered import Buffer  # mangum is imported only where it is used

        return Buffer(self._channel, about, event)

    async def _event(self, event: Any, about: LambdaContext) -> HttpResponse:
        try:
            result = await self._handled(event, about)
        except (Exception, asyncio.CancelledError) as error:
            logger.error("The handler failed.", exc_info=error)
            return await api.fail(self._channel, about, kind_of(error), str(error))
        return await api.respond(self._channel, about, result)

    async def _handled(self, event: Any, about: LambdaContext) -> bytes:
        handler = self._function.handlers.event
        if handler is None:
            raise _Unsupported(_HTTP_ONLY)
        result = await _by_deadline(handler, event, about, self._function.settings.margin)
        try:
            return json.dumps(result, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise _Unmarshalled(f"The handler's result is no JSON: {error}") from error


class _Unsupported(Failure):
    kind = "Runtime.UnsupportedEvent"


class _Unmarshalled(Failure):
    kind = "Runtime.MarshalError"


class _Late(Failure):
    kind = "App.Deadline"


async def _by_deadline(
    handler: EventHandler, event: Any, about: LambdaContext, margin: float
) -> Any:
    """An async handler is cancelled in time to say what it has done; a thread cannot be."""
    task = asyncio.create_task(handlers.call(handler, event, about))
    stop = Deadline.before(about.deadline, margin).stop
    if handlers.can_be_cancelled(handler) and not await done_by(task, stop):
        task.cancel()
        await asyncio.wait([task])
        if task.cancelled():
            raise _Late("The handler was stopped at its deadline.")
    return await task


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedEvent("Malformed event: it is not JSON.") from None


def _trace(trace_id: str | None) -> None:
    """Where the X-Ray SDK and Powertools look for it."""
    if trace_id:
        os.environ[_TRACE] = trace_id
    else:
        os.environ.pop(_TRACE, None)
