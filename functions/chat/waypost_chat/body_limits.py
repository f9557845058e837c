"""Bodies before anything parses them: refused where too large or not JSON, made encodable."""

import json
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waypost.errors import CallerError
from waypost.json_values import plain
from waypost_chat.error_responses import error_response

_FORM_PATH = "/openai/v1/files"
"""What takes a form: OpenAI's clients upload files so."""
_MAX_FORM = 6_000_000
"""Bytes: what Lambda takes at most."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class BodyTooLarge(CallerError):
    code = "body_too_large"
    status = 413


class UnsupportedMediaType(CallerError):
    code = "unsupported_media_type"
    status = 415
    message = "The body must be application/json."


class BodyLimits:
    """ASGI middleware: `max_bytes` is the size of the largest body."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(receive, _MAX_FORM if _is_form(scope) else self._max_bytes)
            _check_type(scope, body)
        except CallerError as error:
            await error_response(error, scope)(scope, receive, send)
            return
        await self._app(scope, _replay(_encodable(body), receive), send)


async def _read(receive: Receive, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > max_bytes:
            raise BodyTooLarge(f"The body is larger than {max_bytes} bytes.")
        if not message.get("more_body"):
            return b"".join(parts)


def _is_form(scope: Scope) -> bool:
    kind = dict(scope["headers"]).get(b"content-type", b"")
    form: bool = scope["path"].endswith(_FORM_PATH) and kind.startswith(b"multipart/form-data")
    return form


def _check_type(scope: Scope, body: bytes) -> None:
    kind = dict(scope["headers"]).get(b"content-type", b"").partition(b";")[0].strip().lower()
    if _is_form(scope):
        return
    if body and not (kind == b"application/json" or kind.endswith(b"+json")):
        raise UnsupportedMediaType


def _encodable(body: bytes) -> bytes:
    """The body with U+FFFD for each half of an escaped surrogate pair that stands alone."""
    if not _SURROGATE.search(body):
        return body
    try:
        return json.dumps(plain(json.loads(body))).encode()
    except (ValueError, RecursionError):
        # It is refused where it is read.
        return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever comes after it."""
    sent = False

    async def receive_again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
