"""From a model's pieces to text and tool events: opens and closes texts and calls."""

from collections.abc import Collection, Iterator

from waypost.agents.citations import Citations
from waypost.events import (
    Event,
    StepCompleted,
    StepStarted,
    TextCompleted,
    TextDelta,
    TextStarted,
    ToolFailed,
    ToolInputDelta,
    ToolStarted,
)
from waypost.ids import new_id
from waypost.models.turns import CallInput, CallStarted, Piece, Reasoning, Text, ToolCall


class EventWriter:
    """The events of one model call. At most one text is open at a time.

    Where `has_answer`, an earlier call of the run has written some of the answer: the text of
    this one starts a new paragraph, because a run's texts together are its answer.
    """

    def __init__(self, citations: Citations, *, has_answer: bool = False) -> None:
        self._citations = citations
        self._break = "\n\n" if has_answer else ""
        self._text_id = ""
        self._channel = ""
        self.has_answer = has_answer
        """Whether the run has written some of the answer, in this call or before."""
        self.has_output = False
        """Whether this call has written anything, of the answer or of its reasoning."""
        self.has_text = False
        """Whether this call has written some of the answer."""
        self.tool_steps: dict[str, str] = {}
        """The step of each tool call, by the call's id."""

    def write(self, piece: Piece) -> Iterator[Event]:
        match piece:
            case Text(delta):
                yield from self._text("final", self._break + delta)
                self._break, self.has_answer, self.has_text = "", True, True
                yield from self._citations.read(delta)
            case Reasoning(delta):
                yield from self._text("reasoning", delta)
            case CallStarted(call_id, name):
                yield from self.close()
                step_id = self.tool_steps[call_id] = new_id("step")
                yield StepStarted(step_id=step_id, kind="tool", name=name)
                yield ToolStarted(call_id=call_id, name=name, step_id=step_id)
            case CallInput(call_id, delta):
                yield ToolInputDelta(call_id=call_id, delta=delta)

    def sources(self) -> Iterator[Event]:
        """The last line of an answer that cites documents: their names."""
        if line := self._citations.line():
            yield from self._text("final", line)

    def abandon(self, made: Collection[ToolCall] = ()) -> Iterator[Event]:
        """Ends the tool calls of a model that broke off before they could be made."""
        kept = {call.id for call in made}
        for call_id, step_id in self.tool_steps.items():
            if call_id not in kept:
                yield ToolFailed(call_id=call_id, message="The model broke off in this request.")
                yield StepCompleted(step_id=step_id, status="failed", elapsed_ms=0)

    def close(self) -> Iterator[Event]:
        if self._text_id:
            yield TextCompleted(text_id=self._text_id)
        self._text_id = self._channel = ""

    def _text(self, channel: str, delta: str) -> Iterator[Event]:
        self.has_output = True
        if channel != self._channel:
            yield from self.close()
            self._text_id, self._channel = new_id("text"), channel
            yield TextStarted(text_id=self._text_id, channel=channel)
        yield TextDelta(text_id=self._text_id, delta=delta)
