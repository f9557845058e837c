"""Tools that a graph uses: called by one of its models, or by the graph itself."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from waypost.agents.steps import elapsed_ms
from waypost.agents.tools import ToolResult
from waypost.events import (
    Data,
    Event,
    StepCompleted,
    StepStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost.ids import new_id
from waypost.models.runnables import ToolUseEnded, ToolUseStarted, capped_json
from waypost.models.turns import ToolCall


@dataclass(frozen=True)
class _ToolUse:
    call_id: str
    step_id: str
    began: float = field(default_factory=time.monotonic)


class RunnableTools:
    """Matches the tools that run with the calls that models have requested."""

    def __init__(self) -> None:
        self._requested: list[tuple[ToolCall, str]] = []
        self._uses: dict[str, _ToolUse] = {}

    def request(self, call: ToolCall, step_id: str) -> Event:
        """A model has requested a call."""
        self._requested.append((call, step_id))
        return ToolInput(call_id=call.id, arguments=call.arguments)

    def start(self, event: ToolUseStarted) -> Iterator[Event]:
        """A tool runs. Where a model has requested it, the start was reported then."""
        for call, step_id in self._requested:
            if call.name == event.name and capped_json(call.arguments) == event.arguments:
                self._requested.remove((call, step_id))
                self._uses[event.id] = _ToolUse(call.id, step_id)
                return
        use = self._uses[event.id] = _ToolUse(new_id("call"), new_id("step"))
        yield StepStarted(step_id=use.step_id, kind="tool", name=event.name)
        yield ToolStarted(call_id=use.call_id, name=event.name, step_id=use.step_id)
        yield ToolInput(call_id=use.call_id, arguments=event.arguments)

    def end(self, event: ToolUseEnded) -> Iterator[Event]:
        use = self._uses.pop(event.id)
        elapsed = elapsed_ms(use.began)
        if event.failed:
            message = event.output if isinstance(event.output, str) else "The tool failed."
            yield ToolFailed(call_id=use.call_id, message=message)
        elif isinstance(event.artifact, ToolResult):
            result = event.artifact
            yield ToolOutput(call_id=use.call_id, output=result.output, elapsed_ms=elapsed)
            if result.table:
                yield Data(name="table", id=use.call_id, data=result.table.__dict__)
        else:
            yield ToolOutput(call_id=use.call_id, output=event.output, elapsed_ms=elapsed)
        yield StepCompleted(
            step_id=use.step_id, status="failed" if event.failed else "ok", elapsed_ms=elapsed
        )
