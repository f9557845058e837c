"""One invocation of a function: its event, and the reply as it comes."""

import asyncio
import base64
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_SEPARATOR = b"\0" * 8
_AHEAD = 16
"""Chunks that may wait for a slow reader before the function has to wait too."""
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n\0]*")


class InvocationFailed(Exception):
    """The function gave no answer: it crashed, timed out or reported an error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Prelude:
    """What a response begins with. `length` is known where the whole body is."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    length: int | None = None


class Invocation:
    """Handed to an environment; the reply is read while it is written."""

    def __init__(self, event: bytes, timeout: float, arn: str) -> None:
        self.id = str(uuid.uuid4())
        self.event = event
        self.arn = arn
        self.deadline = time.time() + timeout
        """Seconds since the epoch."""
        self.trace_id = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"
        self.error: InvocationFailed | None = None
        self.trailer: InvocationFailed | None = None
        """What went wrong after the response had begun; no client gets to see it."""
        self.over = asyncio.Event()
        self._head: asyncio.Future[Prelude] = asyncio.get_running_loop().create_future()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        self._pending = b""

    async def head(self) -> Prelude:
        """What the response begins with. Raises InvocationFailed."""
        return await self._head

    async def body(self) -> AsyncIterator[bytes]:
        """The rest of it; ends early where `error` is set by then."""
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def stream(self, data: bytes) -> None:
        """More of a streamed response: prelude, eight NULs, body."""
        if not self._head.done():
            head, separator, data = (self._pending + data).partition(_SEPARATOR)
            if not separator:
                self._pending = head
                return
            self._begin(head)
        await self._put(data)

    async def answer(self, body: bytes) -> None:
        """A whole answer, in the shape of a function URL's response or any other JSON."""
        try:
            result = json.loads(body or b"null")
            data = body
            if isinstance(result, dict) and "statusCode" in result:
                data = _body(result)
                self._head.set_result(_prelude(result, len(data)))
            else:
                self._head.set_result(
                    Prelude(200, {"content-type": "application/json"}, (), len(data))
                )
        except (ValueError, TypeError, AttributeError) as error:
            self.fail("Runtime.InvalidResponse", f"The answer is no HTTP response: {error}")
            return
        await self._put(data)

    async def finish(self, trailer: InvocationFailed | None = None) -> None:
        """The response is whole; `trailer` is the error that came after it."""
        self.trailer = trailer
        if not self._head.done():
            failed = trailer or InvocationFailed("Runtime.InvalidResponse", "There is no prelude.")
            self.fail(failed.kind, failed.message)
        if self.over.is_set():
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
            # Nobody may be waiting for it.
            self._head.exception()
        while self._chunks.full():
            self._chunks.get_nowait()
        self._chunks.put_nowait(None)

    def _begin(self, head: bytes) -> None:
        try:
            self._head.set_result(_prelude(json.loads(head)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.fail("Runtime.InvalidResponse", f"The prelude is no HTTP response: {error}")

    async def _put(self, data: bytes) -> None:
        if data and not self.over.is_set():
            await self._chunks.put(data)


def _prelude(fields: Mapping[str, Any], length: int | None = None) -> Prelude:
    """Raises ValueError, KeyError, TypeError or AttributeError where it is none."""
    status = int(fields["statusCode"])
    headers = {str(n).lower(): str(v) for n, v in (fields.get("headers") or {}).items()}
    for name, text in (fields.get("multiValueHeaders") or {}).items():
        headers[str(name).lower()] = ",".join(map(str, text))
    cookies = tuple(map(str, fields.get("cookies") or ()))
    if not 200 <= status <= 599:
        raise ValueError(f"statusCode {status}")
    lines = [*headers.items(), *(("set-cookie", cookie) for cookie in cookies)]
    wrong = [name for name, text in lines if not _HEADER.fullmatch(f"{name}: {text}")]
    if wrong:
        raise ValueError(f"header {wrong[0]!r}")
    return Prelude(status, headers, cookies, length)


def _body(fields: Mapping[str, Any]) -> bytes:
    body = fields.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    return base64.b64decode(text, validate=True) if fields.get("isBase64Encoded") else text.encode()
