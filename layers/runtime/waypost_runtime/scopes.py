"""HTTP events as ASGI scopes, one class for each shape."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote, urlencode

from waypost_runtime.context import LambdaContext

RawHeaders = Sequence[tuple[bytes, bytes]]
Scope = dict[str, Any]


class MalformedEvent(Exception):
    """The event says that it is an HTTP request but is not a whole one."""


class HttpEvent(Protocol):
    """One shape of HTTP event: its scope, its body, and the prelude that answers it."""

    @staticmethod
    def fits(event: Mapping[str, Any]) -> bool: ...

    @staticmethod
    def scope(event: Mapping[str, Any]) -> Scope: ...

    @staticmethod
    def prelude(status: int, headers: RawHeaders) -> dict[str, Any]: ...


class Version2:
    """Function URLs and API Gateway's HTTP API.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """

    @staticmethod
    def fits(event: Mapping[str, Any]) -> bool:
        return event.get("version") == "2.0" and "requestContext" in event

    @staticmethod
    def scope(event: Mapping[str, Any]) -> Scope:
        http = event["requestContext"]["http"]
        headers = {name.lower(): str(v) for name, v in (event.get("headers") or {}).items()}
        if event.get("cookies"):
            headers["cookie"] = "; ".join(event["cookies"])
        path = event.get("rawPath") or http["path"]
        query = event.get("rawQueryString") or ""
        return _scope(http["method"], path, query, headers, http.get("sourceIp"))

    @staticmethod
    def prelude(status: int, headers: RawHeaders) -> dict[str, Any]:
        joined: dict[str, str] = {}
        cookies: list[str] = []
        for name, value in _decoded(headers):
            if name == "set-cookie":
                cookies.append(value)
            else:
                joined[name] = f"{joined[name]},{value}" if name in joined else value
        return {"statusCode": status, "headers": joined, "cookies": cookies}


class Version1:
    """API Gateway's REST API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """

    @staticmethod
    def fits(event: Mapping[str, Any]) -> bool:
        return "httpMethod" in event and "requestContext" in event

    @staticmethod
    def scope(event: Mapping[str, Any]) -> Scope:
        headers = {name.lower(): str(v) for name, v in (event.get("headers") or {}).items()}
        for name, values in (event.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = ", ".join(values)
        query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters")
        return _scope(
            event["httpMethod"],
            event["path"],
            urlencode(query or {}, doseq=True),
            headers,
            (event["requestContext"].get("identity") or {}).get("sourceIp"),
        )

    @staticmethod
    def prelude(status: int, headers: RawHeaders) -> dict[str, Any]:
        several: dict[str, list[str]] = {}
        for name, value in _decoded(headers):
            several.setdefault(name, []).append(value)
        single = {name: values[0] for name, values in several.items() if len(values) == 1}
        multi = {name: values for name, values in several.items() if len(values) > 1}
        return {"statusCode": status, "headers": single, "multiValueHeaders": multi}


def shape_of(event: Any) -> type[HttpEvent] | None:
    """The shape of an HTTP event, or None where the event is something else."""
    if not isinstance(event, dict):
        return None
    shapes: tuple[type[HttpEvent], ...] = (Version2, Version1)
    return next((shape for shape in shapes if shape.fits(event)), None)


def build(shape: type[HttpEvent], event: Mapping[str, Any], context: LambdaContext) -> Scope:
    """The scope with what Lambda adds: `aws.event`, `aws.context`, `aws.deadline` (epoch seconds).

    Raises:
        MalformedEvent: A part of the event is missing or of the wrong kind.
    """
    try:
        scope = shape.scope(event)
    except (KeyError, TypeError, AttributeError, UnicodeError, ValueError) as error:
        raise MalformedEvent(f"{type(error).__name__}: {error}") from None
    return {
        **scope,
        "aws.event": event,
        "aws.context": context,
        "aws.deadline": context.deadline_ms / 1000,
    }


def body(event: Mapping[str, Any]) -> bytes:
    """The request's body. Raises MalformedEvent."""
    text = event.get("body") or ""
    if not isinstance(text, str):
        raise MalformedEvent("body: it must be a text")
    if not event.get("isBase64Encoded"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedEvent("body: it is not base64") from None


def _scope(
    method: str, path: str, query: str, headers: Mapping[str, str], client: str | None
) -> Scope:
    host, _, port = headers.get("host", "").partition(":")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": headers.get("x-forwarded-proto", "https"),
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": (host or "lambda", int(headers.get("x-forwarded-port") or port or 80)),
        "client": (client, 0),
    }


def _decoded(headers: RawHeaders) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
