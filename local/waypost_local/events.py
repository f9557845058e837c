"""HTTP requests as the events that a function URL makes of them, payload version 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from waypost_local.intrinsics import ACCOUNT

_TEXT = ("application/json", "application/javascript", "application/xml")


@dataclass(frozen=True)
class Request:
    """`target` is the request line's: a path, and a query after a question mark."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    """In the order they came, names in lower case."""
    peer: str
    """The address it came from."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def joined(self) -> dict[str, str]:
        """One value a name: repeated ones joined by a comma, cookies by a semicolon."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            comma = "; " if name == "cookie" else ","
            found[name] = f"{found[name]}{comma}{value}" if name in found else value
        return found


def from_request(request: Request, body: bytes, url_id: str) -> dict[str, Any]:
    """The event. A body that is not text of a known kind is base64."""
    headers = request.joined
    query = request.target.partition("?")[2]
    cookies = [part.strip() for part in headers.pop("cookie", "").split(";") if part.strip()]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": query,
        "headers": {**headers, **_forwarded(request, headers)},
        "requestContext": _context(request, headers, url_id),
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _parameters(query)
    encoded = bool(body) and not _is_text(headers, body)
    if body:
        event["body"] = base64.b64encode(body).decode() if encoded else body.decode()
    return {**event, "isBase64Encoded": encoded}


def url_id(function: str) -> str:
    """The first label of a function's URL: always the same on one machine."""
    digest = hashlib.sha256(function.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:32]


def _context(request: Request, headers: Mapping[str, str], url_id: str) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": url_id,
        "domainName": headers.get("host", ""),
        "domainPrefix": headers.get("host", "").partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.peer,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }


def _forwarded(request: Request, headers: Mapping[str, str]) -> dict[str, str]:
    port = headers.get("host", "").rpartition(":")[2]
    return {
        "x-forwarded-for": request.peer,
        "x-forwarded-port": port if port.isdigit() else "80",
        "x-forwarded-proto": "http",
    }


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _is_text(headers: Mapping[str, str], body: bytes) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    known = kind.startswith("text/") or kind in _TEXT or kind.endswith(("+json", "+xml"))
    if not known or "content-encoding" in headers:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
