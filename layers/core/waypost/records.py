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


BatchState = Literal["splitting", "running", "finishing", "completed", "cancelled", "failed"]
ResultState = Literal["answered", "failed", "rejected", "cancelled", "skipped"]
RESULT_STATES: tuple[ResultState, ...] = ("answered", "failed", "rejected", "cancelled", "skipped")


class BatchQuestion(BaseModel):
    """One line of a batch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = Field(default=None, min_length=1, max_length=128)
    question: str
    agent: str | None = None
    model: str | None = None
    thread_id: str | None = None
    user_id: str | None = None
    metadata: dict[str, str] | None = None
    history: tuple[PriorTurn, ...] = Field(
        default=(), description="Turns that were taken before, where the thread is new"
    )
    invalid: str | None = Field(default=None, description="Why it is no question after all")


class BatchResult(_Record):
    """What became of one line; `reason` is the code of a state that is not `answered`."""

    line: int
    id: str | None = None
    state: ResultState
    question: str | None = None
    answer: str | None = None
    reason: str | None = None
    message: str | None = None
    run_id: str | None = None
    thread_id: str | None = None
    agent: str | None = None
    sources: list[Source] = []
    sql: list[str] = []
    usage: Usage = Usage()
    cost_usd: float | None = None
    finished_at: str
    metadata: dict[str, str] | None = None


class BatchFile(_Record):
    """Where a batch's questions are: an object in the stack's bucket, in one version of it."""

    key: str
    etag: str


class Batch(_Record):
    """Many questions that were sent together."""

    id: str
    user_id: str
    source: Literal["http", "event", "file", "schedule"]
    state: BatchState
    created_at: str
    finished_at: str | None = None
    agent: str | None = None
    model: str | None = None
    metadata: dict[str, str] | None = None
    budget_usd: float | None = None
    total: int | None = Field(default=None, description="Lines; known once all are split")
    cancel_requested: bool = False
    failure: RunFailure | None = None
    results_key: str | None = None
    questions: BatchFile | None = Field(default=None, exclude=True)
    content: str = Field(default="", exclude=True)
    """A hash of what was sent: the same id with other questions is another batch."""
    retries: int = Field(default=0, description="How often what failed was asked again")
    reopened_at: str = Field(default="", exclude=True)
    held: int = Field(default=0, exclude=True)
    """Questions that were not sent to the queue, because a job may answer them."""
    job_agents: dict[str, str] | None = Field(default=None, exclude=True)
    """The agents that a job may answer for, as they were when the split began: their models."""
    offset: int = Field(default=0, exclude=True)
    line: int = Field(default=0, exclude=True)
    shards_done: tuple[int, ...] = Field(default=(), exclude=True)

    @field_validator("shards_done", mode="before")
    @classmethod
    def _sorted(cls, shards: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(int(shard) for shard in shards))


class InferenceJob(_Record):
    """A batch inference job that answers lines of a batch."""

    name: str
    arn: str
    tenant: str
    user: str
    batch: str
    model: str
    offset: int
    line: int
    """Behind which byte and line of the batch's file its own lines begin."""
    end_offset: int
    end_line: int
    more: bool
    """Whether there are lines behind those."""
    output: str
    """The key of its output."""


class Schedule(_Record):
    """Questions that are asked again and again, as one batch each time."""

    id: str
    user_id: str
    name: str
    expression: str = Field(
        description="cron(…), rate(…) or at(…), as EventBridge Scheduler has it"
    )
    timezone: str = "UTC"
    agent: str | None = None
    model: str | None = None
    metadata: dict[str, str] | None = None
    budget_usd: float | None = None
    only_changed: bool = Field(
        default=False, description="The bus is told only of answers that are not those of last time"
    )
    created_at: str
    last_batch: str | None = None
    answers: str | None = Field(default=None, exclude=True)
    """A hash of the last batch's answers."""


class BatchCounts(_Record):
    """How far a batch is: results by state, and what they have cost."""

    answered: int = 0
    failed: int = 0
    rejected: int = 0
    cancelled: int = 0
    skipped: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def done(self) -> int:
        return self.answered + self.failed + self.rejected + self.cancelled + self.skipped
