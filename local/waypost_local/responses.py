"""What goes back to whoever asked: the headers that a function URL sends, and the body's pieces."""

import asyncio
import time
from collections.abc import Mapping
from email.utils import formatdate

from waypost_local import cors, pacing
from waypost_local.cors import Cors
from waypost_local.events import Request
from waypost_local.http1 import Connection, Gone, Headers
from waypost_local.invocation import Invocation, Prelude

_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"}
BODILESS = (204, 304)


def headers(
    request: Request, invocation: Invocation, prelude: Prelude, settings: Cors | None
) -> Headers:
    """The function's own headers with those of the URL; names are in lower case."""
    unknown = "application/octet-stream" if prelude.length is None else "application/json"
    given = {"content-type": unknown, **prelude.headers}
    length = given.get("content-length") if request.method == "HEAD" else prelude.length
    kept = {name: text for name, text in given.items() if name not in _OF_THE_CONNECTION}
    if length is not None and prelude.status not in BODILESS:
        kept["content-length"] = str(length)
    ours = {"x-amzn-requestid": invocation.id, "x-amzn-trace-id": invocation.trace_id}
    all_of_them = {"date": formatdate(usegmt=True), **with_cors(request, kept, settings), **ours}
    return [*encoded(all_of_them), *((b"set-cookie", c.encode()) for c in prelude.cookies)]


def with_cors(
    request: Request, given: Mapping[str, str], settings: Cors | None
) -> Mapping[str, str]:
    """`given`, where the URL has CORS settings with those headers in place of the function's."""
    if settings is None:
        return given
    ours = settings.answer(request.joined)
    vary = ", ".join(dict.fromkeys(text for text in (given.get("vary"), ours["vary"]) if text))
    return {**cors.without(given), **ours, "vary": vary}


def encoded(given: Mapping[str, str]) -> Headers:
    return [(name.encode("latin-1"), text.encode()) for name, text in given.items()]


class Client:
    """Takes a response's pieces. Once the client has left, they go nowhere, and nobody minds."""

    def __init__(self, connection: Connection, *, paced: bool) -> None:
        self._connection = connection
        self._schedule = pacing.Pacing() if paced else None
        self._gone: Gone | None = None

    async def start(self, status: int, given: Headers) -> None:
        try:
            await self._connection.start(status, given)
        except Gone as gone:
            self._gone = gone

    async def send(self, chunk: bytes) -> None:
        for piece in pacing.slices(chunk) if self._schedule else (chunk,):
            if self._gone:
                return
            if self._schedule:
                await asyncio.sleep(self._schedule.wait(len(piece), time.monotonic()))
            try:
                await self._connection.send(piece)
            except Gone as gone:
                self._gone = gone

    async def end(self) -> None:
        """Raises Gone where the client has not heard it all."""
        if self._gone:
            raise self._gone
        await self._connection.end()
