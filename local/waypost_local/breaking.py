"""What stands in front of a played DynamoDB and makes its calls fail."""

import json
import socket
import time
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from waypost_local import dynamodb_faults
from waypost_local.dynamodb_faults import Faults

PATH = "/_faults"
_TARGET = "DynamoDB_20120810."
_TYPE = "com.amazonaws.dynamodb.v20120810#"
_REFUSALS: dict[str, tuple[str, str]] = {
    "throttling": ("ProvisionedThroughputExceededException", "400 Bad Request"),
    "internal": ("InternalServerError", "500 Internal Server Error"),
    "unavailable": ("ServiceUnavailable", "503 Service Unavailable"),
}
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html"""


class Breaking:
    """WSGI middleware: DynamoDB's calls meet `faults`, which `/_faults` shows and changes.

    `PUT` sets them, `POST` adds to them, `GET` shows them; `DELETE` takes them back, with
    `?containing=` only those that are narrowed to that text.
    """

    def __init__(self, app: Any, faults: Faults | None = None) -> None:
        self._app = app
        self._faults = faults or Faults()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            return self._control(environ, start_response)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if not target.startswith(_TARGET) or not self._faults.current:
            passed: Iterable[bytes] = self._app(environ, start_response)
            return passed
        return self._call(target.removeprefix(_TARGET), environ, start_response)

    def _call(self, operation: str, environ: Any, start_response: Any) -> Iterable[bytes]:
        body = _again(environ).decode(errors="replace")
        fault = self._faults.next(operation, body)
        if fault and fault.kind in _REFUSALS:
            return _refuse(fault.kind, start_response)
        if fault and fault.kind == "cut":
            _cut(environ)
        if fault and fault.kind == "delay":
            time.sleep(fault.seconds)
        if fault and fault.kind == "lost":
            _run_unheard(self._app, environ)
            _cut(environ)
        answered: Iterable[bytes] = self._app(environ, start_response)
        return answered

    def _control(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        try:
            self._change(environ)
        except ValueError as error:
            return _json("400 Bad Request", {"message": str(error)}, start_response)
        shown = [fault.shown for fault in self._faults.current]
        return _json("200 OK", shown, start_response)

    def _change(self, environ: Any) -> None:
        match environ["REQUEST_METHOD"]:
            case "PUT":
                self._faults.set(dynamodb_faults.parse(json.loads(_again(environ))))
            case "POST":
                self._faults.add(dynamodb_faults.parse(json.loads(_again(environ))))
            case "DELETE":
                query = parse_qs(environ.get("QUERY_STRING", ""))
                self._faults.take_back(query.get("containing", [""])[0])


def _again(environ: Any) -> bytes:
    """The request's body, which whoever comes next can read once more."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _refuse(kind: str, start_response: Any) -> Iterable[bytes]:
    code, status = _REFUSALS[kind]
    body = {"__type": f"{_TYPE}{code}", "message": "A fault on demand."}
    return _json(status, body, start_response, "application/x-amz-json-1.0")


def _run_unheard(app: Any, environ: Any) -> None:
    """The call is made, and nobody gets its answer."""
    answer = app(environ, lambda *_: None)
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()


def _cut(environ: Any) -> None:
    """Closes the connection without an answer."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("A fault on demand.")


def _json(
    status: str, value: Any, start_response: Any, kind: str = "application/json"
) -> Iterable[bytes]:
    body = json.dumps(value).encode()
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
