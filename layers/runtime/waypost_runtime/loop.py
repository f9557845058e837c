"""One invocation after the other: next, dispatch, answer."""

import asyncio
import inspect
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from waypost_runtime import context, handlers, http, lifespan, logs, response, scopes, snapstart
from waypost_runtime.buffered import Buffer
from waypost_runtime.channel import Answer, Channel
from waypost_runtime.context import LambdaContext
from waypost_runtime.handlers import Handlers

logger = logging.getLogger(__name__)
_GONE = 410
_HTTP_ONLY = "This function takes HTTP requests; WAYPOST_EVENT_HANDLER names no other handler."


class InitError(Exception):
    """The environment cannot start; it was reported, and the process ends with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


async def run(env: Mapping[str, str]) -> None:
    """Serves until the process ends. Raises InitError."""
    channel = Channel(env["AWS_LAMBDA_RUNTIME_API"])
    state: dict[str, Any] = {}
    loaded = await _init(channel, env, state)
    loop = Loop(channel, loaded, env, state)
    while True:
        await loop.serve_one()


async def _init(channel: Channel, env: Mapping[str, str], state: dict[str, Any]) -> Handlers:
    snap = env.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    code = 1
    try:
        loaded = handlers.load(env["_HANDLER"], env.get("WAYPOST_EVENT_HANDLER"))
        if snap:
            code = snapstart.BEFORE_FAILED
            snapstart.run_hooks("before_snapshot")
            await snapstart.wait_for_restore(channel)
    except Exception as error:
        await _report(channel, error)
        raise InitError(code) from error
    try:
        if snap:
            snapstart.run_hooks("after_restore")
    except Exception as error:
        await _report(channel, error, restore=True)
        raise InitError(snapstart.AFTER_FAILED) from error
    try:
        # It lives as long as the process; the name keeps it from being collected.
        state["waypost.lifespan"] = loaded.app and await lifespan.start(loaded.app, state)
    except Exception as error:
        await _report(channel, error)
        raise InitError(1) from error
    return loaded


async def _report(channel: Channel, error: Exception, *, restore: bool = False) -> None:
    logger.critical("The function could not start.", exc_info=error)
    kind = f"Runtime.{type(error).__name__}"
    await response.fail_init(channel, kind, str(error), restore=restore)


class Loop:
    """Takes invocations and answers them, one at a time."""

    def __init__(
        self, channel: Channel, loaded: Handlers, env: Mapping[str, str], state: dict[str, Any]
    ) -> None:
        self._channel = channel
        self._handlers = loaded
        self._buffered = env.get("WAYPOST_RESPONSE", "stream") == "buffered"
        self._margin = float(env.get("WAYPOST_DEADLINE_MARGIN") or 1.5)
        self._state = state

    async def serve_one(self) -> None:
        """The next invocation, to its end."""
        invocation = await self._channel.call("GET", "/2018-06-01/runtime/invocation/next")
        if invocation.status != 200:
            raise ConnectionError(f"The Runtime API answered {invocation.status} to /next.")
        about = context.from_headers(invocation.headers)
        logs.request_id.set(about.aws_request_id)
        if about.trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = about.trace_id
        try:
            answer = await self._dispatch(invocation.body, about)
        except OSError as error:
            # The platform closed the response, at its time-out or because the client left.
            logger.warning("The response could not be delivered: %s", error)
            self._channel.close()
            return
        if answer.status == _GONE:
            logger.warning("The invocation was gone before it was answered.")

    async def _dispatch(self, body: bytes, about: LambdaContext) -> Answer:
        try:
            event = json.loads(body)
        except ValueError:
            return await self._fail(about, "Runtime.MalformedEvent", "The event is not JSON.")
        shape = scopes.shape_of(event)
        if shape is None or self._handlers.app is None:
            return await self._event(event, about)
        stream = (
            Buffer(self._channel, about, event)
            if self._buffered
            else response.ResponseStream(self._channel, about)
        )
        app = self._with_state(self._handlers.app)
        try:
            await http.run(app, shape, event, about, stream, self._margin)
        except scopes.MalformedEvent as error:
            return await self._fail(about, "Runtime.MalformedEvent", f"Malformed event: {error}")
        except OSError:
            stream.break_off()
            raise
        return await stream.answer()

    def _with_state(self, app: http.App) -> http.App:
        """The app, with the lifespan's state in each scope."""
        state = {k: v for k, v in self._state.items() if k != "waypost.lifespan"}

        def call(scope: scopes.Scope, receive: Any, send: Any) -> Any:
            return app({**scope, "state": dict(state)}, receive, send)

        return call

    async def _event(self, event: Any, about: LambdaContext) -> Answer:
        handler = self._handlers.event
        if handler is None:
            text = (
                "This function takes HTTP requests; WAYPOST_EVENT_HANDLER names no other handler."
            )
            return await self._fail(about, "Runtime.UnsupportedEvent", text)
        try:
            result = await _called(handler, event, about)
            return await response.respond(self._channel, about, json.dumps(result).encode())
        except OSError:
            raise
        except Exception as error:
            logger.error("The handler failed.", exc_info=error)
            return await self._fail(about, type(error).__name__, str(error))

    async def _fail(self, about: LambdaContext, kind: str, text: str) -> Answer:
        return await response.fail(self._channel, about, kind, text)


async def _called(handler: handlers.EventHandler, event: Any, about: LambdaContext) -> Any:
    if inspect.iscoroutinefunction(handler):
        return await handler(event, about)
    return await asyncio.to_thread(handler, event, about)
