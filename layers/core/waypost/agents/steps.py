"""Steps of a run that are no model calls."""

import time

from waypost.events import StepCompleted, StepKind, StepStarted, StepStatus, StepUpdated
from waypost.ids import new_id


class Step:
    """Begins when it is made."""

    def __init__(self, kind: StepKind, name: str) -> None:
        self._began = time.monotonic()
        self.started = StepStarted(step_id=new_id("step"), kind=kind, name=name)

    def note(self, text: str) -> StepUpdated:
        return StepUpdated(step_id=self.started.step_id, note=text)

    def completed(self, status: StepStatus) -> StepCompleted:
        elapsed = since(self._began)
        return StepCompleted(step_id=self.started.step_id, status=status, elapsed_ms=elapsed)


def since(began: float) -> int:
    """Milliseconds since a time of the monotonic clock."""
    return round((time.monotonic() - began) * 1000)
