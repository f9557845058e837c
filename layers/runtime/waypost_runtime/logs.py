"""Log records as Lambda wants them: text or JSON lines, in telemetry frames where there are any."""

import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import BinaryIO

request_id: ContextVar[str] = ContextVar("request_id", default="")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEVELS = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}
_STEP = {logging.DEBUG: 2, logging.INFO: 3, logging.WARNING: 4, logging.ERROR: 5}


class JsonLines(logging.Formatter):
    """One JSON object a line, with the fields that were given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": request_id.get() or None,
        }
        if record.exc_info and record.exc_info[0]:
            fields["errorType"] = record.exc_info[0].__name__
            fields["stackTrace"] = self.formatException(record.exc_info).splitlines()
        fields.update((k, v) for k, v in vars(record).items() if k not in _OWN)
        kept = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(kept, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """`[LEVEL] time request-id message`, then the fields that were given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        extra = " ".join(
            f"{k}={v}" for k, v in vars(record).items() if k not in _OWN and v is not None
        )
        line = f"[{record.levelname}]\t{at}.{int(record.msecs):03d}Z\t{request_id.get()}\t"
        line += " ".join(part for part in (record.getMessage(), extra) if part)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Frames(logging.Handler):
    """Writes each record in a frame: type, length, microseconds, text.

    The type tells level and format, as the managed runtime's own (awslambdaric) does.
    """

    def __init__(self, sink: BinaryIO, *, json_lines: bool) -> None:
        super().__init__()
        self._sink = sink
        self._format_bit = 2 if json_lines else 3

    def emit(self, record: logging.LogRecord) -> None:
        text = (self.format(record) + "\n").encode()
        level = _STEP.get(min(record.levelno // 10 * 10, logging.CRITICAL), 6)
        kind = 0xA55A0000 | level << 2 | self._format_bit
        micros = int(record.created * 1_000_000)
        frame = kind.to_bytes(4, "big") + len(text).to_bytes(4, "big") + micros.to_bytes(8, "big")
        self._sink.write(frame + text)


def setup(env: Mapping[str, str]) -> None:
    """Makes the root logger write for Lambda, at `AWS_LAMBDA_LOG_LEVEL` (default WARNING)."""
    json_lines = env.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    handler: logging.Handler
    if fd := env.get("_LAMBDA_TELEMETRY_LOG_FD"):
        handler = Frames(os.fdopen(int(fd), "wb", 0), json_lines=json_lines)
    else:
        handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines() if json_lines else TextLines())
    level = env.get("AWS_LAMBDA_LOG_LEVEL", "WARNING").upper()
    logging.basicConfig(level=_LEVELS.get(level, level), handlers=[handler], force=True)
