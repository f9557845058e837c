"""From a run's events back to the turns of its model, for another call to go on from."""

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
from waypost.runs.projection import RESULT_UNKNOWN


@dataclass
class _ModelOutput:
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


def transcript(events: Iterable[Event]) -> tuple[Turn, ...]:
    """What a model wrote and did, over one run or several that continue each other."""
    written = _Transcript()
    for event in events:
        written.apply(event)
    return tuple(written.turns())


class _Transcript:
    def __init__(self) -> None:
        self._outputs: list[_ModelOutput] = []
        self._names: dict[str, str] = {}
        self._final: set[str] = set()

    def apply(self, event: Event) -> None:
        match event:
            case StepStarted(kind="model"):
                self._outputs.append(_ModelOutput())
            case TextStarted(channel="final"):
                self._final.add(event.text_id)
            case TextDelta() if event.text_id in self._final:
                self._outputs[-1].text += event.delta
            case ToolStarted():
                self._names[event.call_id] = event.name
            case ToolInput():
                call = ToolCall(event.call_id, self._names[event.call_id], event.arguments)
                self._outputs[-1].calls.append(call)
            case ToolOutput():
                self._result(event.call_id, _text(event.output), failed=False)
            case ToolFailed(message=message) if message != RESULT_UNKNOWN:
                self._result(event.call_id, message, failed=True)

    def turns(self) -> Iterator[Turn]:
        """Texts that follow each other with no tool between them are one turn."""
        text = ""
        for output in self._outputs:
            output.text = text + output.text
            text = "" if output.results else output.text
            if not text:
                yield from output.turns()
        if text:
            yield AssistantTurn(text)

    def _result(self, call_id: str, text: str, *, failed: bool) -> None:
        self._outputs[-1].results[call_id] = ToolTurn(call_id, text, failed)


def _text(output: Any) -> str:
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
