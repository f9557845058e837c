"""What OpenAI's two APIs have in common."""

from datetime import datetime
from typing import Any

from waypost.events import RunCancelled, RunFailed

ROUTED = "waypost"
"""The model that is not an agent: the question is classified and routed."""


def error_of(event: RunFailed | RunCancelled) -> dict[str, Any]:
    """The run's end as OpenAI's error object."""
    if isinstance(event, RunCancelled):
        return error("The run was cancelled.", "cancelled", "cancelled")
    kind = "rate_limit_error" if event.code == "model_busy" else "server_error"
    return error(event.message, kind, event.code)


def error(message: str, kind: str, code: str, param: str | None = None) -> dict[str, Any]:
    return {"message": message, "type": kind, "param": param, "code": code}


def seconds(at: str) -> int:
    """Since the epoch, of an RFC 3339 time; 0 where there is none."""
    return int(datetime.fromisoformat(at).timestamp()) if at else 0
