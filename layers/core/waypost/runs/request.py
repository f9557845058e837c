"""What a client asks for, before anything of it is stored."""

from dataclasses import dataclass

from waypost.agents.task import RunnerFactory
from waypost.records import PriorTurn
from waypost.store.run_end import MoreWrites


@dataclass(frozen=True)
class RequestContext:
    """The circumstances of a request.

    `idempotency_key` is the caller's own name for the run, unique to the user for a day.
    `deadline` is when this process may be stopped, in seconds since the epoch.
    """

    idempotency_key: str | None = None
    deadline: float | None = None
    with_end: MoreWrites | None = None
    """What the run's closing transaction writes beside the run's own end."""
    run_id: str | None = None
    """The id of a run that nobody follows. With its new thread it is stored once it is over: before
    that the table knows nothing of it, and after it no events are kept."""


@dataclass(frozen=True)
class RunRequest:
    """A question as a client sends it.

    `thread_id` None makes a thread; `create` makes the named one if it does not exist yet.
    """

    text: str
    thread_id: str | None = None
    create: bool = False
    agent: str | None = None
    model: str | None = None
    among: tuple[str, ...] = ()
    """Agents that the router may choose among, where none is named; empty for all."""
    prior_turns: tuple[PriorTurn, ...] = ()
    """Earlier turns that the client carries; used where the thread is new."""
    mcp_servers: tuple[str, ...] = ()
    """Names of MCP servers whose tools the agent may use beside its own."""
    runner: RunnerFactory | None = None
    """What answers in place of the agent's model."""


NO_CONTEXT = RequestContext()
