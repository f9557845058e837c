"""One question for one agent, and what it may work with."""

import math
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from waypost.agents import prompts
from waypost.agents.definition import Agent
from waypost.events import Event, Usage
from waypost.knowledge import Folder
from waypost.models.turns import AssistantTurn, ToolTurn, Turn, UserTurn
from waypost.warehouse import Database


@dataclass(frozen=True)
class Resources:
    """What agents work with; a part that the deployment lacks is None."""

    bedrock: Any
    knowledge: Folder | None
    warehouse: Database | None
    price_factor: float = 1.0
    """What a model call costs here beside its price on demand."""


@dataclass(frozen=True)
class Task:
    """One question for one agent."""

    agent: Agent
    models: tuple[str, ...]
    """The first is asked; the others in turn, where one fails before its first word."""
    question: str
    history: tuple[Turn, ...]
    today: str
    """The date of the question, as YYYY-MM-DD."""
    prior_output: tuple[Turn, ...] = ()
    """What an earlier run has written and done about this question: the answer continues it."""
    spent_usd: float = 0.0
    """What the run has cost before: the router, and a summary of earlier turns."""
    until: float = math.inf
    """Nothing new is started after this time, in seconds since the epoch."""
    search: str = ""
    """Words to search the documents for, beside the question."""
    overview: str = ""
    """The agents that there are, for one that helps to find among them."""
    offered: tuple[Agent, ...] = ()
    """Those that could answer as well as each other: the answer asks which is meant."""
    mcp_servers: Mapping[str, str] = field(default_factory=dict)
    """MCP servers whose tools may be used: their addresses by name."""

    @property
    def conversation(self) -> list[Turn]:
        """The turns up to now; where they break off in an answer, the request to continue it."""
        turns: list[Turn] = [*self.history, UserTurn(self.question), *self.prior_output]
        broken_off = self.prior_output and isinstance(self.prior_output[-1], AssistantTurn)
        return [*turns, UserTurn(prompts.CONTINUE)] if broken_off else turns

    @property
    def prior_text(self) -> str:
        """The answer as far as an earlier run has given it."""
        return "".join(turn.text for turn in self.prior_output if isinstance(turn, AssistantTurn))

    @property
    def starts_paragraph(self) -> bool:
        """Whether the answer goes on in a new paragraph, and not in mid-sentence."""
        return bool(self.prior_text) and isinstance(self.prior_output[-1], ToolTurn)


class AgentRunner(Protocol):
    """Answers one task: a model in a loop, a Runnable, or a script."""

    @property
    def stop_reason(self) -> str:
        """Why it ended, in Bedrock's terms, once the events are over."""

    def estimated_usage(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of the model call that is under way; None where there is none."""

    def events(self) -> AsyncGenerator[Event, None]:
        """Up to but without the run's own end. Raises WaypostError."""


RunnerFactory = Callable[[Task, Resources], AgentRunner]
