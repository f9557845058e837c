"""The lines on the console: one for each request, and what functions log."""

import json
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from waypost_local.lambda_.access_log import AccessLogEntry

Format = Literal["text", "json"]
_LEVELS = {
    "TRACE": 0,
    "DEBUG": 1,
    "INFO": 2,
    "WARN": 3,
    "WARNING": 3,
    "ERROR": 4,
    "CRITICAL": 5,
    "FATAL": 5,
}
_WARNING = 3
_MAX_AGENTS = 1000
"""Requests whose agent is held until they are over."""
_STANDARD_FIELDS = {
    "timestamp",
    "level",
    "message",
    "logger",
    "requestId",
    "stackTrace",
    "location",
}


class ConsoleLog:
    """Writes lines, as text or as JSON.

    Of a function's own records it shows warnings and errors, all of them where `verbose`. A record
    with a `requestId` and an `agent` also names the agent in the line of that request.
    """

    def __init__(
        self, write: Callable[[str], None], log_format: Format = "text", *, verbose: bool = False
    ) -> None:
        self._write = write
        self._json = log_format == "json"
        self.verbose = verbose
        self._agents: OrderedDict[str, str] = OrderedDict()

    def message(self, text: str) -> None:
        self._write_line({"message": text}, text)

    def request(self, entry: AccessLogEntry) -> None:
        """A line for a request."""
        agent = entry.agent or self._agents.pop(entry.request_id, "")
        fields = {**asdict(entry), "agent": agent}
        columns = [
            f"{entry.method} {entry.path}",
            str(entry.status),
            f"first {entry.first_ms} ms  total {entry.total_ms} ms",
            entry.environment,
            agent,
            entry.error,
        ]
        non_empty = {name: value for name, value in fields.items() if value != ""}
        self._write_line(non_empty, "  ".join(column for column in columns if column))

    def function_output(self, environment: str, line: str) -> None:
        """A line that a function printed: a JSON record, or any other."""
        record = _parse_record(line)
        if record is not None:
            self._function_record(environment, record)
        elif line:
            fields = {"environment": environment, "message": line}
            self._write_line(fields, f"{environment}: {line}")

    def _function_record(self, environment: str, record: Mapping[str, Any]) -> None:
        self._remember_agent(record)
        if self.verbose or _LEVELS.get(record["level"], _WARNING) >= _WARNING:
            fields = {"environment": environment, **record}
            self._write_line(fields, f"{environment}: {_format_record(record)}")

    def _remember_agent(self, record: Mapping[str, Any]) -> None:
        if record.get("agent") and record.get("requestId"):
            self._agents[record["requestId"]] = str(record["agent"])
            if len(self._agents) > _MAX_AGENTS:
                self._agents.popitem(last=False)

    def _write_line(self, fields: Mapping[str, Any], text: str) -> None:
        now = datetime.now()
        if self._json:
            self._write(json.dumps({"time": now.isoformat(timespec="milliseconds"), **fields}))
        else:
            self._write(f"{now:%H:%M:%S}  {text}")


def to_stdout(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parse_record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    is_record = isinstance(record, dict) and isinstance(record.get("level"), str)
    return record if is_record else None


def _format_record(record: Mapping[str, Any]) -> str:
    extra_fields = [item for item in record.items() if item[0] not in _STANDARD_FIELDS]
    extra = " ".join(f"{name}={value}" for name, value in extra_fields)
    line = "  ".join(p for p in (record["level"], str(record.get("message", "")), extra) if p)
    trace = record.get("stackTrace") or []
    return "\n    ".join([line, *(str(part).rstrip() for part in trace)])
