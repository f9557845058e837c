"""The frames of `/api/agent/stream`."""

from typing import Any, Literal

from waypost_chat.described.frame import Frame


class Thought(Frame):
    content: str
    agent: str | None = None


class Thinking(Frame):
    """Which agent was chosen and why, or what the model says to itself."""

    event: Literal["thinking"]
    data: Thought


class Use(Frame):
    content: str
    tool: str
    call_id: str
    input: dict[str, Any]


class ToolUse(Frame):
    """A tool is called; `content` is its input as JSON."""

    event: Literal["tool_use"]
    data: Use


class Result(Frame):
    content: str
    tool: str
    call_id: str
    output: Any
    failed: bool


class ToolResult(Frame):
    """What a tool gave, as text in `content`."""

    event: Literal["tool_result"]
    data: Result


class Text(Frame):
    content: str


class PartialOutput(Frame):
    """A piece of the answer."""

    event: Literal["partial_output"]
    data: Text


class FinalOutput(Frame):
    """The whole answer, right before `complete`."""

    event: Literal["final_output"]
    data: Text


class Problem(Frame):
    content: str
    code: str
    retryable: bool
    partial: bool


class Error(Frame):
    """The run failed or was cancelled; `complete` follows."""

    event: Literal["error"]
    data: Problem


class Ending(Frame):
    content: Literal["completed", "failed", "cancelled"]
    run_id: str
    thread_id: str


class Complete(Frame):
    """The last of all, after an error too."""

    event: Literal["complete"]
    data: Ending


FRAMES = Thinking | ToolUse | ToolResult | PartialOutput | FinalOutput | Error | Complete
