"""The events of a run from its start up to its end: route, then answer."""

import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from waypost.agents.answering import answerer
from waypost.agents.definition import Agent, Agents
from waypost.agents.task import Answerer, Answering, Task
from waypost.events import Event, RunStarted, StepCompleted, StepStarted, Usage
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.models import prices
from waypost.models.turns import Turn
from waypost.records import Run
from waypost.routing.decide import Decision, pinned, sticky
from waypost.runs.backend import Backend
from waypost.runs.history import History
from waypost.runs.summary import rolling


@dataclass(frozen=True)
class Question:
    """What a run has to answer. `agent` and `model` are the caller's own choice, if any."""

    text: str
    history: History
    agents: Agents
    agent: Agent | None
    model: str | None
    """A model's id."""
    among: tuple[str, ...] = ()
    """The agents that the router may choose among; none for all that it may choose at all."""
    said: tuple[Turn, ...] = ()
    """What the run before has said and done, where this one goes on with it."""
    mcp_servers: tuple[str, ...] = ()
    """Names of those whose tools the agent may use beside its own."""
    answerer: Answerer | None = None
    """What answers in the agent's place."""

    @property
    def candidates(self) -> dict[str, Agent]:
        """Agents that the router may choose, the first before the others where all are equal."""
        if self.among:
            return {name: self.agents[name] for name in self.among if name in self.agents}
        return {agent.id: agent for agent in self.agents.values() if agent.routed}


class Answer:
    """One question being answered."""

    def __init__(
        self,
        backend: Backend,
        who: Identity,
        run: Run,
        question: Question,
        until: float = math.inf,
    ) -> None:
        self._backend = backend
        self._who = who
        self._run = run
        self._question = question
        self._until = until
        self._history = question.history
        self._answer: Answering | None = None

    @property
    def stop_reason(self) -> str:
        """Why the model stopped, once the events are over."""
        return self._answer.stop_reason if self._answer else ""

    def spent(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of a model call that is on its way, estimated."""
        return self._answer.spent() if self._answer else (None, None)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Everything but the terminal event. Raises WaypostError."""
        yield RunStarted(
            thread_id=self._run.thread_id,
            user_message_id=self._run.user_message_id,
            message_id=self._run.message_id,
        )
        async with rolling(self._backend, self._who, self._run, self._history) as summary:
            async for event in self._route():
                yield event
            async for event in summary.events():
                yield event
            self._history = summary.history
        task = self._task()
        answering = self._question.answerer or answerer(task.agent)
        self._answer = answering(task, self._backend.resources)
        async with aclosing(self._answer.events()) as events:
            async for event in events:
                yield event

    async def _route(self) -> AsyncGenerator[Event, None]:
        if self._question.agent:
            resumed = self._run.continues is not None
            self._decision = (sticky if resumed else pinned)(self._question.agent)
        else:
            began = time.monotonic()
            step = StepStarted(step_id=new_id("step"), kind="classify", name="router")
            yield step
            self._decision = await _decide(self._backend, self._question)
            yield _classified(self._backend, step, self._decision, began)
        yield self._decision.route

    def _task(self) -> Task:
        agent = self._question.agents[self._decision.route.agent]
        return Task(
            agent=agent,
            models=self._models(agent),
            question=self._question.text,
            history=self._history.turns,
            today=self._run.created_at[:10],
            said=self._question.said,
            until=self._until,
            mcp_servers=self._mcp_servers(),
        )

    def _mcp_servers(self) -> dict[str, str]:
        known = self._backend.settings.mcp_servers
        return {name: known[name] for name in self._question.mcp_servers if name in known}

    def _models(self, agent: Agent) -> tuple[str, ...]:
        """A model that the caller has chosen is the only one."""
        if self._question.model:
            return (self._question.model,)
        settings = self._backend.settings
        named = [agent.model or settings.model, *(agent.fallbacks or settings.fallback_models)]
        return tuple(dict.fromkeys(map(self._backend.model_id, named)))


async def _decide(backend: Backend, question: Question) -> Decision:
    agents = question.candidates
    covers = await backend.covers(agents, question.text) if len(agents) > 1 else {}
    return await backend.router.decide(
        question.text, question.history.previous, agents, covers, backend.default(agents)
    )


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
