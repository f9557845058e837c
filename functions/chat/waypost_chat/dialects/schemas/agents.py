"""The frames of `/api/agents/{agent_id}/chat`."""

from typing import Any, Literal

from pydantic import Field

from waypost.events import StepKind
from waypost_chat.dialects.schemas.frame import Frame


class _AgentsTimed(Frame):
    timestamp: str = Field(description="RFC 3339, UTC: when it happened")


class AgentsToken(_AgentsTimed):
    """A piece of the answer."""

    type: Literal["token"]
    content: str


class AgentsTraceStart(_AgentsTimed):
    """The start of a step."""

    type: Literal["trace_start"]
    id: str
    name: str
    kind: StepKind
    parent_id: str | None


class AgentsTraceUpdate(_AgentsTimed):
    """Progress of a step: a tool's input, a piece of the model's reasoning, or a note."""

    type: Literal["trace_update"]
    id: str
    name: str
    input: dict[str, Any] | None = None
    reasoning: str | None = None
    note: str | None = None


class AgentsTraceEnd(_AgentsTimed):
    """The end of a step: its input and output, duration and cost."""

    type: Literal["trace_end"]
    id: str
    name: str
    kind: StepKind
    status: Literal["completed", "failed", "retried"]
    input: dict[str, Any] | None
    output: Any
    latency_ms: int
    tokens: int | None
    cost_usd: float | None


class AgentsDone(_AgentsTimed):
    """The end of an answer; `tokens_used` are those read and written by all its model calls."""

    type: Literal["done"]
    run_id: str
    thread_id: str
    message_id: str
    tokens_used: int


class AgentsError(_AgentsTimed):
    """The end of a run that failed or was cancelled."""

    type: Literal["error"]
    message: str
    code: str
    retryable: bool
    partial: bool
    run_id: str
    thread_id: str
    message_id: str


class AgentsHeartbeat(_AgentsTimed):
    """The stream is alive; sent every 15 seconds."""

    type: Literal["heartbeat"]


FRAMES = (
    AgentsToken
    | AgentsTraceStart
    | AgentsTraceUpdate
    | AgentsTraceEnd
    | AgentsDone
    | AgentsError
    | AgentsHeartbeat
)
