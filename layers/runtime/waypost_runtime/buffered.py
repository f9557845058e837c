"""Whole answers, for callers that cannot take a stream: mangum makes the response of it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from mangum import Mangum

from waypost_runtime import api
from waypost_runtime.channel import Channel
from waypost_runtime.context import LambdaContext
from waypost_runtime.failures import MalformedEvent
from waypost_runtime.http1 import HttpResponse
from waypost_runtime.response import State


class Buffer:
    """Collects what a stream would send, and answers with all of it at the end."""

    def __init__(self, channel: Channel, context: LambdaContext, event: Mapping[str, Any]) -> None:
        """Raises MalformedEvent where mangum cannot answer such an event."""
        self._channel = channel
        self._context = context
        self._shape = _shape(event, context)
        self._parts: list[bytes] = []
        self._prelude: dict[str, Any] = {}
        self.state = State.WAITING
        self.over = asyncio.Event()

    async def start(self, prelude: dict[str, Any], *, flush: bool) -> None:
        self._prelude = prelude
        self._parts.clear()
        self.state = State.HELD

    async def write(self, data: bytes) -> None:
        self._parts.append(data)

    async def end(self, data: bytes = b"", error: tuple[str, str] | None = None) -> None:
        self._parts.append(data)
        self.state = State.ENDED
        self.over.set()

    async def answer(self) -> HttpResponse:
        result = self._shape(
            {
                "status": self._prelude["statusCode"],
                "headers": self._headers(),
                "body": b"".join(self._parts),
            }
        )
        return await api.respond(self._channel, self._context, json.dumps(result).encode())

    def _headers(self) -> list[list[bytes]]:
        pairs = list(self._prelude["headers"].items())
        for name, values in self._prelude.get("multiValueHeaders", {}).items():
            pairs += [(name, value) for value in values]
        pairs += [("set-cookie", cookie) for cookie in self._prelude.get("cookies", [])]
        return [[name.encode(), value.encode()] for name, value in pairs]


def _shape(event: Mapping[str, Any], context: Any) -> Any:
    try:
        shape = Mangum(_nothing, lifespan="off").infer(dict(event), context)
        _ = shape.scope  # mangum looks at it again when it answers: better to know now
    except (RuntimeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedEvent(f"Malformed event: {type(error).__name__}: {error}") from None
    return shape


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """mangum wants an app; ours runs in our own loop."""
