"""Steps of a run that are not model calls."""

import time

from waypost.events import StepCompleted, StepKind, StepStarted, StepStatus, StepUpdated
from waypost.ids import new_id


class OpenStep:
    """A step that is under way. It begins when it is constructed."""

    def __init__(self, kind: StepKind, name: str) -> None:
        self._began = time.monotonic()
        self.started = StepStarted(step_id=new_id("step"), kind=kind, name=name)

    def note(self, text: str) -> StepUpdated:
        return StepUpdated(step_id=self.started.step_id, note=text)

    def completed(self, status: StepStatus) -> StepCompleted:
        return StepCompleted(
            step_id=self.started.step_id, status=status, elapsed_ms=elapsed_ms(self._began)
        )


def elapsed_ms(began: float) -> int:
    """Milliseconds since `began`, a reading of `time.monotonic()`."""
    return round((time.monotonic() - began) * 1000)
