"""What one run of an agent may take."""

import time

from waypost.agents.task import Task
from waypost.errors import DeadlinePassed, LimitReached
from waypost.events import Event, StepCompleted


class Limits:
    """Told of every event, asked before every model call and every tool."""

    def __init__(self, task: Task) -> None:
        self._until = task.until
        self._most = task.agent.max_cost_usd
        self._cost = 0.0

    def read(self, event: Event) -> None:
        if isinstance(event, StepCompleted):
            self._cost += event.cost_usd or 0.0

    def check(self) -> None:
        """Raises DeadlinePassed, and LimitReached where the agent's money is spent."""
        if time.time() >= self._until:
            raise DeadlinePassed
        if self._most is not None and self._cost >= self._most:
            raise LimitReached("The agent spent what it may on this question, without an answer.")
