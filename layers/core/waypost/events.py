"""The nineteen events that a run emits, in order: the vocabulary of every stream.

An agent yields events with no number. The journal then stamps each with the run's id, its
place in the run (`seq` counts 1, 2, 3 …) and the time, and from then on it never changes.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from waypost.json_values import plain

StepKind = Literal["classify", "retrieval", "model", "tool"]
StepStatus = Literal["ok", "failed", "retried"]
RouteMethod = Literal["sticky", "lexical", "model", "default", "pinned"]


def now() -> str:
    """The time as RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Usage(_Frozen):
    """Tokens as the model counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
        )


class Event(_Frozen):
    """One fact about a run. `seq` is 0 and `run_id` and `at` are empty until it is stamped."""

    type: str
    seq: int = 0
    run_id: str = ""
    at: str = Field(default="", description="RFC 3339, UTC")

    def encodable(self) -> Self:
        """As JSON that can be written: see `json_values`."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        fresh = {name: plain(v) for name, v in values.items() if not isinstance(v, BaseModel)}
        changed = {name: v for name, v in fresh.items() if v != values[name]}
        return self.model_copy(update=changed) if changed else self

    def stamped(self, seq: int, run_id: str, at: str) -> Self:
        return self.model_copy(update={"seq": seq, "run_id": run_id, "at": at})


class RunStarted(Event):
    """A run begins. Always the first event."""

    type: Literal["run.started"] = "run.started"
    thread_id: str
    user_message_id: str
    message_id: str = Field(description="The answer's, known before it is written")


class RouteDecided(Event):
    """Which agent answers, and why."""

    type: Literal["route.decided"] = "route.decided"
    agent: str
    agent_version: int
    method: RouteMethod
    confidence: float = Field(ge=0, le=1)
    reason: str
    runner_up: str | None = None


class StepStarted(Event):
    """A step begins."""

    type: Literal["step.started"] = "step.started"
    step_id: str
    kind: StepKind
    name: str
    parent_id: str | None = None


class StepUpdated(Event):
    """Progress of a step."""

    type: Literal["step.updated"] = "step.updated"
    step_id: str
    note: str


class StepCompleted(Event):
    """A step is over: how it went, how long it took, what it cost."""

    type: Literal["step.completed"] = "step.completed"
    step_id: str
    status: StepStatus
    elapsed_ms: int
    usage: Usage | None = None
    cost_usd: float | None = None


class TextStarted(Event):
    """A text begins."""

    type: Literal["text.started"] = "text.started"
    text_id: str
    channel: str = Field(description="final, reasoning, classify or an agent's id")


class TextDelta(Event):
    """A piece of a text."""

    type: Literal["text.delta"] = "text.delta"
    text_id: str
    delta: str


class TextCompleted(Event):
    """A text is over."""

    type: Literal["text.completed"] = "text.completed"
    text_id: str


class ToolStarted(Event):
    """A tool call begins."""

    type: Literal["tool.started"] = "tool.started"
    call_id: str
    name: str
    step_id: str


class ToolInputDelta(Event):
    """A piece of a tool's arguments, as JSON text."""

    type: Literal["tool.input.delta"] = "tool.input.delta"
    call_id: str
    delta: str


class ToolInput(Event):
    """A tool's arguments, whole: it is called now."""

    type: Literal["tool.input"] = "tool.input"
    call_id: str
    arguments: dict[str, Any]


class ToolOutput(Event):
    """A tool's result."""

    type: Literal["tool.output"] = "tool.output"
    call_id: str
    output: Any
    elapsed_ms: int


class ToolFailed(Event):
    """A tool call failed, or was never made."""

    type: Literal["tool.failed"] = "tool.failed"
    call_id: str
    message: str


class SourceCited(Event):
    """What `[index]` in the answer names."""

    type: Literal["source.cited"] = "source.cited"
    index: int
    document: str
    heading: str
    chunk_id: str
    quote: str


class Data(Event):
    """Something for people to look at, beside the text."""

    type: Literal["data"] = "data"
    name: str = Field(description="table, chart, …")
    id: str
    data: Any
    transient: bool = False


class UsageReported(Event):
    """Totals of the run so far, the classifier's included."""

    type: Literal["usage"] = "usage"
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None


class RunCompleted(Event):
    """The end of an answer."""

    type: Literal["run.completed"] = "run.completed"
    stop_reason: str
    usage: Usage
    cost_usd: float | None
    elapsed_ms: int
    first_token_ms: int | None


class RunFailed(Event):
    """The end of a run that could not be finished."""

    type: Literal["run.failed"] = "run.failed"
    code: str
    message: str = Field(description="Fit for a user")
    retryable: bool
    partial: bool = Field(description="Part of the answer was sent and stored")


class RunCancelled(Event):
    """The end of a run that was stopped."""

    type: Literal["run.cancelled"] = "run.cancelled"
    reason: str
    partial: bool


AnyEvent = Annotated[
    RunStarted
    | RouteDecided
    | StepStarted
    | StepUpdated
    | StepCompleted
    | TextStarted
    | TextDelta
    | TextCompleted
    | ToolStarted
    | ToolInputDelta
    | ToolInput
    | ToolOutput
    | ToolFailed
    | SourceCited
    | Data
    | UsageReported
    | RunCompleted
    | RunFailed
    | RunCancelled,
    Field(discriminator="type"),
]
Terminal = RunCompleted | RunFailed | RunCancelled
any_event: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
