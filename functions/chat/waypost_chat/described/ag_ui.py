"""AG-UI 1.0 events: https://docs.ag-ui.com/concepts/events"""

from typing import Any, Literal

from waypost_chat.described.frame import Frame


class _Timed(Frame):
    timestamp: int


class _Text(_Timed):
    messageId: str  # noqa: N815


class _Tool(_Timed):
    toolCallId: str  # noqa: N815


class _Run(_Timed):
    threadId: str  # noqa: N815
    runId: str  # noqa: N815


class RunStarted(_Run):
    """The run; the first of all."""

    type: Literal["RUN_STARTED"]
    protocolVersion: str  # noqa: N815
    metadata: dict[str, Any]


class StepStarted(_Timed):
    """A step begins; no two that are open have one name."""

    type: Literal["STEP_STARTED"]
    stepName: str  # noqa: N815


class StepFinished(_Timed):
    """It is over."""

    type: Literal["STEP_FINISHED"]
    stepName: str  # noqa: N815


class TextMessageStart(_Text):
    """A text of the answer begins."""

    type: Literal["TEXT_MESSAGE_START"]
    role: Literal["assistant"]


class TextMessageContent(_Text):
    """A piece of it."""

    type: Literal["TEXT_MESSAGE_CONTENT"]
    delta: str


class TextMessageEnd(_Text):
    """It is over."""

    type: Literal["TEXT_MESSAGE_END"]


class ReasoningStart(_Text):
    """The model begins to think."""

    type: Literal["REASONING_START"]


class ReasoningMessageStart(_Text):
    """A thought begins."""

    type: Literal["REASONING_MESSAGE_START"]
    role: Literal["reasoning"]


class ReasoningMessageContent(_Text):
    """A piece of it."""

    type: Literal["REASONING_MESSAGE_CONTENT"]
    delta: str


class ReasoningMessageEnd(_Text):
    """It is over."""

    type: Literal["REASONING_MESSAGE_END"]


class ReasoningEnd(_Text):
    """The model has thought."""

    type: Literal["REASONING_END"]


class ToolCallStart(_Tool):
    """A tool call begins."""

    type: Literal["TOOL_CALL_START"]
    toolCallName: str  # noqa: N815


class ToolCallArgs(_Tool):
    """Its arguments, as JSON text."""

    type: Literal["TOOL_CALL_ARGS"]
    delta: str


class ToolCallEnd(_Tool):
    """They are whole."""

    type: Literal["TOOL_CALL_END"]


class ToolCallResult(_Tool):
    """What the tool gave, as text."""

    type: Literal["TOOL_CALL_RESULT"]
    messageId: str  # noqa: N815
    role: Literal["tool"]
    content: str


class Custom(_Timed):
    """What AG-UI has no event for: `waypost.route`, `waypost.source`, `waypost.table`."""

    type: Literal["CUSTOM"]
    name: str
    value: Any


class RunFinished(_Run):
    """The end of a run that was answered or cancelled."""

    type: Literal["RUN_FINISHED"]
    outcome: dict[str, Any]
    usage: list[dict[str, Any]] | None = None


class RunError(_Timed):
    """The end of a run that failed."""

    type: Literal["RUN_ERROR"]
    message: str
    code: str
    usage: list[dict[str, Any]] | None = None


FRAMES = (
    RunStarted
    | StepStarted
    | StepFinished
    | TextMessageStart
    | TextMessageContent
    | TextMessageEnd
    | ReasoningStart
    | ReasoningMessageStart
    | ReasoningMessageContent
    | ReasoningMessageEnd
    | ReasoningEnd
    | ToolCallStart
    | ToolCallArgs
    | ToolCallEnd
    | ToolCallResult
    | Custom
    | RunFinished
    | RunError
)
