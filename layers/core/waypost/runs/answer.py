"""The events of a run from its start up to its end: route, then answer."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from waypost.agents import loop
from waypost.agents.definition import Agent
from waypost.events import Event, RunStarted, StepCompleted, StepStarted
from waypost.ids import new_id
from waypost.models import prices
from waypost.models.turns import Turn
from waypost.records import Run
from waypost.routing.decide import Decision, pinned
from waypost.runs.backend import Backend


@dataclass(frozen=True)
class Question:
    """What a run has to answer. `agent` and `model` are the caller's own choice, if any."""

    text: str
    history: tuple[Turn, ...]
    previous: tuple[tuple[str, str], ...]
    """Earlier questions with the agents that answered them: (agent id, question)."""
    agent: Agent | None
    model: str | None


class Answer:
    """One question being answered."""

    def __init__(self, backend: Backend, run: Run, question: Question) -> None:
        self._backend = backend
        self._run = run
        self._question = question
        self.stop_reason = ""
        """Why the model stopped, once the events are over."""

    async def events(self) -> AsyncGenerator[Event, None]:
        """Everything but the terminal event. Raises WaypostError."""
        yield RunStarted(
            thread_id=self._run.thread_id,
            user_message_id=self._run.user_message_id,
            message_id=self._run.message_id,
        )
        async for event in self._route():
            yield event
        answer = loop.Answer(self._task(), self._backend.resources)
        async with aclosing(answer.events()) as events:
            async for event in events:
                yield event
        self.stop_reason = answer.stop_reason

    async def _route(self) -> AsyncGenerator[Event, None]:
        if self._question.agent:
            self._decision = pinned(self._question.agent)
        else:
            began = time.monotonic()
            step = StepStarted(step_id=new_id("step"), kind="classify", name="router")
            yield step
            self._decision = await _decide(self._backend, self._question)
            yield _classified(self._backend, step, self._decision, began)
        yield self._decision.route

    def _task(self) -> loop.Task:
        agent = self._backend.agents[self._decision.route.agent]
        return loop.Task(
            agent=agent,
            model=self._question.model or agent.model or self._backend.settings.model,
            question=self._question.text,
            history=self._question.history,
            today=self._run.created_at[:10],
        )


async def _decide(backend: Backend, question: Question) -> Decision:
    covers = await backend.covers(question.text)
    return await backend.router.decide(question.text, question.previous, covers)


def _classified(
    backend: Backend, step: StepStarted, decision: Decision, began: float
) -> StepCompleted:
    usage = decision.usage if decision.asked_model else None
    return StepCompleted(
        step_id=step.step_id,
        status="failed" if decision.failed else "ok",
        elapsed_ms=round((time.monotonic() - began) * 1000),
        usage=usage,
        cost_usd=prices.cost(backend.settings.router_model, usage) if usage else None,
    )
