"""When a model call is tried again, and with which model."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

TRIES = 3
_WAITS = (0.25, 0.5)
"""The maximum seconds before the second try, the third, and so on; the wait is drawn from 0 up."""
_BUSY_FACTOR = 4
"""A rate limit takes so many times as long to pass: 1 s, then 2 s, and no less than half of it."""


@dataclass(frozen=True)
class Attempt:
    """`wait` is in seconds. `number` counts the tries of this model from 0."""

    model: str
    number: int
    wait: float


class Attempts:
    """The tries of one model call: each model up to three times, then the next.

    A wait is drawn anew each time (full jitter), so that callers who were turned away together do
    not come back together.
    """

    def __init__(self, models: Sequence[str]) -> None:
        self._models = list(dict.fromkeys(models))
        self.current = Attempt(self._models[0], 0, 0.0)

    def after(self, *, worth_repeating: bool, busy: bool = False) -> Attempt | None:
        """The try after the current one failed, or None where there is none left.

        Args:
            busy: The model turned the call away because there were too many.
        """
        number = self.current.number + 1
        if worth_repeating and number < TRIES:
            max_wait = _WAITS[number - 1] * (_BUSY_FACTOR if busy else 1)
            wait = random.uniform(max_wait / 2 if busy else 0, max_wait)  # noqa: S311
            self.current = Attempt(self.current.model, number, wait)
            return self.current
        rest = self._models[self._models.index(self.current.model) + 1 :]
        if not rest:
            return None
        self.current = Attempt(rest[0], 0, 0.0)
        return self.current
