"""Ways for DynamoDB to fail on demand, and which call meets which."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal["throttling", "internal", "unavailable", "cut", "lost", "delay"]


@dataclass
class Fault:
    """One way to fail. It meets every call that its `operation` and `containing` let it.

    `times` counts the calls that it has left, 0 for all; an SDK's own retries are calls, too.
    `operation` is a name such as PutItem; `containing` is a text that the call's JSON holds, such
    as a tenant's keys; `seconds` is how long a `delay` lasts. Of the calls that it meets, it
    strikes with `probability`, drawn from `seed`.
    """

    kind: Kind
    times: int = 0
    operation: str = ""
    containing: str = ""
    seconds: float = 1.0
    probability: float = 1.0
    seed: int = 0
    _chance: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311

    def meets(self, operation: str, body: str) -> bool:
        found = self.operation in ("", operation) and self.containing in body
        return found and (self.probability >= 1 or self._chance.random() < self.probability)

    @property
    def shown(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}


class Faults:
    """What the next calls meet: of several faults, the first that is meant for a call."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._turn = threading.Lock()

    @property
    def current(self) -> list[Fault]:
        return list(self._faults)

    def set(self, faults: Iterable[Fault]) -> None:
        self._faults = list(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        with self._turn:
            self._faults += faults

    def take_back(self, containing: str) -> None:
        """Ends the faults that are narrowed to this text, or all where it is empty."""
        with self._turn:
            self._faults = [f for f in self._faults if containing not in ("", f.containing)]

    def next(self, operation: str, body: str) -> Fault | None:
        """The fault that this call meets, which has one call less to meet after it."""
        with self._turn:
            fault = next((f for f in self._faults if f.meets(operation, body)), None)
            if fault and fault.times:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
            return fault


def parse(given: Any) -> list[Fault]:
    """Faults from JSON, one or a list. Raises ValueError with what is allowed."""
    return [_parse(one) for one in (given if isinstance(given, list) else [given])]


def _parse(given: Any) -> Fault:
    if not isinstance(given, dict) or given.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    known = [f for f in fields(Fault) if f.init and f.name != "kind"]
    types: dict[str, Any] = {f.name: type(f.default) for f in known}
    for name, value in given.items():
        wanted = types.get(name, str)
        if name != "kind" and name not in types:
            raise ValueError(f"there is no {name!r}; a fault has kind, {', '.join(types)}")
        if isinstance(value, bool) or not isinstance(value, (wanted, int)[: 1 + (wanted is float)]):
            raise ValueError(f"{name} must be of type {wanted.__name__}")
        if wanted is not str and value < 0:
            raise ValueError(f"{name} must not be negative")
    return Fault(**given)
