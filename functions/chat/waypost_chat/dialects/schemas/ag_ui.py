"""AG-UI 1.0 events: https://docs.ag-ui.com/concepts/events"""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class _AgUiTimed(Frame):
    timestamp: int


class _AgUiText(_AgUiTimed):
    messageId: str  # noqa: N815


class _AgUiTool(_AgUiTimed):
    toolCallId: str  # noqa: N815


class _AgUiRun(_AgUiTimed):
    threadId: str  # noqa: N815
    runId: str  # noqa: N815


class AgUiRunStarted(_AgUiRun):
    """The start of the run; always the first event."""

    type: Literal["RUN_STARTED"]
    protocolVersion: str  # noqa: N815
    metadata: dict[str, Any]


class AgUiStepStarted(_AgUiTimed):
    """The start of a step; no two open steps have one name."""

    type: Literal["STEP_STARTED"]
    stepName: str  # noqa: N815


class AgUiStepFinished(_AgUiTimed):
    """The end of a step."""

    type: Literal["STEP_FINISHED"]
    stepName: str  # noqa: N815


class AgUiTextMessageStart(_AgUiText):
    """The start of a text of the answer."""

    type: Literal["TEXT_MESSAGE_START"]
    role: Literal["assistant"]


class AgUiTextMessageContent(_AgUiText):
    """A piece of a text of the answer."""

    type: Literal["TEXT_MESSAGE_CONTENT"]
    delta: str


class AgUiTextMessageEnd(_AgUiText):
    """The end of a text of the answer."""

    type: Literal["TEXT_MESSAGE_END"]


class AgUiReasoningStart(_AgUiText):
    """The start of the model's reasoning."""

    type: Literal["REASONING_START"]


class AgUiReasoningMessageStart(_AgUiText):
    """The start of a reasoning text."""

    type: Literal["REASONING_MESSAGE_START"]
    role: Literal["reasoning"]


class AgUiReasoningMessageContent(_AgUiText):
    """A piece of a reasoning text."""

    type: Literal["REASONING_MESSAGE_CONTENT"]
    delta: str


class AgUiReasoningMessageEnd(_AgUiText):
    """The end of a reasoning text."""

    type: Literal["REASONING_MESSAGE_END"]


class AgUiReasoningEnd(_AgUiText):
    """The end of the model's reasoning."""

    type: Literal["REASONING_END"]


class AgUiToolCallStart(_AgUiTool):
    """The start of a tool call."""

    type: Literal["TOOL_CALL_START"]
    toolCallName: str  # noqa: N815


class AgUiToolCallArgs(_AgUiTool):
    """A tool call's arguments, as JSON text."""

    type: Literal["TOOL_CALL_ARGS"]
    delta: str


class AgUiToolCallEnd(_AgUiTool):
    """The end of a tool call's arguments."""

    type: Literal["TOOL_CALL_END"]


class AgUiToolCallResult(_AgUiTool):
    """A tool's result, as text."""

    type: Literal["TOOL_CALL_RESULT"]
    messageId: str  # noqa: N815
    role: Literal["tool"]
    content: str


class AgUiCustom(_AgUiTimed):
    """What AG-UI has no event for: `waypost.route`, `waypost.source`, `waypost.table`."""

    type: Literal["CUSTOM"]
    name: str
    value: Any


class AgUiRunFinished(_AgUiRun):
    """The end of a run that was answered or cancelled."""

    type: Literal["RUN_FINISHED"]
    outcome: dict[str, Any]
    usage: list[dict[str, Any]] | None = None


class AgUiRunError(_AgUiTimed):
    """The end of a run that failed."""

    type: Literal["RUN_ERROR"]
    message: str
    code: str
    usage: list[dict[str, Any]] | None = None


FRAMES = (
    AgUiRunStarted
    | AgUiStepStarted
    | AgUiStepFinished
    | AgUiTextMessageStart
    | AgUiTextMessageContent
    | AgUiTextMessageEnd
    | AgUiReasoningStart
    | AgUiReasoningMessageStart
    | AgUiReasoningMessageContent
    | AgUiReasoningMessageEnd
    | AgUiReasoningEnd
    | AgUiToolCallStart
    | AgUiToolCallArgs
    | AgUiToolCallEnd
    | AgUiToolCallResult
    | AgUiCustom
    | AgUiRunFinished
    | AgUiRunError
)
