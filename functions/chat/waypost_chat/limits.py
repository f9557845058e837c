"""Bodies that are refused before anybody reads them: too large, or not JSON."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waypost.errors import CallerError
from waypost_chat.failures import answer


class TooLarge(CallerError):
    code = "body_too_large"
    status = 413


class NotJson(CallerError):
    code = "unsupported_media_type"
    status = 415
    message = "The body must be application/json."


class Limits:
    """ASGI middleware: `most` is the longest body in bytes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        try:
            body = await _body(receive, self._most)
            _check_type(scope, body)
        except CallerError as error:
            await answer(error, scope)(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


async def _body(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge(f"The body is larger than {most} bytes.")
        if not message.get("more_body"):
            return b"".join(parts)


def _check_type(scope: Scope, body: bytes) -> None:
    kind = dict(scope["headers"]).get(b"content-type", b"").partition(b";")[0].strip().lower()
    if body and not (kind == b"application/json" or kind.endswith(b"+json")):
        raise NotJson


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once more; then whatever comes after it."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
