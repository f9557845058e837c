"""How an agent answers: its context, then model calls and tool calls until its turn ends.

It yields events and knows neither HTTP nor DynamoDB.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from waypost.agents.attempts import Attempts
from waypost.agents.calling import ModelCall
from waypost.agents.limits import Limits
from waypost.agents.preparing import Preparation
from waypost.agents.resuming import begins_paragraph, conversation, said_before
from waypost.agents.steps import since
from waypost.agents.task import Resources, Task
from waypost.agents.tools import Outcome, failure
from waypost.agents.writing import Writing
from waypost.errors import LimitReached, ModelBroken, ModelBusy
from waypost.events import (
    Data,
    Event,
    StepCompleted,
    ToolFailed,
    ToolOutput,
    Usage,
)
from waypost.models.failures import model_error
from waypost.models.turns import AssistantTurn, ToolCall, ToolTurn


class Answer:
    """One task being answered."""

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._resources = resources
        self._turns = conversation(task)
        self._models = task.models
        self._prepared = Preparation(task, resources)
        self._limits = Limits(task)
        self._call: ModelCall | None = None

    @property
    def stop_reason(self) -> str:
        """Why the model stopped, in Bedrock's words, once the events are over."""
        return self._call.result.stop_reason if self._call else ""

    def spent(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of a model call that is on its way, estimated."""
        return self._call.spent() if self._call else (None, None)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Up to but without the run's own end.

        Raises:
            WaypostError: The model failed (ModelError), the agent went in circles
                (LimitReached), there is no time left to go on (DeadlinePassed), or it needs
                what this deployment lacks (Unavailable).
        """
        try:
            for part in (self._prepared.events(), self._answer()):
                async with aclosing(part) as events:
                    async for event in events:
                        self._limits.read(event)
                        yield event
        finally:
            await self._prepared.close()

    async def _answer(self) -> AsyncGenerator[Event, None]:
        before = said_before(self._task)
        for cited in self._prepared.citations.read(before):
            yield cited
        spoken = begins_paragraph(self._task)
        for _ in range(self._task.agent.max_steps):
            async for event in self._call_model(spoken):
                yield event
            assert self._call  # noqa: S101
            turn, writing = self._call.result.turn, self._call.writing
            if not turn.calls:
                if not (writing.spoken or before):
                    raise ModelBroken("The model gave no answer. Please try again.")
                return
            spoken = writing.spoken or bool(before)
            self._turns.append(turn)
            for call in turn.calls:
                async for event in self._use(call, writing.tool_steps[call.id]):
                    yield event
        raise LimitReached

    async def _call_model(self, spoken: bool) -> AsyncIterator[Event]:
        """Tries until a model answers. Once a word of an answer is out, nothing is tried again."""
        attempts = Attempts(self._models)
        while True:
            self._limits.check()
            model = attempts.current.model
            self._call = self._new_call(model, Writing(self._prepared.citations, spoken=spoken))
            try:
                async with aclosing(self._call.events()) as events:
                    async for event in events:
                        yield event
            except Exception as error:
                broken = model_error(error)
                if broken is None:
                    raise
                following = None
                if not self._call.writing.said:
                    busy = isinstance(broken, ModelBusy)
                    following = attempts.after(worth_repeating=broken.retryable, busy=busy)
                for event in self._call.broken(broken, following):
                    yield event
                if following is None:
                    raise broken from error
            else:
                return
            if following.model != model:
                self._give_up_on(model)
            await asyncio.sleep(following.wait)

    def _new_call(self, model: str, writing: Writing) -> ModelCall:
        tools = [tool.spec for tool in self._prepared.tools.values()]
        client, most = self._resources.bedrock, self._task.agent.max_tokens
        return ModelCall(client, model, self._prepared.system, self._turns, tools, most, writing)

    def _give_up_on(self, model: str) -> None:
        """The next model answers for the rest of this run; one model's own format is not its."""
        self._models = self._models[self._models.index(model) + 1 :]
        self._turns = [
            replace(turn, native=None) if isinstance(turn, AssistantTurn) else turn
            for turn in self._turns
        ]

    async def _use(self, call: ToolCall, step_id: str) -> AsyncIterator[Event]:
        self._limits.check()
        began = time.monotonic()
        outcome = await self._outcome(call)
        self._turns.append(ToolTurn(call.id, outcome.text, outcome.failed))
        elapsed = since(began)
        if outcome.failed:
            yield ToolFailed(call_id=call.id, message=outcome.text)
        else:
            yield ToolOutput(call_id=call.id, output=outcome.output, elapsed_ms=elapsed)
        if outcome.table:
            yield Data(name="table", id=call.id, data=outcome.table.__dict__)
        yield StepCompleted(
            step_id=step_id, status="failed" if outcome.failed else "ok", elapsed_ms=elapsed
        )

    async def _outcome(self, call: ToolCall) -> Outcome:
        tool = self._prepared.tools.get(call.name)
        if tool is None:
            return failure(f"There is no tool {call.name!r}.")
        return await tool(call.arguments)
