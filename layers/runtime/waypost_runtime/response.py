"""How a streamed response travels to Lambda; the one module to change if Lambda's way changes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import asyncio
import base64
import enum
import json
from typing import Any, Protocol

from waypost_runtime import api
from waypost_runtime.channel import Channel, Connection
from waypost_runtime.context import LambdaContext
from waypost_runtime.http1 import HttpResponse

_SEPARATOR = b"\0" * 8


class State(enum.Enum):
    """
    * **WAITING** - Nothing is known of the response.
    * **HELD** - The prelude is known and waits for the first bytes of the body, to leave with
      them in one write. Nothing was sent: it can still be replaced by another.
    * **OPEN** - The head and the prelude are out. Errors can only be told in trailers.
    * **ENDED** - The last chunk is out.
    """

    WAITING = enum.auto()
    HELD = enum.auto()
    OPEN = enum.auto()
    ENDED = enum.auto()


class Response(Protocol):
    """Where an HTTP response goes, a piece at a time."""

    state: State
    over: asyncio.Event
    """Set once nothing more can be sent: the response has ended, or its connection was lost."""

    async def start(self, prelude: dict[str, Any], *, flush: bool) -> None:
        """Begins a response, or replaces one that is HELD.

        Args:
            prelude: `statusCode`, `headers`, and `cookies` or `multiValueHeaders`.
            flush: Send it now, so that the client has its status while the body is being made.
        """

    async def write(self, data: bytes) -> None:
        """Sends a piece of the body; waits while Lambda does not take it. Raises OSError."""

    async def end(self, data: bytes = b"", error: tuple[str, str] | None = None) -> None:
        """Sends the last piece, and after it what went wrong, if anything did. Raises OSError.

        Args:
            error: Its type, such as `App.Deadline`, and a message.
        """

    async def answer(self) -> HttpResponse:
        """What Lambda says to the whole response. Raises OSError."""


class ResponseStream:
    """The response of one invocation, streamed."""

    def __init__(self, channel: Channel, context: LambdaContext) -> None:
        self._channel = channel
        self._context = context
        self._connection: Connection | None = None
        self._prelude = b""
        self.state = State.WAITING
        self.over = asyncio.Event()

    async def start(self, prelude: dict[str, Any], *, flush: bool) -> None:
        self._prelude = json.dumps(prelude).encode() + _SEPARATOR
        self.state = State.HELD
        if flush:
            await self._send(b"", more=True)

    async def write(self, data: bytes) -> None:
        if data:
            await self._send(_chunk(data), more=True)

    async def end(self, data: bytes = b"", error: tuple[str, str] | None = None) -> None:
        last = (_chunk(data) if data else b"") + b"0\r\n" + _trailers(error) + b"\r\n"
        await self._send(last, more=False)

    async def answer(self) -> HttpResponse:
        assert self._connection is not None  # noqa: S101
        return await self._connection.answer()

    async def _send(self, data: bytes, *, more: bool) -> None:
        if self.state is State.HELD:
            self._connection = connection = await self._channel.connection()
            connection.begin(self._head() + _chunk(self._prelude) + data, more=more, over=self.over)
        else:
            assert self._connection is not None  # noqa: S101
            connection = self._connection
            connection.write(data, more=more)
        self.state = State.OPEN if more else State.ENDED
        if not more:
            self.over.set()
        await connection.drain()

    def _head(self) -> bytes:
        headers = {
            "Content-Type": "application/vnd.awslambda.http-integration-response",
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
            **api.invocation_of(self._context),
        }
        path = f"{api.PREFIX}/invocation/{self._context.aws_request_id}/response"
        return self._channel.head("POST", path, headers)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _trailers(error: tuple[str, str] | None) -> bytes:
    if error is None:
        return b""
    kind, message = error
    fields = {"errorType": kind, "errorMessage": message}
    body = base64.b64encode(json.dumps(fields).encode()).decode()
    return (
        f"Lambda-Runtime-Function-Error-Type: {kind}\r\n"
        f"Lambda-Runtime-Function-Error-Body: {body}\r\n"
    ).encode()
