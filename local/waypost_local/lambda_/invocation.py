"""One invocation of a function: its event, and its response while it is written."""

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
_MAX_BUFFERED_CHUNKS = 16
"""With so many unread chunks the function has to wait."""
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n\0]*")


class InvocationFailed(Exception):
    """The function gave no response: it crashed, timed out or reported an error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Prelude:
    """Status, headers and cookies of a response. `length` is the body's, None while it streams."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    length: int | None = None


class LambdaInvocation:
    """Given to an execution environment; its response is read while it is written."""

    def __init__(self, event: bytes, timeout: float, arn: str) -> None:
        self.id = str(uuid.uuid4())
        self.event = event
        self.arn = arn
        self.deadline = time.time() + timeout
        """Seconds since the epoch."""
        self.trace_id = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"
        self.error: InvocationFailed | None = None
        self.late_error: InvocationFailed | None = None
        """An error after the response had started; it is not sent to the client."""
        self.done = asyncio.Event()
        self._prelude: asyncio.Future[Prelude] = asyncio.get_running_loop().create_future()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(_MAX_BUFFERED_CHUNKS)
        self._pending = b""

    async def prelude(self) -> Prelude:
        """Waits for the start of the response. Raises InvocationFailed."""
        return await self._prelude

    async def body(self) -> AsyncIterator[bytes]:
        """The body, chunk by chunk. It is incomplete where `error` is set at its end."""
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def write(self, data: bytes) -> None:
        """More of a streamed response: prelude, eight NULs, body."""
        if not self._prelude.done():
            head, separator, data = (self._pending + data).partition(_SEPARATOR)
            if not separator:
                self._pending = head
                return
            self._set_prelude(head)
        await self._put(data)

    async def write_buffered(self, body: bytes) -> None:
        """A whole response: JSON in the shape of a function URL's response, or any other."""
        try:
            result = json.loads(body or b"null")
            data = body
            if isinstance(result, dict) and "statusCode" in result:
                data = _decode_body(result)
                self._prelude.set_result(_parse_prelude(result, len(data)))
            else:
                self._prelude.set_result(
                    Prelude(200, {"content-type": "application/json"}, (), len(data))
                )
        except (ValueError, TypeError, AttributeError) as error:
            self.fail("Runtime.InvalidResponse", f"The response is not an HTTP response: {error}")
            return
        await self._put(data)

    async def finish(self, late_error: InvocationFailed | None = None) -> None:
        """The response is complete; `late_error` is what the function reported after it."""
        self.late_error = late_error
        if not self._prelude.done():
            missing = InvocationFailed("Runtime.InvalidResponse", "There is no prelude.")
            error = late_error or missing
            self.fail(error.kind, error.message)
        if self.done.is_set():
            return
        await self._chunks.put(None)
        self.done.set()

    def fail(self, kind: str, message: str) -> None:
        """Ends the invocation. A response that has started stays incomplete."""
        if self.done.is_set():
            return
        self.error = InvocationFailed(kind, message)
        self.done.set()
        if not self._prelude.done():
            self._prelude.set_exception(self.error)
            # Read once, or asyncio warns where nobody waits for it.
            self._prelude.exception()
        while self._chunks.full():
            self._chunks.get_nowait()
        self._chunks.put_nowait(None)

    def _set_prelude(self, head: bytes) -> None:
        try:
            self._prelude.set_result(_parse_prelude(json.loads(head)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.fail("Runtime.InvalidResponse", f"The prelude is not an HTTP response: {error}")

    async def _put(self, data: bytes) -> None:
        if data and not self.done.is_set():
            await self._chunks.put(data)


def _parse_prelude(fields: Mapping[str, Any], length: int | None = None) -> Prelude:
    """Raises ValueError, KeyError, TypeError or AttributeError where it is not one."""
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


def _decode_body(fields: Mapping[str, Any]) -> bytes:
    body = fields.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    return base64.b64decode(text, validate=True) if fields.get("isBase64Encoded") else text.encode()
