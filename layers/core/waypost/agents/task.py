"""One question for one agent, and what it may work with."""

import math
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from waypost.agents.definition import Agent
from waypost.events import Event, Usage
from waypost.knowledge import Folder
from waypost.models.turns import Turn
from waypost.warehouse import Database


@dataclass(frozen=True)
class Resources:
    """What agents work with; a part that the deployment lacks is None."""

    bedrock: Any
    knowledge: Folder | None
    warehouse: Database | None


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
    said: tuple[Turn, ...] = ()
    """What an earlier run has said and done about this question: the answer goes on from there."""
    until: float = math.inf
    """Nothing new is started after this time, in seconds since the epoch."""
    mcp_servers: Mapping[str, str] = field(default_factory=dict)
    """MCP servers whose tools may be used: their addresses by name."""


class Answering(Protocol):
    """A task being answered, by a model in a loop, a graph or a script."""

    @property
    def stop_reason(self) -> str:
        """Why it ended, in Bedrock's words, once the events are over."""

    def spent(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of a model call that is on its way, estimated."""

    def events(self) -> AsyncGenerator[Event, None]:
        """Up to but without the run's own end. Raises WaypostError."""


Answerer = Callable[[Task, Resources], Answering]
