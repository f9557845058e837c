"""An HTTP/1.1 server's side of one connection, over h11: bodies come and go chunk by chunk."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from http.client import responses

import h11

Headers = Sequence[tuple[bytes, bytes]]


class ConnectionClosed(OSError):
    """The other side closed the connection."""


class MalformedRequest(ConnectionClosed):
    """The bytes are not HTTP; `status` is the response to them."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class HttpConnection:
    """One request after the other, each answered before the next is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)
        self.trailers: dict[str, str] = {}

    async def request(self) -> h11.Request | None:
        """The next request's head, or None where no more come."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        elif self._http.our_state is not h11.IDLE:
            return None
        event = await self._next_event()
        return event if isinstance(event, h11.Request) else None

    async def body(self) -> AsyncIterator[bytes]:
        """The request's body, chunk by chunk. `trailers` are set after it."""
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.trailers = {n.decode(): v.decode() for n, v in event.headers}
                return
            else:
                raise ConnectionClosed("The request is incomplete.")

    async def read(self) -> bytes:
        """The request's whole body."""
        return b"".join([chunk async for chunk in self.body()])

    async def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole response."""
        await self.start(status, [*headers, (b"content-length", str(len(body)).encode())])
        if body:
            await self.send(body)
        await self.end()

    async def start(self, status: int, headers: Headers) -> None:
        reason = responses.get(status, "").encode()
        await self._send(h11.Response(status_code=status, headers=list(headers), reason=reason))

    async def send(self, data: bytes) -> None:
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        await self._send(h11.EndOfMessage())

    async def _send(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        try:
            data = self._http.send(event)
            if data and not self._writer.is_closing():
                self._writer.write(data)
                await self._writer.drain()
        except (OSError, h11.LocalProtocolError) as error:
            raise ConnectionClosed(str(error)) from None
        if self._writer.is_closing():
            raise ConnectionClosed("The client closed the connection.")

    async def _next_event(self) -> object:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise MalformedRequest(str(error), error.error_status_hint) from None
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                hint = h11.InformationalResponse(status_code=100, headers=[])
                self._writer.write(self._http.send(hint) or b"")
            try:
                self._http.receive_data(await self._reader.read(64 * 1024))
            except OSError as error:
                raise ConnectionClosed(str(error)) from None

    def close(self) -> None:
        self._writer.close()


def header(headers: Headers, name: str) -> str | None:
    """A header by its lower-case name, or None."""
    encoded_name = name.encode()
    return next((v.decode("latin-1") for n, v in headers if n.lower() == encoded_name), None)
