"""What `_HANDLER` and `WAYPOST_EVENT_HANDLER` name."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EventHandler = Callable[[Any, Any], Any]


class HandlerError(Exception):
    """There is no such handler; the text says what is missing."""


@dataclass(frozen=True)
class Handlers:
    """Where events go: `app` takes HTTP, `event` takes everything else."""

    app: Any
    event: EventHandler | None


def load(handler: str, event_handler: str | None) -> Handlers:
    """Imports what is named.

    Raises:
        HandlerError: A name is not `module.attribute`, or there is no such attribute.
        Exception: Whatever the module raises while it is imported.
    """
    found = _named(handler)
    named = _named(event_handler) if event_handler else None
    if _is_asgi(found):
        return Handlers(found, named)
    return Handlers(None, found)


def _named(name: str) -> Any:
    module, dot, attribute = name.replace("/", ".").rpartition(".")
    if not dot:
        raise HandlerError(f"Bad handler {name!r}: it must be module.attribute.")
    found = getattr(importlib.import_module(module), attribute, None)
    if not callable(found):
        raise HandlerError(f"There is no {attribute!r} to call in {module!r}.")
    return found


def _is_asgi(found: Any) -> bool:
    call = found if inspect.isroutine(found) else type(found).__call__
    takes = [
        p for p in inspect.signature(call).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name != "self"
    ]  # fmt: skip
    return inspect.iscoroutinefunction(call) and len(takes) == 3
