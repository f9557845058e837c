"""Agents that are a LangChain Runnable or a LangGraph graph, named by its dotted path."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field

from waypost.agents.citations import Citations
from waypost.agents.limits import Limits
from waypost.agents.resuming import begins_paragraph, conversation
from waypost.agents.steps import since
from waypost.agents.task import Resources, Task
from waypost.agents.uses import ToolUses
from waypost.agents.writing import Writing
from waypost.errors import LimitReached, ModelBroken
from waypost.events import (
    Event,
    StepCompleted,
    StepStarted,
    Usage,
)
from waypost.ids import new_id
from waypost.models import loading, prices, runnables, spent
from waypost.models.failures import model_error
from waypost.models.runnables import (
    Ended,
    Fact,
    ModelEnded,
    ModelSaid,
    ModelStarted,
    Said,
    ToolBegan,
    ToolEnded,
)
from waypost.models.turns import CallInput, Reasoning, System, Text


@dataclass
class _Call:
    """A model at work."""

    name: str
    hidden: bool
    writing: Writing
    step_id: str = field(default_factory=lambda: new_id("step"))
    began: float = field(default_factory=time.monotonic)
    received: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """What it has said while another one was speaking."""


class Plugged:
    """One task being answered by whatever the agent's `runnable` names.

    Every model in it speaks to the user, one after the other, unless it is tagged `nostream`.
    """

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._turns = conversation(task)
        self._citations = Citations()
        self._models: dict[str, _Call] = {}
        self._speaker: str | None = None
        self._tools = ToolUses()
        self._limits = Limits(task)
        self._own = Writing(self._citations)
        self._spoken = begins_paragraph(task)
        self.stop_reason = "end_turn"

    def spent(self) -> tuple[Usage | None, float | None]:
        """Of the model that is at work; nothing where it has sent nothing."""
        open_calls = [call for call in self._models.values() if call.received]
        if not open_calls:
            return None, None
        call = open_calls[-1]
        system = System(text=self._task.agent.instructions)
        usage = spent.estimate(system, self._turns, "".join(call.received))
        return usage, prices.cost(call.name, usage)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Raises as `loop.Answer.events` does."""
        agent = self._task.agent
        assert agent.runnable  # noqa: S101
        chat = await loading.chat()
        runnable = runnables.load(agent.runnable)
        # A graph that keeps its own threads must not add them to ours.
        config = {
            "recursion_limit": 2 * agent.max_steps + 1,
            "configurable": {"thread_id": new_id("graph")},
        }
        facts = runnables.follow(chat, runnable, agent.instructions, self._turns, config)
        try:
            async with aclosing(facts):
                async for fact in facts:
                    for event in self._told(fact):
                        self._limits.read(event)
                        yield event
        except RecursionError:
            raise LimitReached from None
        except Exception as error:
            if broken := model_error(error):
                raise broken from error
            raise

    def _told(self, fact: Fact) -> Iterator[Event]:
        match fact:
            case ModelStarted():
                yield from self._model_started(fact)
            case ModelSaid():
                yield from self._model_said(self._models[fact.id], fact)
            case ModelEnded():
                yield from self._model_ended(self._models[fact.id], fact)
            case ToolBegan():
                self._limits.check()
                yield from self._tools.began(fact)
            case ToolEnded():
                yield from self._tools.ended(fact)
            case Said(text):
                if not self._models:
                    yield from self._said(text)
            case Ended(text):
                yield from self._ended(text)

    def _model_started(self, fact: ModelStarted) -> Iterator[Event]:
        self._limits.check()
        writing = Writing(self._citations, spoken=self._spoken)
        call = self._models[fact.id] = _Call(fact.name, fact.hidden, writing)
        yield StepStarted(step_id=call.step_id, kind="model", name=call.name)

    def _model_said(self, call: _Call, fact: ModelSaid) -> Iterator[Event]:
        if isinstance(fact.piece, Text | Reasoning | CallInput):
            call.received.append(fact.piece.delta)
        if isinstance(fact.piece, Text | Reasoning):
            if call.hidden:
                return
            self._speaker = self._speaker or fact.id
            if self._speaker != fact.id:
                call.held += [fact.piece.delta] if isinstance(fact.piece, Text) else []
                return
        yield from call.writing.write(fact.piece)
        self._spoken = self._spoken or call.writing.spoken

    def _model_ended(self, call: _Call, fact: ModelEnded) -> Iterator[Event]:
        if not call.held:
            yield from call.writing.close()
        for asked in fact.finished.turn.calls:
            if step_id := call.writing.tool_steps.get(asked.id):
                yield self._tools.asked(asked, step_id)
        self.stop_reason = fact.finished.stop_reason
        call.received.clear()
        yield StepCompleted(
            step_id=call.step_id,
            status="ok",
            elapsed_ms=since(call.began),
            usage=fact.finished.usage,
            cost_usd=prices.cost(call.name, fact.finished.usage),
        )
        if self._speaker == fact.id:
            self._speaker = None
            yield from self._next_speaker()

    def _next_speaker(self) -> Iterator[Event]:
        """Whoever has waited longest says what it has to say."""
        for call in self._models.values():
            if call.held:
                text, call.held = "".join(call.held), []
                writing = Writing(self._citations, spoken=self._spoken)
                yield from writing.write(Text(text))
                yield from writing.close()

    def _said(self, text: str) -> Iterator[Event]:
        self._spoken = True
        yield from self._own.write(Text(text))

    def _ended(self, text: str) -> Iterator[Event]:
        """Where no model spoke, the last value is the answer."""
        if not self._spoken and not text:
            raise ModelBroken("The agent gave no answer. Please try again.")
        if not self._spoken:
            yield from self._own.write(Text(text))
        yield from self._own.close()
