"""From a run's events back to what its model said and did: turns that another call goes on from."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from waypost.events import (
    Event,
    StepStarted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
    ToolStarted,
)
from waypost.models.turns import AssistantTurn, ToolCall, ToolTurn, Turn
from waypost.runs.books import UNDONE


@dataclass
class _Said:
    """One model call."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    results: dict[str, ToolTurn] = field(default_factory=dict)

    def turns(self) -> Iterator[Turn]:
        # A call whose result is not known was not made, as far as anybody can tell.
        made = tuple(call for call in self.calls if call.id in self.results)
        if self.text or made:
            yield AssistantTurn(self.text, made)
        yield from (self.results[call.id] for call in made)


def turns(events: Iterable[Event]) -> tuple[Turn, ...]:
    """What was said and done, over one run or several that go on with each other."""
    told = _Retelling()
    for event in events:
        told.read(event)
    return tuple(told.turns())


class _Retelling:
    def __init__(self) -> None:
        self._said: list[_Said] = []
        self._names: dict[str, str] = {}
        self._final: set[str] = set()

    def read(self, event: Event) -> None:
        match event:
            case StepStarted(kind="model"):
                self._said.append(_Said())
            case TextStarted(channel="final"):
                self._final.add(event.text_id)
            case TextDelta() if event.text_id in self._final:
                self._said[-1].text += event.delta
            case ToolStarted():
                self._names[event.call_id] = event.name
            case ToolInput():
                call = ToolCall(event.call_id, self._names[event.call_id], event.arguments)
                self._said[-1].calls.append(call)
            case ToolOutput():
                self._result(event.call_id, _text(event.output), failed=False)
            case ToolFailed(message=message) if message != UNDONE:
                self._result(event.call_id, message, failed=True)

    def turns(self) -> Iterator[Turn]:
        """Texts that follow each other with no tool between them are one turn."""
        text = ""
        for said in self._said:
            said.text = text + said.text
            text = "" if said.results else said.text
            if not text:
                yield from said.turns()
        if text:
            yield AssistantTurn(text)

    def _result(self, call_id: str, text: str, *, failed: bool) -> None:
        self._said[-1].results[call_id] = ToolTurn(call_id, text, failed)


def _text(output: Any) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
