"""What the shapes of HTTP events have in common."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, unquote

RawHeaders = Sequence[tuple[bytes, bytes]]
Scope = dict[str, Any]
_PORT = 80


class Shape(Protocol):
    """One shape of HTTP event: its scope, and the prelude that answers it."""

    def fits(self, event: Mapping[str, Any]) -> bool: ...

    def scope(self, event: Mapping[str, Any]) -> Scope: ...

    def prelude(self, status: int, headers: RawHeaders) -> dict[str, Any]: ...


def scope(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    client: Any,
    stage: str = "",
) -> Scope:
    """An ASGI HTTP scope.

    Spec version 2.4 promises that `send` raises OSError once the client cannot be reached.

    Args:
        path: As it was asked for, percent-encoded; HTTP APIs have decoded it already.
        client: The caller's address, or None.
        stage: The name of the stage that the path begins with: it becomes the root path.
    """
    if not isinstance(method, str) or not isinstance(path, str):
        raise TypeError("method and path must be texts")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": headers.get("x-forwarded-proto", "https"),
        "path": unquote(path) or "/",
        "raw_path": quote(path, safe="/%:@!$&'()*+,;=~").encode() or b"/",
        "root_path": _root(path, stage),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": _server(headers),
        "client": (str(client), 0) if client else None,
    }


def _root(path: str, stage: str) -> str:
    """What of a path is not the app's: the stage, or the mapping of a custom domain."""
    for base in (f"/{stage}" if stage else "", os.environ.get("WAYPOST_BASE_PATH", "")):
        base = base.rstrip("/")
        if base and (path == base or path.startswith(f"{base}/")):
            return base
    return ""


def lowered(headers: Mapping[str, Any] | None) -> dict[str, str]:
    return {name.lower(): _text(value) for name, value in (headers or {}).items()}


def decoded(headers: RawHeaders) -> Iterable[tuple[str, str]]:
    return ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _server(headers: Mapping[str, str]) -> tuple[str, int]:
    host, colon, port = headers.get("host", "lambda").rpartition(":")
    if not (colon and port.isdecimal()):
        host, port = headers.get("host", "lambda"), headers.get("x-forwarded-port", "")
    # Both are the client's to choose: what is no port must not become an error of ours.
    return host, int(port) if port.isascii() and port.isdecimal() else _PORT
