"""The frames of `/api/agent/stream`."""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class ExecutionThought(Frame):
    content: str
    agent: str | None = None


class ExecutionThinking(Frame):
    """Which agent was chosen and why, a piece of the model's reasoning, or a lost MCP server."""

    event: Literal["thinking"]
    timestamp: str
    data: ExecutionThought


class ExecutionUse(Frame):
    content: str
    tool: str
    call_id: str
    input: dict[str, Any]


class ExecutionToolUse(Frame):
    """A tool call; `content` is its input as JSON."""

    event: Literal["tool_use"]
    timestamp: str
    data: ExecutionUse


class ExecutionResult(Frame):
    content: str
    tool: str
    call_id: str
    output: Any
    result: Any
    failed: bool


class ExecutionToolResult(Frame):
    """A tool's result, as text in `content`."""

    event: Literal["tool_result"]
    timestamp: str
    data: ExecutionResult


class ExecutionText(Frame):
    content: str


class ExecutionPartialOutput(Frame):
    """A piece of the answer."""

    event: Literal["partial_output"]
    timestamp: str
    data: ExecutionText


class ExecutionWhole(Frame):
    content: str
    success: Literal[True]


class ExecutionFinalOutput(Frame):
    """The whole answer, right before `complete`."""

    event: Literal["final_output"]
    timestamp: str
    data: ExecutionWhole


class ExecutionProblem(Frame):
    content: str
    error: str
    success: Literal[False]
    code: str
    retryable: bool
    partial: bool


class ExecutionError(Frame):
    """The run failed or was cancelled; `complete` follows."""

    event: Literal["error"]
    timestamp: str
    data: ExecutionProblem


class ExecutionEnding(Frame):
    content: Literal["completed", "failed", "cancelled"]
    message: str
    success: bool
    run_id: str
    thread_id: str


class ExecutionComplete(Frame):
    """Always the last frame, after an error too."""

    event: Literal["complete"]
    timestamp: str
    data: ExecutionEnding


FRAMES = (
    ExecutionThinking
    | ExecutionToolUse
    | ExecutionToolResult
    | ExecutionPartialOutput
    | ExecutionFinalOutput
    | ExecutionError
    | ExecutionComplete
)
