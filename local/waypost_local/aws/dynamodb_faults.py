"""DynamoDB's failures on demand, and which call each of them applies to."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal["throttling", "internal", "unavailable", "cut", "lost", "delay"]


@dataclass
class DynamoDBFault:
    """One way to fail, for every call that matches `operation` and `containing`.

    Args:
        times: How many more calls fail, 0 for all. An SDK's own retries are calls, too.
        operation: A name such as PutItem.
        containing: A text in the call's JSON, such as a tenant's keys.
        seconds: How long a `delay` lasts.
        probability: Of failing a call that matches, drawn from `seed`.
    """

    kind: Kind
    times: int = 0
    operation: str = ""
    containing: str = ""
    seconds: float = 1.0
    probability: float = 1.0
    seed: int = 0
    _random: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311

    def matches(self, operation: str, body: str) -> bool:
        found = self.operation in ("", operation) and self.containing in body
        return found and (self.probability >= 1 or self._random.random() < self.probability)

    def to_json(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}


class DynamoDBFaults:
    """The faults that are set. Of several, a call meets the first that matches it."""

    def __init__(self) -> None:
        self._faults: list[DynamoDBFault] = []
        self._lock = threading.Lock()

    @property
    def current(self) -> list[DynamoDBFault]:
        return list(self._faults)

    def set(self, faults: Iterable[DynamoDBFault]) -> None:
        self._faults = list(faults)

    def add(self, faults: Iterable[DynamoDBFault]) -> None:
        with self._lock:
            self._faults += faults

    def remove(self, containing: str) -> None:
        """Removes the faults with this `containing`, or all where it is empty."""
        with self._lock:
            self._faults = [f for f in self._faults if containing not in ("", f.containing)]

    def take(self, operation: str, body: str) -> DynamoDBFault | None:
        """The fault for this call. Counts the call off its `times`."""
        with self._lock:
            fault = next((f for f in self._faults if f.matches(operation, body)), None)
            if fault and fault.times:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
            return fault


def parse(value: Any) -> list[DynamoDBFault]:
    """Faults from JSON, one or a list. Raises ValueError with what is allowed."""
    return [_parse_one(fault) for fault in (value if isinstance(value, list) else [value])]


def _parse_one(settings: Any) -> DynamoDBFault:
    if not isinstance(settings, dict) or settings.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    known = [f for f in fields(DynamoDBFault) if f.init and f.name != "kind"]
    types: dict[str, Any] = {f.name: type(f.default) for f in known}
    for name, value in settings.items():
        expected = types.get(name, str)
        if name != "kind" and name not in types:
            raise ValueError(f"there is no {name!r}; a fault has kind, {', '.join(types)}")
        allowed = (float, int) if expected is float else (expected,)
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise ValueError(f"{name} must be of type {expected.__name__}")
        if expected is not str and value < 0:
            raise ValueError(f"{name} must not be negative")
    return DynamoDBFault(**settings)
