"""What one run of an agent may take."""

import time

from waypost.agents.task import Task
from waypost.errors import DeadlinePassed, LimitReached
from waypost.events import Event, StepCompleted


class RunLimits:
    """Reads every event; checked before every model call and every tool."""

    def __init__(self, task: Task) -> None:
        self._until = task.until
        self._max_cost_usd = task.agent.max_cost_usd
        self._cost = task.spent_usd
        self._unpriced = False
        """Whether tokens were used whose price is not known."""

    def apply(self, event: Event) -> None:
        if isinstance(event, StepCompleted):
            self._cost += event.cost_usd or 0.0
            self._unpriced |= event.usage is not None and event.cost_usd is None

    def check(self) -> None:
        """Raises DeadlinePassed, and LimitReached where the run costs what the agent may.

        Where the price of a model is not known the limit allows one call of it.
        """
        if time.time() >= self._until:
            raise DeadlinePassed
        if self._max_cost_usd is None:
            return
        if self._cost >= self._max_cost_usd:
            raise LimitReached(
                "The agent reached its cost limit for this question without an answer."
            )
        if self._unpriced:
            raise LimitReached(
                "The agent has a cost limit, and the price of its model is not known.",
                code="unknown_price",
            )
