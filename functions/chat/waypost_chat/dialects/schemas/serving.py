"""The frames of `/api/chat/stream`; the last is `data: [DONE]`, which is no JSON."""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class ServingTextDelta(Frame):
    """A piece of the answer."""

    type: Literal["text.delta"]
    delta: str


class ServingToolCall(Frame):
    """A tool call."""

    type: Literal["tool.call"]
    name: str
    args: dict[str, Any]


class ServingToolOutput(Frame):
    """A tool's output, as JSON where it is no text; its message where it failed."""

    type: Literal["tool.output"]
    name: str
    output: str
    failed: Literal[True] | None = None


class ServingError(Frame):
    """The run failed or was cancelled; `[DONE]` follows."""

    type: Literal["error"]
    message: str


FRAMES = ServingTextDelta | ServingToolCall | ServingToolOutput | ServingError
