"""One invocation of a function: its event, and the reply as it comes."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_SEPARATOR = b"\0" * 8
_AHEAD = 16
"""Chunks that may wait for a slow reader before the function has to wait too."""


class InvocationFailed(Exception):
    """The function gave no answer: it crashed, timed out or reported an error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Prelude:
    """What a response begins with."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


class Invocation:
    """Handed to an environment; the reply is read while it is written."""

    def __init__(self, event: bytes, timeout: float, arn: str) -> None:
        self.id = str(uuid.uuid4())
        self.event = event
        self.arn = arn
        self.deadline = time.time() + timeout
        self.trace_id = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"
        self.streamed = False
        self.error: InvocationFailed | None = None
        self._head: asyncio.Future[Prelude] = asyncio.get_running_loop().create_future()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        self._pending = bytearray()
        self.over = asyncio.Event()

    async def head(self) -> Prelude:
        """What the response begins with. Raises InvocationFailed."""
        return await self._head

    async def body(self) -> AsyncIterator[bytes]:
        """The rest of it; ends early where `error` is set by then."""
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def stream(self, data: bytes) -> None:
        """More of a streamed response: prelude, eight NULs, body."""
        self.streamed = True
        if not self._head.done():
            self._pending += data
            head, separator, data = bytes(self._pending).partition(_SEPARATOR)
            if not separator:
                return
            self._begin(_prelude(json.loads(head)))
        if data:
            await self._chunks.put(data)

    async def answer(self, body: bytes) -> None:
        """A whole buffered answer, in the shape of a function URL's response or any JSON."""
        import base64

        result = json.loads(body) if body else None
        if isinstance(result, dict) and "statusCode" in result:
            self._begin(_prelude(result))
            text = result.get("body") or ""
            encoded = result.get("isBase64Encoded")
            data = base64.b64decode(text) if encoded else text.encode()
        else:
            self._begin(Prelude(200, {"content-type": "application/json"}))
            data = body
        if data:
            await self._chunks.put(data)

    async def finish(self) -> None:
        if not self._head.done():
            self.fail("Runtime.InvalidResponse", "The function's response has no prelude.")
            return
        await self._chunks.put(None)
        self.over.set()

    def fail(self, kind: str, message: str) -> None:
        """Ends the invocation; a response that has begun is cut off."""
        if self.over.is_set():
            return
        self.error = InvocationFailed(kind, message)
        self.over.set()
        if not self._head.done():
            self._head.set_exception(self.error)
            self._head.exception()
            return
        while self._chunks.full():
            self._chunks.get_nowait()
        self._chunks.put_nowait(None)

    def _begin(self, prelude: Prelude) -> None:
        if not self._head.done():
            self._head.set_result(prelude)


def _prelude(fields: Mapping[str, Any]) -> Prelude:
    headers = {str(n).lower(): str(v) for n, v in (fields.get("headers") or {}).items()}
    return Prelude(int(fields["statusCode"]), headers, tuple(fields.get("cookies") or ()))
