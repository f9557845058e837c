"""Serves the files beside this module, with a content security policy that allows no others."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from waypost.errors import NotFound
from waypost_chat.page.bundle import bundle_module, bundle_style_sheet

_HERE = Path(__file__).parent
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_CACHED_FOR_A_DAY = {"Cache-Control": "max-age=86400"}


def asset(name: str, request: Request) -> Response:
    """One file of the page; 304 where the browser has it already. Raises NotFound."""
    body, etag, media_type = _read(name)
    headers = {**_HEADERS, **(_CACHED_FOR_A_DAY if name.endswith(".svg") else {}), "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


@cache
def _read(name: str) -> tuple[bytes, str, str]:
    path = _HERE / name
    if path.suffix not in _MEDIA_TYPES or path.parent != _HERE or not path.is_file():
        raise NotFound("File not found.")
    body = _content(path)
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"', _MEDIA_TYPES[path.suffix]


def _content(path: Path) -> bytes:
    match path.suffix:
        case ".js":
            return bundle_module(path).encode()
        case ".css":
            return bundle_style_sheet(path).encode()
        case _:
            return path.read_bytes()
