"""HTTP events as ASGI scopes, one module for each shape."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from waypost_runtime.context import LambdaContext
from waypost_runtime.events import version1, version2
from waypost_runtime.events.shape import Scope, Shape
from waypost_runtime.failures import MalformedEvent

_SHAPES: tuple[Shape, ...] = (version2.Version2(), version1.Version1())


def shape_of(event: Any) -> Shape | None:
    """The shape of an HTTP event, or None where the event is something else."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        return None
    return next((shape for shape in _SHAPES if shape.fits(event)), None)


def scope_of(shape: Shape, event: Mapping[str, Any], context: LambdaContext) -> Scope:
    """The scope with what Lambda adds: `aws.event`, `aws.context`, `aws.deadline` (epoch seconds).

    Raises:
        MalformedEvent: A part of the event is missing or of the wrong kind.
    """
    try:
        scope = shape.scope(event)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedEvent(f"Malformed event: {type(error).__name__}: {error}") from None
    return {
        **scope,
        "aws.event": event,
        "aws.context": context,
        "aws.deadline": context.deadline,
    }


def body_of(event: Mapping[str, Any]) -> bytes:
    """The request's body. Raises MalformedEvent."""
    text = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            return base64.b64decode(text, validate=True)
        return bytes(text.encode())
    except (AttributeError, TypeError, ValueError, binascii.Error):
        raise MalformedEvent("Malformed event: body: it is no text, or not base64.") from None
