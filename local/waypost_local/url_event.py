"""An HTTP request as the event that a function URL makes of it.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

import base64
import json
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_API = "waypost0local0waypost0local00000"


def build(
    method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, client: str
) -> bytes:
    """The event's JSON."""
    path, _, query = target.partition("?")
    joined = _joined(headers)
    cookies = [c.strip() for c in joined.pop("cookie", "").split(";") if c.strip()]
    joined.setdefault("x-forwarded-for", client)
    joined.setdefault("x-forwarded-proto", "http")
    joined.setdefault("x-forwarded-port", joined.get("host", "").partition(":")[2] or "80")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        **({"cookies": cookies} if cookies else {}),
        "headers": joined,
        **({"queryStringParameters": _parameters(query)} if query else {}),
        "requestContext": _context(method, path, joined, client),
        **_body(body, joined),
    }
    return json.dumps(event).encode()


def _joined(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        separator = "; " if name == "cookie" else ","
        joined[name] = f"{joined[name]}{separator}{value}" if name in joined else value
    return joined


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _context(method: str, path: str, headers: dict[str, str], client: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "accountId": "anonymous",
        "apiId": _API,
        "domainName": headers.get("host", ""),
        "domainPrefix": _API,
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(time.time() * 1000),
    }


def _body(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    if not body:
        return {"isBase64Encoded": False}
    if headers.get("content-type", "").startswith(_TEXT):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
