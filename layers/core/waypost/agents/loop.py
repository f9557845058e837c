"""How an agent answers: its context, then model calls and tool calls until its turn ends."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

from waypost.agents.context_builder import ContextBuilder
from waypost.agents.event_writer import EventWriter
from waypost.agents.limits import RunLimits
from waypost.agents.model_call import ModelCall
from waypost.agents.steps import elapsed_ms
from waypost.agents.task import Resources, Task
from waypost.agents.tools import ToolResult, tool_failure
from waypost.errors import LimitReached, ModelBlocked, ModelBusy, ModelError
from waypost.events import Data, Event, StepCompleted, ToolFailed, ToolOutput, Usage
from waypost.json_values import encodable, plain
from waypost.models.attempts import Attempt, Attempts
from waypost.models.failures import model_error
from waypost.models.turns import AssistantTurn, ToolCall, ToolTurn


class AgentLoop:
    """Answers one task."""

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._resources = resources
        self._turns = task.conversation
        self._models = task.models
        self._context = ContextBuilder(task, resources)
        self._limits = RunLimits(task)
        self._call: ModelCall | None = None

    @property
    def stop_reason(self) -> str:
        """Why the model stopped, in Bedrock's terms, once the events are over."""
        return self._call.result.stop_reason if self._call else ""

    def estimated_usage(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of the model call that is under way."""
        return self._call.estimated_usage() if self._call else (None, None)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Up to but without the run's own end.

        Raises:
            WaypostError: The model failed (ModelError), the agent used up its steps or its budget
                (LimitReached), there is no time left to go on (DeadlinePassed), or it needs
                what this deployment lacks (Unavailable).
        """
        try:
            for part in (self._context.events(), self._answer()):
                async with aclosing(part) as events:
                    async for event in events:
                        self._limits.apply(event)
                        yield event
        finally:
            await self._context.close()

    async def _answer(self) -> AsyncGenerator[Event, None]:
        prior_text = self._task.prior_text
        for cited in self._context.citations.read(prior_text):
            yield cited
        has_answer = self._task.starts_paragraph
        for _ in range(self._task.agent.max_steps):
            async for event in self._call_model(has_answer):
                yield event
            assert self._call  # noqa: S101
            turn, writer = self._call.result.turn, self._call.writer
            if not turn.calls:
                if self._task.offered:
                    yield self._offer()
                return
            has_answer = writer.has_answer or bool(prior_text)
            self._turns.append(turn)
            for call in turn.calls:
                async for event in self._use_tool(call, writer.tool_steps[call.id]):
                    yield event
        raise LimitReached

    async def _call_model(self, has_answer: bool) -> AsyncIterator[Event]:
        """Tries until a model answers. Once a word of an answer is out, nothing is tried again."""
        attempts = Attempts(self._models)
        while True:
            self._limits.check()
            model = attempts.current.model
            call = self._call = self._new_call(model, has_answer)
            try:
                async with aclosing(call.events()) as events:
                    async for event in events:
                        yield event
            except Exception as error:
                failure = model_error(error)
                if failure is None:
                    raise
                following = _following(attempts, call, failure)
                for event in call.fail(failure, following):
                    yield event
                if following is None:
                    raise failure from error
            else:
                return
            if following.model != model:
                self._give_up_on(model)
            await asyncio.sleep(following.wait)

    def _offer(self) -> Data:
        """What the user can choose from: the next message names one, or goes to it."""
        agents = [
            {"id": agent.id, "name": agent.name, "description": agent.description}
            for agent in self._task.offered
        ]
        offered = {"question": self._task.question, "agents": agents}
        return Data(name="choice", id="choice", data=offered)

    def _new_call(self, model: str, has_answer: bool) -> ModelCall:
        return ModelCall(
            self._resources.bedrock,
            model,
            self._context.system,
            self._turns,
            [tool.spec for tool in self._context.tools.values()],
            self._task.agent.max_tokens,
            EventWriter(self._context.citations, has_answer=has_answer),
            self._resources.price_factor,
            may_be_silent=bool(self._task.prior_text),
        )

    def _give_up_on(self, model: str) -> None:
        """The next model answers for the rest of this run; it cannot read this one's own format."""
        self._models = self._models[self._models.index(model) + 1 :]
        self._turns = [
            replace(turn, native=None) if isinstance(turn, AssistantTurn) else turn
            for turn in self._turns
        ]

    async def _use_tool(self, call: ToolCall, step_id: str) -> AsyncIterator[Event]:
        self._limits.check()
        began = time.monotonic()
        result = await self._result(call)
        self._turns.append(ToolTurn(call.id, encodable(result.text), result.failed))
        elapsed = elapsed_ms(began)
        if result.failed:
            yield ToolFailed(call_id=call.id, message=result.text)
        else:
            yield ToolOutput(call_id=call.id, output=result.output, elapsed_ms=elapsed)
        if result.table:
            yield Data(name="table", id=call.id, data=result.table.__dict__)
        yield StepCompleted(
            step_id=step_id, status="failed" if result.failed else "ok", elapsed_ms=elapsed
        )

    async def _result(self, call: ToolCall) -> ToolResult:
        tool = self._context.tools.get(call.name)
        if tool is None:
            return tool_failure(f"There is no tool {call.name!r}.")
        if not call.readable:
            return tool_failure("The arguments of this call were no JSON object. It was not made.")
        return await tool(plain(call.arguments))


def _following(attempts: Attempts, call: ModelCall, failure: ModelError) -> Attempt | None:
    """The try after `call`; None where the user has seen what it would repeat."""
    ended = call.finished is not None  # It was whole, but no answer.
    shown = call.writer.has_text if ended else call.writer.has_output
    if shown or isinstance(failure, ModelBlocked):
        return None
    return attempts.after(worth_repeating=failure.retryable, busy=isinstance(failure, ModelBusy))
