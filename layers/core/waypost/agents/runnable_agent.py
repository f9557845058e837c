"""Agents that are a LangChain Runnable or a LangGraph graph, named by its dotted path."""

import asyncio
import importlib
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

from waypost.agents.context_builder import ContextBuilder
from waypost.agents.event_writer import EventWriter
from waypost.agents.limits import RunLimits
from waypost.agents.runnable_tools import RunnableTools
from waypost.agents.steps import elapsed_ms
from waypost.agents.task import Resources, Task
from waypost.errors import LimitReached, ModelBroken
from waypost.events import Event, StepCompleted, StepStarted, Usage
from waypost.ids import new_id
from waypost.models import catalogue, runnables
from waypost.models.failures import model_error
from waypost.models.runnables import (
    ModelEnded,
    ModelStarted,
    ModelStreamed,
    RunnableEnded,
    RunnableEvent,
    RunnableStreamed,
    ToolUseEnded,
    ToolUseStarted,
)
from waypost.models.stop_reasons import CUT_OFF
from waypost.models.tokens import estimate_usage
from waypost.models.turns import CallInput, Reasoning, Text


@dataclass
class _OpenCall:
    """A model call that is under way."""

    name: str
    hidden: bool
    writer: EventWriter
    step_id: str = field(default_factory=lambda: new_id("step"))
    began: float = field(default_factory=time.monotonic)
    received: list[str] = field(default_factory=list)
    held_text: list[str] = field(default_factory=list)
    """What it has written while another model was being shown."""


class RunnableAgent:
    """Answers one task with whatever the agent's `runnable` names.

    The text of each model in it is shown, one model after the other, unless it is tagged
    `nostream`.
    """

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._resources = resources
        self._turns = task.conversation
        self._context = ContextBuilder(task, resources)
        self._citations = self._context.citations
        self._model_calls = 0
        self._calls: dict[str, _OpenCall] = {}
        self._shown: str | None = None
        """The id of the model whose text is being shown."""
        self._tools = RunnableTools()
        self._limits = RunLimits(task)
        self._writer = EventWriter(self._citations)
        """For text that no model in it wrote."""
        self._has_answer = task.starts_paragraph
        self.stop_reason = "end_turn"

    def estimated_usage(self) -> tuple[Usage | None, float | None]:
        """Of the model call that is under way; None where it has sent nothing."""
        open_calls = [call for call in self._calls.values() if call.received]
        if not open_calls:
            return None, None
        call = open_calls[-1]
        usage = estimate_usage(self._context.system, self._turns, "".join(call.received))
        return usage, self._cost(call.name, usage)

    def _cost(self, model: str, usage: Usage) -> float | None:
        return catalogue.cost(model, usage, self._resources.price_factor)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Raises as `AgentLoop.events` does."""
        agent = self._task.agent
        assert agent.runnable  # noqa: S101
        # Importing LangChain takes a second; the loop serves others meanwhile.
        chat = await asyncio.to_thread(importlib.import_module, "waypost.models.langchain")
        # A graph that keeps its own threads must not add them to ours.
        config = {
            "recursion_limit": 2 * agent.max_steps + 1,
            "configurable": {"thread_id": new_id("graph")},
        }
        try:
            async with aclosing(self._context.events()) as prepared:
                async for event in prepared:
                    yield event
            parts = partial(self._parts, chat)
            runnable = await asyncio.to_thread(runnables.load, agent.runnable, parts)
            instructions = self._context.system.whole
            stream = runnables.follow(chat, runnable, instructions, self._turns, config)
            async with aclosing(stream):
                async for streamed in stream:
                    for event in self._events_of(streamed):
                        self._limits.apply(event)
                        yield event
        except RecursionError:
            raise LimitReached from None
        except Exception as error:
            if failure := model_error(error):
                raise failure from error
            raise
        finally:
            await self._context.close()

    def _parts(self, chat: ModuleType) -> dict[str, Any]:
        """What a function that makes a Runnable may take."""
        task = self._task
        tools = [chat.tool(one.spec, one) for one in self._context.tools.values()]
        model = chat.chat_model(self._resources.bedrock, task.models, task.agent.max_tokens)
        return {"model": model, "tools": tools}

    def _events_of(self, streamed: RunnableEvent) -> Iterator[Event]:
        match streamed:
            case ModelStarted():
                yield from self._model_started(streamed)
            case ModelStreamed():
                yield from self._model_streamed(self._calls[streamed.id], streamed)
            case ModelEnded():
                yield from self._model_ended(self._calls[streamed.id], streamed)
            case ToolUseStarted():
                self._limits.check()
                yield from self._tools.start(streamed)
            case ToolUseEnded():
                yield from self._tools.end(streamed)
            case RunnableStreamed(text):
                if not self._calls:
                    yield from self._text(text)
            case RunnableEnded(text):
                yield from self._end(text)

    def _model_started(self, streamed: ModelStarted) -> Iterator[Event]:
        self._limits.check()
        self._model_calls += 1
        if self._model_calls > self._task.agent.max_steps:
            raise LimitReached
        writer = EventWriter(self._citations, has_answer=self._has_answer)
        call = _OpenCall(streamed.name, streamed.hidden, writer)
        self._calls[streamed.id] = call
        yield StepStarted(step_id=call.step_id, kind="model", name=call.name)

    def _model_streamed(self, call: _OpenCall, streamed: ModelStreamed) -> Iterator[Event]:
        piece = streamed.piece
        if isinstance(piece, Text | Reasoning | CallInput):
            call.received.append(piece.delta)
        if isinstance(piece, Text | Reasoning):
            if call.hidden:
                return
            self._shown = self._shown or streamed.id
            if self._shown != streamed.id:
                if isinstance(piece, Text):
                    call.held_text.append(piece.delta)
                return
        yield from call.writer.write(piece)
        self._has_answer = self._has_answer or call.writer.has_answer

    def _model_ended(self, call: _OpenCall, streamed: ModelEnded) -> Iterator[Event]:
        finished = streamed.finished
        made = [requested for requested in finished.turn.calls if requested.readable]
        if not call.held_text:
            if not (finished.turn.calls or call.hidden):
                yield from call.writer.sources()
            yield from call.writer.close()
        yield from call.writer.abandon(made)
        for requested in made:
            if step_id := call.writer.tool_steps.get(requested.id):
                yield self._tools.request(requested, step_id)
        self.stop_reason = finished.stop_reason
        call.received.clear()
        yield StepCompleted(
            step_id=call.step_id,
            status="ok",
            elapsed_ms=elapsed_ms(call.began),
            usage=finished.usage,
            cost_usd=self._cost(call.name, finished.usage) if finished.usage else None,
        )
        if self._shown == streamed.id:
            self._shown = None
            yield from self._show_held_text()

    def _show_held_text(self) -> Iterator[Event]:
        """Of the models that had to wait, in the order in which they began."""
        for call in self._calls.values():
            if call.held_text:
                text, call.held_text = "".join(call.held_text), []
                writer = EventWriter(self._citations, has_answer=self._has_answer)
                yield from writer.write(Text(text))
                yield from writer.close()

    def _text(self, text: str) -> Iterator[Event]:
        self._has_answer = True
        yield from self._writer.write(Text(text))

    def _end(self, text: str) -> Iterator[Event]:
        """Where no model wrote any text, the last value is the answer."""
        if not self._has_answer and not text:
            if self.stop_reason in CUT_OFF:
                return
            raise ModelBroken("The agent gave no answer. Please try again.")
        if not self._has_answer:
            yield from self._writer.write(Text(text))
        yield from self._writer.close()
