"""The chunks of AI SDK's UI message stream, version 1; the last frame is `data: [DONE]`.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
"""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class AiSdkStart(Frame):
    """The start of the message; always the first chunk."""

    type: Literal["start"]
    messageId: str  # noqa: N815
    messageMetadata: dict[str, Any]  # noqa: N815


class AiSdkStartStep(Frame):
    """The start of a model call."""

    type: Literal["start-step"]


class AiSdkFinishStep(Frame):
    """The end of a model call and its tools."""

    type: Literal["finish-step"]


class AiSdkTextStart(Frame):
    """The start of a text of the answer."""

    type: Literal["text-start"]
    id: str


class AiSdkTextDelta(Frame):
    """A piece of a text of the answer."""

    type: Literal["text-delta"]
    id: str
    delta: str


class AiSdkTextEnd(Frame):
    """The end of a text of the answer."""

    type: Literal["text-end"]
    id: str


class AiSdkReasoningStart(Frame):
    """The start of the model's reasoning."""

    type: Literal["reasoning-start"]
    id: str


class AiSdkReasoningDelta(Frame):
    """A piece of the model's reasoning."""

    type: Literal["reasoning-delta"]
    id: str
    delta: str


class AiSdkReasoningEnd(Frame):
    """The end of the model's reasoning."""

    type: Literal["reasoning-end"]
    id: str


class _AiSdkTool(Frame):
    toolCallId: str  # noqa: N815


class _AiSdkRun(_AiSdkTool):
    dynamic: Literal[True]
    providerExecuted: Literal[True]  # noqa: N815


class AiSdkToolInputStart(_AiSdkRun):
    """The start of a tool call."""

    type: Literal["tool-input-start"]
    toolName: str  # noqa: N815


class AiSdkToolInputDelta(_AiSdkTool):
    """A piece of a tool's input, as JSON text."""

    type: Literal["tool-input-delta"]
    inputTextDelta: str  # noqa: N815


class AiSdkToolInputAvailable(_AiSdkRun):
    """A tool's whole input: the server calls the tool."""

    type: Literal["tool-input-available"]
    toolName: str  # noqa: N815
    input: dict[str, Any]


class AiSdkToolOutputAvailable(_AiSdkRun):
    """A tool's output."""

    type: Literal["tool-output-available"]
    output: Any


class AiSdkToolOutputError(_AiSdkRun):
    """A tool call failed."""

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
