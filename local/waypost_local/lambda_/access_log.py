"""What is logged of each request to a function URL."""

import time
from dataclasses import dataclass, field

from waypost_local.lambda_.pool import RunningInvocation
from waypost_local.lambda_.url_events import UrlRequest


@dataclass(frozen=True)
class AccessLogEntry:
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


@dataclass
class AccessLogRecord:
    """An entry in the making. Times are of `time.monotonic`."""

    request: UrlRequest
    started: float = field(default_factory=time.monotonic)
    first_byte: float = 0.0
    ended: float = 0.0
    status: int = 0
    agent: str = ""
    refusal: str = ""
    """Why the URL itself answered with an error."""
    running: RunningInvocation | None = None

    def response_started(self, status: int) -> None:
        """Sets the status and the time of the first byte."""
        self.status, self.first_byte = status, time.monotonic()

    def entry(self) -> AccessLogEntry:
        running = self.running
        error = (running.invocation.error or running.invocation.late_error) if running else None
        return AccessLogEntry(
            method=self.request.method,
            path=self.request.path,
            status=self.status,
            first_ms=round((self.first_byte - self.started) * 1000),
            total_ms=round((self.ended - self.started) * 1000),
            environment=running.environment if running else "",
            request_id=running.invocation.id if running else "",
            agent=self.agent,
            error=str(error) if error else self.refusal,
        )
