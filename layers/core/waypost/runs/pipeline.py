"""The events of a run from its start up to its end: route the question, then answer it."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from waypost.agents import runner_for
from waypost.agents.coverage import names
from waypost.agents.definition import Agent, Agents
from waypost.agents.steps import elapsed_ms
from waypost.agents.task import AgentRunner, RunnerFactory, Task
from waypost.events import Event, RunStarted, StepCompleted, StepStarted, Usage
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.models.turns import Turn
from waypost.records import Run
from waypost.routing import offer, prompt
from waypost.routing.decide import Decision, passed, pinned, sticky, taken
from waypost.routing.shortlist import shortlist
from waypost.runs.backend import Backend
from waypost.runs.history import History
from waypost.runs.summary import rolling_summary

_SURE = 0.9
"""What the router's model decides with so much confidence is known from then on."""


@dataclass(frozen=True)
class RunInput:
    """A question with what is needed to answer it.

    `agent` and `model` are the caller's own choice, if any; `model` is a model's id.
    """

    text: str
    history: History
    agents: Agents
    agent: Agent | None
    model: str | None
    among: tuple[str, ...] = ()
    """The agents that the router may choose among; none for all that it may choose at all."""
    prior_output: tuple[Turn, ...] = ()
    """What the run that this one continues has written and done."""
    mcp_servers: tuple[str, ...] = ()
    """Names of those whose tools the agent may use beside its own."""
    runner: RunnerFactory | None = None
    """What answers in the agent's place."""

    routing: "Routing | None" = None
    """Under way since before the run was stored."""

    @property
    def candidates(self) -> dict[str, Agent]:
        """Agents that the router may choose, the first before the others where all are equal."""
        if self.among:
            return {name: self.agents[name] for name in self.among if name in self.agents}
        return {agent.id: agent for agent in self.agents.values() if agent.routed}


class Routing:
    """The choice of the agent, under way where there is one to make."""

    def __init__(self, task: asyncio.Task[Decision] | None) -> None:
        self.began = time.monotonic()
        self._task = task

    @classmethod
    def begin(cls, backend: Backend, who: Identity, run_input: RunInput) -> "Routing":
        if run_input.agent:
            return cls(None)
        return cls(asyncio.create_task(_decide(backend, who, run_input), name="routing"))

    async def decision(self) -> Decision:
        assert self._task  # noqa: S101 - no agent was named
        return await self._task

    def cancel(self) -> None:
        if self._task:
            self._task.cancel()


class RunPipeline:
    """Answers one question: routes it, then runs the agent."""

    def __init__(
        self,
        backend: Backend,
        who: Identity,
        run: Run,
        run_input: RunInput,
        until: float = math.inf,
    ) -> None:
        self._backend = backend
        self._who = who
        self._run = run
        self._input = run_input
        self._until = until
        self._history = run_input.history
        self._spent_usd = 0.0
        self._runner: AgentRunner | None = None

    @property
    def stop_reason(self) -> str:
        """Why the model stopped, once the events are over."""
        return self._runner.stop_reason if self._runner else ""

    def estimated_usage(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of a model call that is on its way, estimated."""
        return self._runner.estimated_usage() if self._runner else (None, None)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Everything but the terminal event. Raises WaypostError."""
        yield RunStarted(
            thread_id=self._run.thread_id,
            user_message_id=self._run.user_message_id,
            message_id=self._run.message_id,
        )
        async with rolling_summary(self._backend, self._who, self._run, self._history) as summary:
            for part in (self._route(), summary.events()):
                async for event in part:
                    self._spent_usd += (isinstance(event, StepCompleted) and event.cost_usd) or 0
                    yield event
            self._history = summary.history
        task = await self._task()
        make_runner = self._input.runner or runner_for(task.agent)
        self._runner = make_runner(task, self._backend.resources)
        async with aclosing(self._runner.events()) as events:
            async for event in events:
                yield event

    async def _route(self) -> AsyncGenerator[Event, None]:
        if self._input.agent:
            resumed = self._run.continues is not None
            self._decision = (sticky if resumed else pinned)(self._input.agent)
        else:
            step = StepStarted(step_id=new_id("step"), kind="classify", name="router")
            yield step
            routing = self._input.routing or Routing.begin(self._backend, self._who, self._input)
            try:
                self._decision = await routing.decision()
            finally:
                routing.cancel()
            yield _classified(self._backend, step, self._decision, routing.began)
        yield self._decision.route

    async def _task(self) -> Task:
        agent = self._input.agents[self._decision.route.agent]
        helps = agent.id == offer.HELP
        return Task(
            agent=agent,
            models=self._models(agent),
            question=self._decision.question or self._input.text,
            history=self._turns(),
            today=self._run.created_at[:10],
            prior_output=self._input.prior_output,
            spent_usd=self._spent_usd,
            until=self._until,
            search=self._decision.search,
            overview=await self._overview() if helps else "",
            offered=self._decision.offered,
            mcp_servers=self._mcp_servers(),
        )

    def _turns(self) -> tuple[Turn, ...]:
        """The turns before the question. One that takes an offer is about the question before."""
        turns = self._history.turns
        return turns[:-2] if self._decision.question else turns

    async def _overview(self) -> str:
        agents = {a.id: a for a in self._input.agents.values() if a.routed and a.id != offer.HELP}
        covered = await self._backend.coverage(agents)
        return prompt.described(shortlist(self._input.text, agents, covered), covered)

    def _mcp_servers(self) -> dict[str, str]:
        known = self._backend.settings.mcp_servers
        return {name: known[name] for name in self._input.mcp_servers if name in known}

    def _models(self, agent: Agent) -> tuple[str, ...]:
        """A model that the caller has chosen is the only one."""
        if self._input.model:
            return (self._input.model,)
        settings = self._backend.settings
        named = [agent.model or settings.model, *(agent.fallbacks or settings.fallback_models)]
        return tuple(dict.fromkeys(map(self._backend.model_id, named)))


async def _decide(backend: Backend, who: Identity, run_input: RunInput) -> Decision:
    agents, text, history = run_input.candidates, run_input.text, run_input.history
    last = history.recent[-1] if history.recent else None
    if last and last.agent == offer.HELP and (agent := offer.taken(text, last.answer, agents)):
        return taken(agent, last.question)
    gate = backend.gates.of(who.tenant_id, run_input.agents)
    if len(agents) > 1 and (match := gate.decide(text, agents, alone=last is None)):
        return passed(agents[match.agent], match)
    covered, named = {}, {}
    if len(agents) > 1:
        covered = await backend.coverage(agents)
        named = await names(agents.values(), backend.resources, text)
    decision = await backend.router.decide(
        text, history.previous, agents, covered, backend.default(agents), named
    )
    sure = decision.route.method == "model" and decision.route.confidence >= _SURE
    if sure and last is None and not run_input.among:
        gate.learn(text, decision.route.agent)
    return decision


def _classified(
    backend: Backend, step: StepStarted, decision: Decision, began: float
) -> StepCompleted:
    usage = decision.usage if decision.asked_model else None
    return StepCompleted(
        step_id=step.step_id,
        status="failed" if decision.failed else "ok",
        elapsed_ms=elapsed_ms(began),
        usage=usage,
        cost_usd=backend.router_cost(usage) if usage else None,
    )
