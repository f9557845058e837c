"""An agent's threads with their messages, runs and steps."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from waypost.events import StepKind, Usage
from waypost.records import LIVE, Message, Run, RunState, Source, Step, Thread

ThreadStatus = Literal["active", "in_progress", "completed", "failed", "deleted"]
RunStatus = Literal["in_progress", "completed", "failed"]
_STATUS: dict[RunState, RunStatus] = {
    "running": "in_progress",
    "completed": "completed",
}
"""Every other state is a failure, which `error.code` tells apart."""


class AgentThread(BaseModel):
    id: str
    agent_id: str | None = Field(description="The first of `agent_ids`")
    agent_ids: list[str] = Field(description="The agents that have answered in it")
    title: str = Field(description="From its first message, until somebody renames it")
    status: ThreadStatus = Field(description="How its last run is; `active` before any has ended")
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, thread: Thread) -> "AgentThread":
        known = thread.model_dump(include={"id", "title", "created_at", "updated_at"})
        agents = list(thread.agents)
        return cls(
            **known,
            agent_id=agents[0] if agents else None,
            agent_ids=agents,
            status=_thread_status(thread),
        )


class ThreadMessage(BaseModel):
    id: str
    run_id: str
    role: Literal["user", "assistant"]
    content: str
    created_at: str
    timestamp: str = Field(description="The same as `created_at`")
    agent_id: str | None
    partial: bool = Field(description="The answer broke off; this much was stored")
    sources: list[Source]

    @classmethod
    def of(cls, message: Message) -> "ThreadMessage":
        known = message.model_dump(exclude={"thread_id", "text", "agent"})
        return cls(
            **known,
            content=message.text,
            agent_id=message.agent,
            timestamp=message.created_at,
        )


class RunError(BaseModel):
    code: str
    message: str
    retryable: bool


class ThreadStep(BaseModel):
    id: str
    type: StepKind
    name: str
    status: Literal["in_progress", "completed", "failed"]
    started_at: str
    latency_ms: int | None
    tokens: Usage | None
    cost_usd: float | None
    input: Any
    output: Any

    @classmethod
    def of(cls, step: Step) -> "ThreadStep":
        known = step.model_dump(include={"id", "name", "started_at", "cost_usd", "input", "output"})
        status: Any = {None: "in_progress", "ok": "completed"}.get(step.status, "failed")
        return cls(
            **known,
            type=step.kind,
            status=status,
            latency_ms=step.elapsed_ms,
            tokens=step.usage,
        )


class ThreadRun(BaseModel):
    id: str
    status: RunStatus
    agent_id: str | None
    agent_version: int | None
    model: str | None
    user_message_id: str
    message_id: str
    created_at: str
    completed_at: str | None
    latency_ms: int | None
    first_token_ms: int | None
    tokens: Usage
    tokens_used: int = Field(description="Input and output tokens together")
    cost_usd: float | None
    error: RunError | None
    steps: list[ThreadStep]

    @classmethod
    def of(cls, run: Run, steps: list[Step]) -> "ThreadRun":
        return cls(
            id=run.id,
            status=_STATUS.get(run.state, "failed"),
            agent_id=run.route.agent if run.route else None,
            agent_version=run.route.agent_version if run.route else None,
            model=run.model,
            user_message_id=run.user_message_id,
            message_id=run.message_id,
            created_at=run.created_at,
            completed_at=run.finished_at,
            latency_ms=run.elapsed_ms,
            first_token_ms=run.first_token_ms,
            tokens=run.usage,
            tokens_used=run.usage.input_tokens + run.usage.output_tokens,
            cost_usd=run.cost_usd,
            error=_error(run),
            steps=list(map(ThreadStep.of, steps)),
        )


class AgentThreadView(AgentThread):
    """A thread with its last 500 messages, oldest first, and its runs with their steps."""

    messages: list[ThreadMessage]
    earlier: str | None = Field(
        description="Where there are earlier messages: what `before` is to be for them"
    )
    runs: list[ThreadRun]


class AgentThreads(BaseModel):
    """The latest first. `total` counts all that fit the request, on whatever page."""

    threads: list[AgentThread]
    total: int
    limit: int
    offset: int


def _thread_status(thread: Thread) -> ThreadStatus:
    if thread.deleted_at:
        return "deleted"
    if thread.live_run:
        return "in_progress"
    if thread.last_state is None:
        return "active"
    return "completed" if thread.last_state == "completed" else "failed"


def _error(run: Run) -> RunError | None:
    if run.failure:
        return RunError(**run.failure.model_dump())
    if run.state in LIVE or run.state == "completed":
        return None
    message = "The run was cancelled." if run.state == "cancelled" else "The run broke off."
    return RunError(code=run.state, message=message, retryable=False)
