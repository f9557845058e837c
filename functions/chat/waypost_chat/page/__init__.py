"""Serves the files beside this module, with a content security policy that allows no others."""

import hashlib
import re
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
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_LINK = re.compile(r"(?<=\"/page/)(\w+)(?=(\.\w+)\")")
_HASHED = re.compile(r"(\w+)\.([0-9a-f]{16})(\.\w+)")


def asset(name: str, request: Request) -> Response:
    """One file of the page; 304 where the browser has it already.

    The page asks for its files by names with a hash of what is in them: such a file is kept for
    ever. A page of an earlier version gets the file of this one.

    Raises:
        NotFound: There is no such file.
    """
    hashed = _HASHED.fullmatch(name)
    body, digest, media_type = _read(f"{hashed[1]}{hashed[3]}" if hashed else name)
    etag = f'"{digest}"'
    is_this = hashed is not None and hashed[2] == digest
    headers = {**_HEADERS, **(_FOR_EVER if is_this else {}), "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


@cache
def _read(name: str) -> tuple[bytes, str, str]:
    """The content of a file, its hash and its media type."""
    path = _HERE / name
    if path.suffix not in _MEDIA_TYPES or path.parent != _HERE or not path.is_file():
        raise NotFound("File not found.")
    body = _content(path)
    return body, hashlib.sha256(body).hexdigest()[:16], _MEDIA_TYPES[path.suffix]


def _content(path: Path) -> bytes:
    match path.suffix:
        case ".js":
            return bundle_module(path).encode()
        case ".css":
            return bundle_style_sheet(path).encode()
        case ".html":
            return _LINK.sub(_with_hash, path.read_text("utf-8")).encode()
        case _:
            return path.read_bytes()


def _with_hash(link: re.Match[str]) -> str:
    _, digest, _ = _read(f"{link[1]}{link[2]}")
    return f"{link[1]}.{digest}"
