"""The chunks of AI SDK's UI message stream, version 1; the last frame is `data: [DONE]`.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
"""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class AiSdkStart(Frame):
    """The message; the first of all."""

    type: Literal["start"]
    messageId: str  # noqa: N815
    messageMetadata: dict[str, Any]  # noqa: N815


class AiSdkStartStep(Frame):
    """A model call begins."""

    type: Literal["start-step"]


class AiSdkFinishStep(Frame):
    """A model call and its tools are over."""

    type: Literal["finish-step"]


class AiSdkTextStart(Frame):
    """A text of the answer begins."""

    type: Literal["text-start"]
    id: str


class AiSdkTextDelta(Frame):
    """A piece of it."""

    type: Literal["text-delta"]
    id: str
    delta: str


class AiSdkTextEnd(Frame):
    """It is over."""

    type: Literal["text-end"]
    id: str


class AiSdkReasoningStart(Frame):
    """The model begins to think."""

    type: Literal["reasoning-start"]
    id: str


class AiSdkReasoningDelta(Frame):
    """A piece of a thought."""

    type: Literal["reasoning-delta"]
    id: str
    delta: str


class AiSdkReasoningEnd(Frame):
    """It is over."""

    type: Literal["reasoning-end"]
    id: str


class _AiSdkTool(Frame):
    toolCallId: str  # noqa: N815


class _AiSdkRun(_AiSdkTool):
    dynamic: Literal[True]
    providerExecuted: Literal[True]  # noqa: N815


class AiSdkToolInputStart(_AiSdkRun):
    """A tool call begins."""

    type: Literal["tool-input-start"]
    toolName: str  # noqa: N815


class AiSdkToolInputDelta(_AiSdkTool):
    """A piece of its input, as JSON text."""

    type: Literal["tool-input-delta"]
    inputTextDelta: str  # noqa: N815


class AiSdkToolInputAvailable(_AiSdkRun):
    """Its whole input: the tool is called, on this side."""

    type: Literal["tool-input-available"]
    toolName: str  # noqa: N815
    input: dict[str, Any]


class AiSdkToolOutputAvailable(_AiSdkRun):
    """What the tool gave."""

    type: Literal["tool-output-available"]
    output: Any


class AiSdkToolOutputError(_AiSdkRun):
    """The tool failed."""

    type: Literal["tool-output-error"]
    errorText: str  # noqa: N815


class AiSdkSourceDocument(Frame):
    """A passage that the answer cites."""

    type: Literal["source-document"]
    sourceId: str  # noqa: N815
    mediaType: str  # noqa: N815
    title: str
    filename: str
    providerMetadata: dict[str, Any]  # noqa: N815


class AiSdkDataPart(Frame):
    """For people to look at: `data-route`, `data-step`, `data-table`."""

    type: str
    id: str
    data: Any
    transient: bool | None = None


class AiSdkMessageMetadata(Frame):
    """More about the message: why it failed."""

    type: Literal["message-metadata"]
    messageMetadata: dict[str, Any]  # noqa: N815


class AiSdkFinish(Frame):
    """The end of an answer."""

    type: Literal["finish"]
    finishReason: str  # noqa: N815
    messageMetadata: dict[str, Any]  # noqa: N815


class AiSdkError(Frame):
    """The run failed."""

    type: Literal["error"]
    errorText: str  # noqa: N815


class AiSdkAbort(Frame):
    """The run was cancelled."""

    type: Literal["abort"]
    reason: str


FRAMES = (
    AiSdkStart
    | AiSdkStartStep
    | AiSdkFinishStep
    | AiSdkTextStart
    | AiSdkTextDelta
    | AiSdkTextEnd
    | AiSdkReasoningStart
    | AiSdkReasoningDelta
    | AiSdkReasoningEnd
    | AiSdkToolInputStart
    | AiSdkToolInputDelta
    | AiSdkToolInputAvailable
    | AiSdkToolOutputAvailable
    | AiSdkToolOutputError
    | AiSdkSourceDocument
    | AiSdkMessageMetadata
    | AiSdkFinish
    | AiSdkError
    | AiSdkAbort
    | AiSdkDataPart
)
