"""How a streamed response travels to Lambda; the one module to change if Lambda's way changes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import base64
import enum
import json
from typing import Any

from waypost_runtime.channel import Answer, Channel, Connection
from waypost_runtime.context import LambdaContext

_SEPARATOR = b"\0" * 8
_PREFIX = "/2018-06-01/runtime"


class State(enum.Enum):
    """
    * **WAITING** - Nothing was sent. The invocation can still be answered with an error.
    * **HELD** - The prelude is known and waits for the first bytes of the body, to leave with
      them in one write.
    * **OPEN** - The head and the prelude are out. Errors can only be told in trailers.
    * **ENDED** - The last chunk is out.
    """

    WAITING = enum.auto()
    HELD = enum.auto()
    OPEN = enum.auto()
    ENDED = enum.auto()


class ResponseStream:
    """The response of one invocation."""

    def __init__(self, channel: Channel, context: LambdaContext) -> None:
        self._channel = channel
        self._context = context
        self._connection: Connection | None = None
        self._prelude = b""
        self.state = State.WAITING

    async def start(self, prelude: dict[str, Any], *, flush: bool) -> None:
        """Begins an HTTP response.

        Args:
            prelude: `statusCode`, `headers` and `cookies`.
            flush: Send it now, so that the client has its status while the body is being made.
        """
        self._prelude = json.dumps(prelude).encode() + _SEPARATOR
        self.state = State.HELD
        if flush:
            await self._send(b"")

    async def write(self, data: bytes) -> None:
        """Sends a piece of the body; waits while Lambda does not take it. Raises OSError."""
        if data:
            await self._send(_chunk(data))

    async def end(self, data: bytes = b"", error: tuple[str, dict[str, Any]] | None = None) -> None:
        """Sends the last piece, and after it what went wrong, if anything did.

        Args:
            error: The error's type, such as `App.Deadline`, and its body.
        """
        await self._send((_chunk(data) if data else b"") + b"0\r\n" + _trailers(error) + b"\r\n")
        self.state = State.ENDED

    async def answer(self) -> Answer:
        """What Lambda says to the whole response. Raises OSError."""
        assert self._connection is not None  # noqa: S101
        return await self._connection.answer()

    def break_off(self) -> None:
        """Leaves the response unfinished, as after a crash."""
        if self._connection:
            self._connection.close()
        self.state = State.ENDED

    async def _send(self, data: bytes) -> None:
        if self.state is State.HELD:
            self._connection = await self._channel.connection()
            head = self._head() + _chunk(self._prelude)
            self.state = State.OPEN
            self._connection.begin(head + data)
        else:
            assert self._connection is not None  # noqa: S101
            self._connection.write(data)
        await self._connection.drain()

    def _head(self) -> bytes:
        headers = {
            "Content-Type": "application/vnd.awslambda.http-integration-response",
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
            "Trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
            **_invocation(self._context),
        }
        path = f"{_PREFIX}/invocation/{self._context.aws_request_id}/response"
        return self._channel.head("POST", path, headers)


async def respond(channel: Channel, context: LambdaContext, body: bytes) -> Answer:
    """A whole answer at once, as JSON."""
    headers = {"Content-Type": "application/json", **_invocation(context)}
    path = f"{_PREFIX}/invocation/{context.aws_request_id}/response"
    return await channel.call("POST", path, headers, body)


async def fail(channel: Channel, context: LambdaContext, kind: str, message: str) -> Answer:
    """Reports that the invocation failed; legal only before its response has begun."""
    path = f"{_PREFIX}/invocation/{context.aws_request_id}/error"
    return await channel.call("POST", path, {**_error(kind), **_invocation(context)},
                              _error_body(kind, message))  # fmt: skip


async def fail_init(channel: Channel, kind: str, message: str, *, restore: bool = False) -> Answer:
    """Reports that the environment could not start, or not be restored."""
    path = f"{_PREFIX}/{'restore' if restore else 'init'}/error"
    return await channel.call("POST", path, _error(kind), _error_body(kind, message))


def _invocation(context: LambdaContext) -> dict[str, str]:
    if context.invocation_id is None:
        return {}
    return {"Lambda-Runtime-Invocation-Id": context.invocation_id}


def _error(kind: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": kind}


def _error_body(kind: str, message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": []}).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _trailers(error: tuple[str, dict[str, Any]] | None) -> bytes:
    if error is None:
        return b""
    kind, body = error
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    return (
        f"Lambda-Runtime-Function-Error-Type: {kind}\r\n"
        f"Lambda-Runtime-Function-Error-Body: {encoded}\r\n"
    ).encode()
