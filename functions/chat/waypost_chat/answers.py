"""What holds for every answer: nobody keeps a private one, and HEAD is GET without the body."""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ONE_YEAR = "max-age=31536000"


class PrivateAnswers:
    """ASGI middleware: an answer that says nothing of caches is kept by none, nor sniffed at.

    Where it was asked for over TLS, browsers ask for nothing without it from then on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", _ONE_YEAR)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class HeadRequests:
    """ASGI middleware: a HEAD is answered as its GET, up to the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = asyncio.Event()

        async def head_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                answered.set()

        # What streams has no end to wait for.
        work = asyncio.ensure_future(self._app({**scope, "method": "GET"}, receive, head_only))
        waiting = asyncio.create_task(answered.wait())
        await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not work.done():
            work.cancel()
            await asyncio.wait([work])
        elif not answered.is_set():
            await work
