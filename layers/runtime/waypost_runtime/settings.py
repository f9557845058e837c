"""What the environment's variables say."""

from collections.abc import Mapping
from dataclasses import dataclass

from waypost_runtime.failures import BadSetting

_MARGIN = 1.5


@dataclass(frozen=True)
class RuntimeSettings:
    handler: str
    event_handler: str | None
    buffered: bool
    margin: float
    """Seconds before the deadline at which the app is stopped."""
    snap_start: bool
    concurrency: int = 1
    """So many invocations are served at once."""


def read(env: Mapping[str, str]) -> RuntimeSettings:
    """Raises BadSetting, with the variable's name."""
    return RuntimeSettings(
        handler=_required(env, "_HANDLER"),
        event_handler=env.get("WAYPOST_EVENT_HANDLER") or None,
        buffered=_response(env.get("WAYPOST_RESPONSE") or "stream"),
        margin=_seconds(env.get("WAYPOST_DEADLINE_MARGIN") or str(_MARGIN)),
        snap_start=env.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start",
        concurrency=_count(env.get("AWS_LAMBDA_MAX_CONCURRENCY") or "1"),
    )


def _required(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise BadSetting(f"{name} is not set.")
    return env[name]


def _response(value: str) -> bool:
    if value not in ("stream", "buffered"):
        raise BadSetting(f"WAYPOST_RESPONSE is {value!r}; it must be stream or buffered.")
    return value == "buffered"


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) == 0:
        raise BadSetting(f"AWS_LAMBDA_MAX_CONCURRENCY is {value!r}; it must be 1 or more.")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 900:
        raise BadSetting(f"WAYPOST_DEADLINE_MARGIN is {value!r}; it must be seconds, 0 to 900.")
    return seconds
