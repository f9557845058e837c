"""What `_HANDLER` and `WAYPOST_EVENT_HANDLER` name."""

import asyncio
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waypost_runtime.context import LambdaContext
from waypost_runtime.failures import HandlerError

EventHandler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Handlers:
    """Where events go: `app` takes HTTP, `event` everything that `app` does not take."""

    app: Any
    event: EventHandler | None


def load(handler: str, event_handler: str | None) -> Handlers:
    """Imports what is named.

    Raises:
        HandlerError: A name is not `module.attribute`, or there is no such thing to call.
        Exception: Whatever the module raises while it is imported.
    """
    found = _named(handler)
    named = _named(event_handler) if event_handler else None
    return Handlers(found, named) if _is_asgi(found) else Handlers(None, found)


async def call(handler: EventHandler, event: Any, context: LambdaContext) -> Any:
    """Calls a handler of either kind; a plain one in a thread, where it may run a loop itself."""
    if can_be_cancelled(handler):
        return await handler(event, context)
    result = await asyncio.to_thread(handler, event, context)
    return await result if inspect.isawaitable(result) else result


def can_be_cancelled(handler: EventHandler) -> bool:
    """Whether it is async."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004
    )


def _named(name: str) -> Any:
    module_name, _, attribute = name.replace("/", ".").rpartition(".")
    if not module_name or not attribute:
        text = f"Bad handler {name!r}: it must be module.attribute."
        raise HandlerError("Runtime.MalformedHandlerName", text)
    found = getattr(_module(module_name), attribute, None)
    if not callable(found):
        text = f"There is no {attribute!r} to call in module {module_name!r}."
        raise HandlerError("Runtime.HandlerNotFound", text)
    return found


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        text = f"Unable to import module {name!r}: {error}"
        raise HandlerError("Runtime.ImportModuleError", text) from error
    except SyntaxError as error:
        text = f"Syntax error in module {name!r}: {error}"
        raise HandlerError("Runtime.UserCodeSyntaxError", text) from error


def _is_asgi(found: Any) -> bool:
    """ASGI is called with three arguments, `handler(event, context)` with two."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except ValueError:
        return False
    required = [
        parameter
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return len(required) == 3
