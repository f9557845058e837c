"""What is stored: threads, messages, runs and steps, as the API shows them."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from waypost.events import RouteMethod, StepKind, StepStatus, Usage

Role = Literal["user", "assistant"]
RunState = Literal["running", "completed", "failed", "cancelled", "interrupted"]
LIVE: frozenset[RunState] = frozenset({"running"})


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Thread(_Record):
    """One conversation of one user."""

    id: str
    user_id: str
    title: str
    created_at: str
    updated_at: str
    version: int = Field(default=0, description="Counts the runs that began or ended")
    live_run: str | None = Field(default=None, description="The run that is answering now")
    agents: tuple[str, ...] = Field(default=(), description="Those that have answered in it")
    last_state: RunState | None = Field(default=None, description="How the last run ended")
    deleted_at: str | None = Field(default=None, exclude=True)
    has_prior_turns: bool = Field(default=False, exclude=True, validation_alias="told")
    """Whether turns that were taken before the thread began are stored with it."""
    summary: str | None = Field(default=None, exclude=True)
    summary_through: str | None = Field(default=None, exclude=True)

    @field_validator("agents", mode="before")
    @classmethod
    def _in_order(cls, agents: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(agents))


class PriorTurn(_Record):
    """A turn that was taken before the thread began, as the client sent it."""

    role: Role
    text: str


class AgentVersion(_Record):
    """One version of an agent. `definition` has its fields as a file has them."""

    id: str
    version: int
    definition: dict[str, Any]
    source: Literal["file", "api"]
    created_at: str
    created_by: str | None = Field(default=None, description="The user who made the change")
    deleted: bool = False


class CurrentAgent(AgentVersion):
    """The current version of an agent."""

    latest: int = Field(description="The highest number among its versions")
    seed: str | None = Field(default=None, description="A hash of the file it was last read from")


class Source(_Record):
    """A passage that an answer cites as `[index]`."""

    index: int
    document: str
    heading: str
    chunk_id: str
    quote: str


class Message(_Record):
    """One turn of a thread."""

    id: str
    thread_id: str
    run_id: str
    role: Role
    text: str
    created_at: str
    agent: str | None = None
    partial: bool = Field(default=False, description="The answer broke off; this much was stored")
    sources: list[Source] = []


class Route(_Record):
    """Which agent answers, and why."""

    agent: str
    agent_version: int
    method: RouteMethod
    confidence: float
    reason: str
    runner_up: str | None = None


class RunFailure(_Record):
    """Why a run failed; `message` is fit for a user."""

    code: str
    message: str
    retryable: bool


class Step(_Record):
    """One thing done inside a run."""

    id: str
    run_id: str
    kind: StepKind
    name: str
    parent_id: str | None = None
    status: StepStatus | None = None
    started_at: str
    elapsed_ms: int | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    notes: list[str] = []
    input: Any = None
    output: Any = None


class Run(_Record):
    """The answering of one user message."""

    id: str
    thread_id: str
    user_id: str
    state: RunState
    user_message_id: str
    message_id: str
    continues: str | None = Field(
        default=None, description="The run whose answer this one finishes"
    )
    created_at: str
    finished_at: str | None = None
    model: str | None = None
    mcp_servers: tuple[str, ...] = Field(
        default=(), description="MCP servers whose tools the agent may use"
    )
    route: Route | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    elapsed_ms: int | None = None
    first_token_ms: int | None = None
    stop_reason: str | None = None
    failure: RunFailure | None = None
    partial: bool = False
