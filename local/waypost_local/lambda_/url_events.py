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

from waypost_local.aws.account import ACCOUNT_ID

_TEXT_TYPES = ("application/json", "application/javascript", "application/xml")


@dataclass(frozen=True)
class UrlRequest:
    """`target` is the request line's: a path, and a query after a question mark."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    """In the order they came, names in lower case."""
    client_ip: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def header_values(self) -> dict[str, str]:
        """One value per name: repeated ones are joined by a comma, cookies by a semicolon."""
        values: dict[str, str] = {}
        for name, value in self.headers:
            separator = "; " if name == "cookie" else ","
            values[name] = f"{values[name]}{separator}{value}" if name in values else value
        return values


def from_request(request: UrlRequest, body: bytes, url_id: str) -> dict[str, Any]:
    """The event. A body whose content type is not known to be text is base64."""
    headers = request.header_values
    query = request.target.partition("?")[2]
    cookies = [part.strip() for part in headers.pop("cookie", "").split(";") if part.strip()]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": query,
        "headers": {**headers, **_forwarded_headers(request, headers)},
        "requestContext": _request_context(request, headers, url_id),
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _query_parameters(query)
    encoded = bool(body) and not _is_text(headers, body)
    if body:
        event["body"] = base64.b64encode(body).decode() if encoded else body.decode()
    return {**event, "isBase64Encoded": encoded}


def url_id(function: str) -> str:
    """The first label of a function's URL; the same in each run."""
    digest = hashlib.sha256(function.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:32]


def _request_context(
    request: UrlRequest, headers: Mapping[str, str], url_id: str
) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT_ID,
        "apiId": url_id,
        "domainName": headers.get("host", ""),
        "domainPrefix": headers.get("host", "").partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }


def _forwarded_headers(request: UrlRequest, headers: Mapping[str, str]) -> dict[str, str]:
    port = headers.get("host", "").rpartition(":")[2]
    return {
        "x-forwarded-for": request.client_ip,
        "x-forwarded-port": port if port.isdigit() else "80",
        "x-forwarded-proto": "http",
    }


def _query_parameters(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _is_text(headers: Mapping[str, str], body: bytes) -> bool:
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    known = (
        content_type.startswith("text/")
        or content_type in _TEXT_TYPES
        or content_type.endswith(("+json", "+xml"))
    )
    if not known or "content-encoding" in headers:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
