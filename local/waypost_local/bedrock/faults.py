"""Failures on demand, by setting or by header, of every kind that Bedrock knows."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

Kind = Literal[
    "throttling",
    "unavailable",
    "internal",
    "model_timeout",
    "model_error",
    "model_not_ready",
    "access_denied",
    "exception_after",
    "cut_after",
    "stall_after",
]
HEADER = "x-waypost-fault"

REFUSALS: dict[Kind, tuple[str, int]] = {
    "throttling": ("ThrottlingException", 429),
    "unavailable": ("ServiceUnavailableException", 503),
    "internal": ("InternalServerException", 500),
    "model_timeout": ("ModelTimeoutException", 408),
    "model_error": ("ModelErrorException", 424),
    "model_not_ready": ("ModelNotReadyException", 429),
    "access_denied": ("AccessDeniedException", 403),
}
"""Kinds that refuse the call itself, with Bedrock's code and status."""


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `after` counts the tokens that still come through; `times` the calls that fail, 0 for all;
    `operation` narrows it to `converse` or `converse-stream`; `exception` names the one that
    `exception_after` sends; `seconds` is how long a stall lasts.
    """

    kind: Kind
    after: int = 0
    times: int = 0
    operation: str = ""
    exception: str = "throttlingException"
    seconds: float = 3600


class Faults:
    """The setting: at most one fault at a time, until it is used up or taken back."""

    def __init__(self) -> None:
        self._fault: Fault | None = None

    @property
    def current(self) -> Fault | None:
        return self._fault

    def set(self, fault: Fault | None) -> None:
        self._fault = fault

    def take(self, operation: str, header: str | None) -> Fault | None:
        """The fault that this call meets; a header's counts before the setting's."""
        if header:
            return parse_header(header)
        fault = self._fault
        if fault is None or (fault.operation and fault.operation != operation):
            return None
        if fault.times == 1:
            self._fault = None
        elif fault.times:
            self._fault = replace(fault, times=fault.times - 1)
        return fault


def parse(fields: dict[str, Any]) -> Fault:
    """A fault from JSON. Raises ValueError with what is allowed."""
    if fields.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    unknown = set(fields) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    return Fault(**fields)


def parse_header(value: str) -> Fault:
    """`throttling`, or `exception_after;after=5;exception=modelStreamErrorException`."""
    kind, *rest = value.split(";")
    fields: dict[str, Any] = {"kind": kind.strip()}
    for part in rest:
        name, _, text = part.strip().partition("=")
        fields[name] = int(text) if text.isdigit() else text
    return parse(fields)
