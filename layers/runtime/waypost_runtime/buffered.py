"""Whole answers, for callers that cannot take a stream: mangum makes the response of it."""

import json
from collections.abc import Mapping
from typing import Any

from waypost_runtime import response
from waypost_runtime.channel import Answer, Channel
from waypost_runtime.context import LambdaContext


class Buffer(response.ResponseStream):
    """Collects what a stream would send, and answers with all of it at the end."""

    def __init__(self, channel: Channel, context: LambdaContext, event: Mapping[str, Any]) -> None:
        super().__init__(channel, context)
        self._event = event
        self._parts: list[bytes] = []
        self._start: dict[str, Any] = {}

    async def start(self, prelude: dict[str, Any], *, flush: bool) -> None:
        self._start = prelude
        self.state = response.State.OPEN

    async def write(self, data: bytes) -> None:
        self._parts.append(data)

    async def end(self, data: bytes = b"", error: tuple[str, dict[str, Any]] | None = None) -> None:
        self._parts.append(data)
        self.state = response.State.ENDED

    async def answer(self) -> Answer:
        from mangum import Mangum

        context: Any = self._context
        handler = Mangum(_nothing, lifespan="off").infer(dict(self._event), context)
        result = handler(
            {"status": self._start["statusCode"], "headers": self._headers(),
             "body": b"".join(self._parts)}
        )  # fmt: skip
        return await response.respond(self._channel, self._context, json.dumps(result).encode())

    def _headers(self) -> list[list[bytes]]:
        pairs = list(self._start["headers"].items())
        for name, values in self._start.get("multiValueHeaders", {}).items():
            pairs += [(name, value) for value in values]
        pairs += [("set-cookie", cookie) for cookie in self._start.get("cookies", [])]
        return [[name.encode(), value.encode()] for name, value in pairs]


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """mangum wants an app; ours has run already."""
