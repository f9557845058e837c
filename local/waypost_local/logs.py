"""What the command prints: a line for each request, and what the functions themselves print."""

import json
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

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
_SHOWN = 3
_REMEMBERED = 1000
_OWN = {"timestamp", "level", "message", "logger", "requestId", "stackTrace", "location"}


@dataclass(frozen=True)
class Served:
    """A request that is over. Times are milliseconds since it came."""

    method: str
    path: str
    status: int
    first_ms: int
    total_ms: int
    environment: str = ""
    request_id: str = ""
    agent: str = ""
    error: str = ""


class Log:
    """Writes lines, as text or as JSON.

    A function's own lines are shown from WARNING on, or all of them where `verbose`. The agent
    that answered is taken from them too: a record with an `agent` names it for its request.
    """

    def __init__(
        self, write: Callable[[str], None], form: Format = "text", *, verbose: bool = False
    ) -> None:
        self._write = write
        self._json = form == "json"
        self.verbose = verbose
        self._agents: OrderedDict[str, str] = OrderedDict()

    def note(self, text: str) -> None:
        self._line({"message": text}, text)

    def served(self, request: Served) -> None:
        """One line for one request."""
        agent = request.agent or self._agents.pop(request.request_id, "")
        fields = {**asdict(request), "agent": agent}
        times = f"first {request.first_ms} ms  total {request.total_ms} ms"
        parts = [f"{request.method} {request.path}", str(request.status), times,
                 request.environment, agent, request.error]  # fmt: skip
        shown = {name: value for name, value in fields.items() if value != ""}
        self._line(shown, "  ".join(part for part in parts if part))

    def printed(self, environment: str, line: str) -> None:
        """Something that a function printed: a JSON record, or any other line."""
        record = _record(line)
        if record is None:
            if line:
                self._line({"environment": environment, "message": line}, f"{environment}: {line}")
            return
        self._remember(record)
        if self.verbose or _LEVELS.get(record["level"], _SHOWN) >= _SHOWN:
            self._line({"environment": environment, **record}, f"{environment}: {_text(record)}")

    def _remember(self, record: Mapping[str, Any]) -> None:
        if record.get("agent") and record.get("requestId"):
            self._agents[record["requestId"]] = str(record["agent"])
            if len(self._agents) > _REMEMBERED:
                self._agents.popitem(last=False)

    def _line(self, fields: Mapping[str, Any], text: str) -> None:
        now = datetime.now()
        if self._json:
            self._write(json.dumps({"time": now.isoformat(timespec="milliseconds"), **fields}))
        else:
            self._write(f"{now:%H:%M:%S}  {text}")


def to_stdout(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    known = isinstance(record, dict) and isinstance(record.get("level"), str)
    return record if known else None


def _text(record: Mapping[str, Any]) -> str:
    extra = " ".join(f"{name}={value}" for name, value in record.items() if name not in _OWN)
    line = "  ".join(p for p in (record["level"], str(record.get("message", "")), extra) if p)
    trace = record.get("stackTrace") or []
    return "\n    ".join([line, *(str(part).rstrip() for part in trace)])
