"""Responses of a function URL: their headers, and their body on its way to the client."""

import asyncio
import time
from collections.abc import Mapping
from email.utils import formatdate

from waypost_local.lambda_ import cors, pacing
from waypost_local.lambda_.cors import Cors
from waypost_local.lambda_.http1 import ConnectionClosed, Headers, HttpConnection
from waypost_local.lambda_.invocation import LambdaInvocation, Prelude
from waypost_local.lambda_.url_events import UrlRequest

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"}
BODILESS = (204, 304)
"""Statuses without a body."""


def response_headers(
    request: UrlRequest, invocation: LambdaInvocation, prelude: Prelude, settings: Cors | None
) -> Headers:
    """The function's headers and those of the URL. Names are in lower case."""
    default_type = "application/octet-stream" if prelude.length is None else "application/json"
    headers = {"content-type": default_type, **prelude.headers}
    length = headers.get("content-length") if request.method == "HEAD" else prelude.length
    headers = {name: value for name, value in headers.items() if name not in _HOP_BY_HOP}
    if length is not None and prelude.status not in BODILESS:
        headers["content-length"] = str(length)
    headers = {
        "date": formatdate(usegmt=True),
        **with_cors(request, headers, settings),
        "x-amzn-requestid": invocation.id,
        "x-amzn-trace-id": invocation.trace_id,
    }
    return [*encode(headers), *((b"set-cookie", c.encode()) for c in prelude.cookies)]


def with_cors(
    request: UrlRequest, headers: Mapping[str, str], settings: Cors | None
) -> Mapping[str, str]:
    """`headers`; where the URL has CORS settings, with its CORS headers for the function's."""
    if settings is None:
        return headers
    own = settings.response_headers(request.header_values)
    vary = ", ".join(dict.fromkeys(text for text in (headers.get("vary"), own["vary"]) if text))
    return {**cors.without_cors(headers), **own, "vary": vary}


def encode(headers: Mapping[str, str]) -> Headers:
    return [(name.encode("latin-1"), value.encode()) for name, value in headers.items()]


class ResponseWriter:
    """Writes a response to the client. After a disconnect it discards the rest until `end`."""

    def __init__(self, connection: HttpConnection, *, paced: bool) -> None:
        self._connection = connection
        self._pacing = pacing.ResponsePacing() if paced else None
        self._disconnect: ConnectionClosed | None = None

    async def start(self, status: int, headers: Headers) -> None:
        try:
            await self._connection.start(status, headers)
        except ConnectionClosed as error:
            self._disconnect = error

    async def send(self, chunk: bytes) -> None:
        for piece in pacing.slices(chunk) if self._pacing else (chunk,):
            if self._disconnect:
                return
            if self._pacing:
                await asyncio.sleep(self._pacing.wait(len(piece), time.monotonic()))
            try:
                await self._connection.send(piece)
            except ConnectionClosed as error:
                self._disconnect = error

    async def end(self) -> None:
        """Raises ConnectionClosed where the client disconnected before."""
        if self._disconnect:
            raise self._disconnect
        await self._connection.end()
