"""A request and its response, as an ASGI app sees them."""

import json
from typing import Any

from waypost_runtime.events.shape import Shape
from waypost_runtime.response import Response, State

Message = dict[str, Any]
_BODILESS = frozenset({204, 304})
LATE = ("App.Deadline", "The deadline was reached.")


class HttpExchange:
    """What the app calls `receive` and `send`."""

    def __init__(self, shape: Shape, request: bytes, response: Response, *, head: bool) -> None:
        """With `head`, the body that the app sends is not passed on."""
        self._shape = shape
        self._request: bytes | None = request
        self._silent = head
        self._begun = False
        self.response = response
        self.late = False
        """The app is being stopped: however its response ends, the trailers will say so."""

    async def receive(self) -> Message:
        if self._request is not None:
            body, self._request = self._request, None
            return {"type": "http.request", "body": body, "more_body": False}
        # Lambda never says that a client has left; a request ends with its response.
        await self.response.over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Raises OSError once the response can take nothing more, as ASGI 2.4 has it."""
        kind = message["type"]
        if kind == "http.response.start" and not self._begun:
            self._begun = True
            await self._start(message["status"], [(n, v) for n, v in message.get("headers", [])])
        elif kind == "http.response.body" and self._begun:
            await self._body(message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"The app sent {kind!r} where it makes no sense.")

    async def fail(self, status: int, code: str, text: str, request_id: str, kind: str) -> None:
        """Answers in the app's place; where its response is already on the way, by trailers."""
        if self.response.state is State.OPEN:
            await self.response.end(error=(kind, text))
            return
        error = {"code": code, "message": text, "request_id": request_id}
        await self._start(status, [(b"content-type", b"application/json")])
        await self._body(json.dumps({"error": error}).encode(), more=False, is_error=True)

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._refuse_if_ended()
        self._silent = self._silent or status in _BODILESS
        kind = next((v for n, v in headers if n.lower() == b"content-type"), b"")
        flush = kind.startswith(b"text/event-stream") and not self._silent
        await self.response.start(self._shape.prelude(status, headers), flush=flush)

    async def _body(self, data: bytes, *, more: bool, is_error: bool = False) -> None:
        self._refuse_if_ended()
        data = b"" if self._silent else bytes(data)
        if more:
            await self.response.write(data)
        else:
            await self.response.end(data, LATE if self.late and not is_error else None)

    def _refuse_if_ended(self) -> None:
        if self.response.state is State.ENDED:
            raise OSError("The response has ended.")
