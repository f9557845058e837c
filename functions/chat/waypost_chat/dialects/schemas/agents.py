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


class _AgentsTrace(_AgentsTimed):
    id: str
    step_id: str
    name: str
    kind: StepKind
    parent_id: str | None
    tool_name: str
    tool_type: Literal["mcp", "builtin"]
    mcp_server: str | None
    input: dict[str, Any] | None


class AgentsTraceStart(_AgentsTrace):
    """The start of a tool call, of a failed MCP server, or with `?steps=true` of any step."""

    type: Literal["trace_start"]


class AgentsTraceUpdate(_AgentsTimed):
    """Progress of a step: a piece of the model's reasoning, or a note."""

    type: Literal["trace_update"]
    id: str
    step_id: str
    name: str
    status: Literal["running"]
    message: str
    reasoning: str | None = None
    note: str | None = None


class AgentsTraceEnd(_AgentsTrace):
    """The end of a step: its input and output, duration and cost."""

    type: Literal["trace_end"]
    status: Literal["completed", "failed", "retried"]
    output: Any
    error: str | None
    latency_ms: int
    tokens: int | None
    tokens_input: int
    tokens_output: int
    tokens_total: int
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
    error: str
    details: str
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
