"""Bedrock's failures on demand, by a setting or by a header of the call."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from waypost_local.bedrock.model import BedrockError, Piece

Kind = Literal[
    "throttling",
    "unavailable",
    "internal",
    "model_timeout",
    "model_error",
    "model_not_ready",
    "access_denied",
    "not_found",
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
    "not_found": ("ResourceNotFoundException", 404),
}
"""Kinds that refuse the call, with Bedrock's code and status."""

EXCEPTIONS = (
    "internalServerException",
    "modelStreamErrorException",
    "serviceUnavailableException",
    "throttlingException",
    "validationException",
)
"""Exceptions that Bedrock may send inside a stream."""


class ConnectionCut(Exception):
    """The connection is to be closed here, without an exception frame."""


@dataclass(frozen=True)
class Fault:
    """One way to fail, for every call that matches `operation` and `model`.

    Args:
        after: How many deltas are sent before it.
        times: How many calls fail, 0 for all.
        operation: `converse`, `converse-stream` or `invoke`; empty for all.
        model: A part of the model id.
        exception: What `exception_after` sends.
        seconds: How long a stall lasts.
    """

    kind: Kind
    after: int = 0
    times: int = 0
    operation: str = ""
    model: str = ""
    exception: str = "throttlingException"
    seconds: float = 3600

    def matches(self, operation: str, model: str) -> bool:
        return self.operation in ("", operation) and self.model in model


class Faults:
    """The setting: at most one fault at a time, until it is used up or removed."""

    def __init__(self) -> None:
        self._fault: Fault | None = None

    @property
    def current(self) -> Fault | None:
        return self._fault

    def set(self, fault: Fault | None) -> None:
        self._fault = fault

    def take(self, operation: str, model: str, header: str | None) -> Fault | None:
        """The fault for this call: the header's, or else the setting's, whose `times` it counts.

        Raises:
            BedrockError: The header is not a fault, or the fault refuses the call.
        """
        fault = _from_header(header) if header else self._next(operation, model)
        if fault and fault.kind in REFUSALS:
            code, status = REFUSALS[fault.kind]
            raise BedrockError(code, status, "A fault on demand.")
        return fault

    def _next(self, operation: str, model: str) -> Fault | None:
        fault = self._fault
        if fault is None or not fault.matches(operation, model):
            return None
        if fault.times == 1:
            self._fault = None
        elif fault.times:
            self._fault = replace(fault, times=fault.times - 1)
        return fault


def parse_fault(settings: Any) -> Fault:
    """A fault from JSON. Raises ValueError with what is allowed."""
    if not isinstance(settings, dict) or settings.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    types = {field.name: type(field.default) for field in fields(Fault) if field.name != "kind"}
    for name, value in settings.items():
        expected = types.get(name, str)
        if name != "kind" and name not in types:
            raise ValueError(f"there is no {name!r}; a fault has kind, {', '.join(types)}")
        allowed = (float, int) if expected is float else (expected,)
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise ValueError(f"{name} must be of type {expected.__name__}")
    if settings.get("exception", EXCEPTIONS[0]) not in EXCEPTIONS:
        raise ValueError(f"exception must be one of {', '.join(EXCEPTIONS)}")
    return Fault(**settings)


def _from_header(header: str) -> Fault:
    """`throttling`, or `exception_after;after=5;exception=modelStreamErrorException`."""
    kind, *rest = header.split(";")
    settings: dict[str, Any] = {"kind": kind.strip()}
    for part in rest:
        name, _, text = part.strip().partition("=")
        settings[name] = int(text) if text.isdigit() else text
    try:
        return parse_fault(settings)
    except ValueError as error:
        raise BedrockError("ValidationException", 400, f"{HEADER}: {error}") from None


async def with_fault(pieces: AsyncIterator[Piece], fault: Fault | None) -> AsyncIterator[Piece]:
    """`pieces` up to where the fault happens.

    Raises:
        BedrockError: `exception_after`.
        ConnectionCut: `cut_after`.
    """
    sent = 0
    async for piece in pieces:
        if fault and sent == fault.after:
            await _fail(fault)
        yield piece
        sent += 1


async def _fail(fault: Fault) -> None:
    match fault.kind:
        case "exception_after":
            code = fault.exception[:1].upper() + fault.exception[1:]
            raise BedrockError(code, 500, "A fault on demand.")
        case "cut_after":
            raise ConnectionCut
        case "stall_after":
            await asyncio.sleep(fault.seconds)
