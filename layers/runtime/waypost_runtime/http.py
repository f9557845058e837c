"""One HTTP event through the ASGI app, by its deadline."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from waypost_runtime import events
from waypost_runtime.context import LambdaContext
from waypost_runtime.deadline import Deadline, done_by
from waypost_runtime.events.shape import Scope, Shape
from waypost_runtime.exchange import LATE, HttpExchange
from waypost_runtime.response import Response, State

logger = logging.getLogger(__name__)
App = Callable[[Scope, Callable[..., Any], Callable[..., Any]], Awaitable[None]]


async def run(
    app: App,
    shape: Shape,
    event: Mapping[str, Any],
    context: LambdaContext,
    response: Response,
    *,
    margin: float,
    state: Mapping[str, Any],
) -> None:
    """Runs the app to its end and the response to its own.

    Args:
        margin: Seconds before the deadline at which the app is cancelled. It may catch that, say
            its last word and end; the response then carries `App.Deadline` in its trailers.
        state: What the app's lifespan has left for its requests.

    Raises:
        MalformedEvent: The event is no whole request; nothing was sent.
        OSError: The response could not be delivered.
    """
    scope = events.scope_of(shape, event, context) | {"state": dict(state)}
    exchange = HttpExchange(shape, events.body_of(event), response, head=scope["method"] == "HEAD")
    deadline = Deadline.before(context.deadline, margin)
    task = asyncio.create_task(_call(app, scope, exchange))
    if not await done_by(task, deadline.stop):
        exchange.late = True
        task.cancel()
        await done_by(task, deadline.last_call)
    try:
        await _conclude(task, exchange, context)
    finally:
        # One environment, one invocation: whatever the app still does, the next one waits for it.
        # An app that does not heed its deadline is ended, with the environment, by Lambda.
        await asyncio.wait([task])


async def _call(app: App, scope: Scope, exchange: HttpExchange) -> None:
    await app(scope, exchange.receive, exchange.send)


async def _conclude(
    task: "asyncio.Task[None]", exchange: HttpExchange, context: LambdaContext
) -> None:
    """Ends the response in the app's place, unless the app has done so."""
    error = task.exception() if task.done() and not task.cancelled() else None
    response, request_id = exchange.response, context.aws_request_id
    if exchange.late:
        logger.warning("The app was stopped at its deadline.")
    if response.state is State.ENDED:
        if error and not exchange.late:
            logger.error("The app failed after its response.", exc_info=error)
    elif response.over.is_set():
        logger.warning("Lambda takes no more of the response: %s", error or "the app went on.")
    elif exchange.late:
        kind, _ = LATE
        text = "The time for this request is over."
        await exchange.fail(504, "deadline", text, request_id, kind)
    else:
        logger.error("The app failed before its response was complete.", exc_info=error)
        text = "Something went wrong on our side."
        await exchange.fail(500, "internal", text, request_id, "App.Error")
