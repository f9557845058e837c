"""Tools that a graph uses: asked for by one of its models, or by the graph itself."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from waypost.agents.steps import since
from waypost.events import (
    Event,
    StepCompleted,
    StepStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost.ids import new_id
from waypost.models.runnables import ToolBegan, ToolEnded
from waypost.models.turns import ToolCall


@dataclass(frozen=True)
class _Use:
    call_id: str
    step_id: str
    began: float = field(default_factory=time.monotonic)


class ToolUses:
    """Matches the tools that run with the calls that models have asked for."""

    def __init__(self) -> None:
        self._asked: list[tuple[ToolCall, str]] = []
        self._uses: dict[str, _Use] = {}

    def asked(self, call: ToolCall, step_id: str) -> Event:
        """A model's request, whole."""
        self._asked.append((call, step_id))
        return ToolInput(call_id=call.id, arguments=call.arguments)

    def began(self, fact: ToolBegan) -> Iterator[Event]:
        """Nothing is told where a model has asked for it: that was told then."""
        for call, step_id in self._asked:
            if call.name == fact.name and call.arguments == fact.arguments:
                self._asked.remove((call, step_id))
                self._uses[fact.id] = _Use(call.id, step_id)
                return
        use = self._uses[fact.id] = _Use(new_id("call"), new_id("step"))
        yield StepStarted(step_id=use.step_id, kind="tool", name=fact.name)
        yield ToolStarted(call_id=use.call_id, name=fact.name, step_id=use.step_id)
        yield ToolInput(call_id=use.call_id, arguments=fact.arguments)

    def ended(self, fact: ToolEnded) -> Iterator[Event]:
        use = self._uses.pop(fact.id)
        elapsed = since(use.began)
        if fact.failed:
            message = fact.output if isinstance(fact.output, str) else "The tool failed."
            yield ToolFailed(call_id=use.call_id, message=message)
        else:
            yield ToolOutput(call_id=use.call_id, output=fact.output, elapsed_ms=elapsed)
        yield StepCompleted(
            step_id=use.step_id, status="failed" if fact.failed else "ok", elapsed_ms=elapsed
        )
