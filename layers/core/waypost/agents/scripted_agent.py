"""An agent that follows a script: for work on front ends, at no model's cost.

It thinks, calls a tool, gets its result and answers, in the events of any run.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator

from waypost.agents.task import Resources, Task
from waypost.errors import ModelBroken
from waypost.events import (
    Data,
    Event,
    StepCompleted,
    StepStarted,
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolInput,
    ToolInputDelta,
    ToolOutput,
    ToolStarted,
    Usage,
)
from waypost.ids import new_id

_TOOL = "look_up"
_THOUGHTS = ("Nobody is asked here: ", "these words are written down. ", "First I look it up.")
_ANSWER = (
    "This is a scripted answer",
    " to a question of ",
    "{length} characters.",
    " No model",
    " was asked, ",
    "and the table's ",
    "two rows ",
    "are always the same.",
)
_ROWS = {"columns": ["name", "amount"], "rows": [["first", 1], ["second", 2]]}


class ScriptedAgent:
    """The same events for every question, save their ids. `failing` breaks off in the answer."""

    stop_reason = "end_turn"

    def __init__(self, task: Task, resources: Resources, *, failing: bool = False) -> None:
        self._question = task.question
        self._failing = failing

    def estimated_usage(self) -> tuple[Usage | None, float | None]:
        return None, None

    async def events(self) -> AsyncGenerator[Event, None]:
        """Raises ModelBroken where it is to fail."""
        for event in self._script():
            # Others have their turn between two words, as they do while a model speaks.
            await asyncio.sleep(0)
            yield event
        if self._failing:
            raise ModelBroken

    def _script(self) -> Iterator[Event]:
        first = StepStarted(step_id=new_id("step"), kind="model", name="scripted")
        yield first
        yield from _text("reasoning", _THOUGHTS)
        call_id, tool = new_id("call"), StepStarted(step_id=new_id("step"), kind="tool", name=_TOOL)
        yield tool
        yield from _call(call_id, tool, {"words": self._question.split()[:8]})
        yield _done(first)
        yield ToolOutput(call_id=call_id, output=_ROWS, elapsed_ms=0)
        yield Data(name="table", id=call_id, data={**_ROWS, "truncated": False})
        yield StepCompleted(step_id=tool.step_id, status="ok", elapsed_ms=0)
        second = StepStarted(step_id=new_id("step"), kind="model", name="scripted")
        yield second
        words = [part.format(length=len(self._question)) for part in _ANSWER]
        yield from _text("final", words[: len(words) // 2] if self._failing else words)
        if not self._failing:
            yield _done(second)


def failing(task: Task, resources: Resources) -> ScriptedAgent:
    """A script that breaks off in the middle of its answer."""
    return ScriptedAgent(task, resources, failing=True)


def _text(channel: str, parts: tuple[str, ...] | list[str]) -> Iterator[Event]:
    text_id = new_id("text")
    yield TextStarted(text_id=text_id, channel=channel)
    for part in parts:
        yield TextDelta(text_id=text_id, delta=part)
    yield TextCompleted(text_id=text_id)


def _call(call_id: str, step: StepStarted, arguments: dict[str, list[str]]) -> Iterator[Event]:
    yield ToolStarted(call_id=call_id, name=_TOOL, step_id=step.step_id)
    yield ToolInputDelta(call_id=call_id, delta=json.dumps(arguments))
    yield ToolInput(call_id=call_id, arguments=arguments)


def _done(step: StepStarted) -> StepCompleted:
    return StepCompleted(
        step_id=step.step_id, status="ok", elapsed_ms=0, usage=Usage(), cost_usd=0.0
    )
