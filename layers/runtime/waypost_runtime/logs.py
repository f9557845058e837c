"""Log records as Lambda wants them: text or JSON lines, in telemetry frames where there are any.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import io
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from typing import BinaryIO

from waypost_runtime.context import LambdaContext

current: LambdaContext | None = None
"""The invocation that is being served where there is one at a time: threads of the app log too."""
own: ContextVar[LambdaContext | None] = ContextVar("own", default=None)
"""The invocation that is being served where there are many at once."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEVELS = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}
_FRAME = 0xA55A0000
_JSON, _TEXT = 2, 3


class JsonLines(logging.Formatter):
    """One JSON object a line, with the fields that were given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        about = own.get() or current
        fields: dict[str, object] = {
            "timestamp": _timestamp(record),
            "level": record.levelname,
            "message": _message(record),
            "logger": record.name,
            "requestId": about and about.aws_request_id,
            "tenantId": about and about.tenant_id,
            **dict(self._error(record)),
        }
        fields |= {name: value for name, value in _extra(record) if name not in fields}
        present = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, default=str)

    def _error(self, record: logging.LogRecord) -> Iterator[tuple[str, object]]:
        if record.exc_info and record.exc_info[0]:
            yield "errorType", record.exc_info[0].__name__
            yield "errorMessage", str(record.exc_info[1])
            yield "stackTrace", self.formatException(record.exc_info).splitlines()
            yield "location", f"{record.pathname}:{record.funcName}:{record.lineno}"


class TextLines(logging.Formatter):
    """`[LEVEL] time request-id message`, then the fields that were given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        about = own.get() or current
        request_id = about.aws_request_id if about else ""
        extra = (f"{name}={value}" for name, value in _extra(record))
        text = " ".join([record.getMessage(), *extra])
        line = f"[{record.levelname}]\t{_timestamp(record)}\t{request_id}\t{text}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Frames(logging.Handler):
    """Writes each record in a frame: type, length, microseconds, text, as awslambdaric does.

    The type tells the level and whether the text is JSON.
    """

    def __init__(self, sink: BinaryIO, *, json_lines: bool) -> None:
        super().__init__()
        self._sink = sink
        self._kind = _JSON if json_lines else _TEXT

    def emit(self, record: logging.LogRecord) -> None:
        text = (self.format(record) + "\n").encode(errors="backslashreplace")
        step = min(record.levelno, logging.CRITICAL) // 10
        kind = _FRAME | (step + 1 if step else 0) << 2 | self._kind
        micros = int(record.created * 1_000_000)
        head = kind.to_bytes(4, "big") + len(text).to_bytes(4, "big") + micros.to_bytes(8, "big")
        self._sink.write(head + text)


def setup(env: MutableMapping[str, str]) -> None:
    """Makes the root logger write for Lambda, at `AWS_LAMBDA_LOG_LEVEL` (default WARNING)."""
    json_lines = env.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    handler: logging.Handler
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What is still in a buffer when the environment is frozen is seen late or never.
        sys.stdout.reconfigure(line_buffering=True)
    # Taken out of the environment: processes that the function starts have no such descriptor.
    if fd := env.pop("_LAMBDA_TELEMETRY_LOG_FD", None):
        handler = Frames(os.fdopen(int(fd), "wb", 0), json_lines=json_lines)
    else:
        handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines() if json_lines else TextLines())
    logging.basicConfig(level=_level(env.get("AWS_LAMBDA_LOG_LEVEL")), handlers=[handler])


def _level(name: str | None) -> int:
    name = (name or "WARNING").upper()
    return logging.getLevelNamesMapping().get(_LEVELS.get(name, name), logging.WARNING)


def _timestamp(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"


def _message(record: logging.LogRecord) -> object:
    """A dict is logged as an object."""
    return record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage()


def _extra(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    return ((k, v) for k, v in vars(record).items() if k not in _OWN and v is not None)
