"""WSGI middleware that makes DynamoDB's calls fail."""

import json
import socket
import time
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from waypost_local.aws import dynamodb_faults
from waypost_local.aws.dynamodb_faults import DynamoDBFaults

PATH = "/_faults"
_TARGET = "DynamoDB_20120810."
_ERROR_TYPE = "com.amazonaws.dynamodb.v20120810#"
_REFUSALS: dict[str, tuple[str, str]] = {
    "throttling": ("ProvisionedThroughputExceededException", "400 Bad Request"),
    "internal": ("InternalServerError", "500 Internal Server Error"),
    "unavailable": ("ServiceUnavailable", "503 Service Unavailable"),
}
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html"""


class DynamoDBFaultMiddleware:
    """Applies `faults` to calls of DynamoDB; `/_faults` shows and changes them.

    `PUT` replaces them, `POST` adds to them, `GET` shows them; `DELETE` removes them, with
    `?containing=` only those with that `containing`.
    """

    def __init__(self, app: Any, faults: DynamoDBFaults | None = None) -> None:
        self._app = app
        self._faults = faults or DynamoDBFaults()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            return self._control(environ, start_response)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(_TARGET) and self._faults.current:
            return self._call_with_faults(target.removeprefix(_TARGET), environ, start_response)
        response: Iterable[bytes] = self._app(environ, start_response)
        return response

    def _call_with_faults(
        self, operation: str, environ: Any, start_response: Any
    ) -> Iterable[bytes]:
        body = _read_and_rewind(environ).decode(errors="replace")
        fault = self._faults.take(operation, body)
        if fault and fault.kind in _REFUSALS:
            return _refuse(fault.kind, start_response)
        if fault and fault.kind == "cut":
            _close_connection(environ)
        if fault and fault.kind == "delay":
            time.sleep(fault.seconds)
        if fault and fault.kind == "lost":
            _call_and_discard_response(self._app, environ)
            _close_connection(environ)
        response: Iterable[bytes] = self._app(environ, start_response)
        return response

    def _control(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        try:
            self._change_faults(environ)
        except ValueError as error:
            return _json_response("400 Bad Request", {"message": str(error)}, start_response)
        faults = [fault.to_json() for fault in self._faults.current]
        return _json_response("200 OK", faults, start_response)

    def _change_faults(self, environ: Any) -> None:
        match environ["REQUEST_METHOD"]:
            case "PUT":
                self._faults.set(dynamodb_faults.parse(json.loads(_read_and_rewind(environ))))
            case "POST":
                self._faults.add(dynamodb_faults.parse(json.loads(_read_and_rewind(environ))))
            case "DELETE":
                query = parse_qs(environ.get("QUERY_STRING", ""))
                self._faults.remove(query.get("containing", [""])[0])


def _read_and_rewind(environ: Any) -> bytes:
    """The request's body, which the app can read once more."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _refuse(kind: str, start_response: Any) -> Iterable[bytes]:
    code, status = _REFUSALS[kind]
    body = {"__type": f"{_ERROR_TYPE}{code}", "message": "A fault on demand."}
    return _json_response(status, body, start_response, "application/x-amz-json-1.0")


def _call_and_discard_response(app: Any, environ: Any) -> None:
    response = app(environ, lambda *_: None)
    for _ in response:
        pass
    if hasattr(response, "close"):
        response.close()


def _close_connection(environ: Any) -> None:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("A fault on demand.")


def _json_response(
    status: str, value: Any, start_response: Any, content_type: str = "application/json"
) -> Iterable[bytes]:
    body = json.dumps(value).encode()
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
    return [body]
