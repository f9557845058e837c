"""The chunks of AI SDK's UI message stream, version 1; the last frame is `data: [DONE]`.

https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
"""

from typing import Any, Literal

from waypost_chat.described.frame import Frame


class Start(Frame):
    """The message; the first of all."""

    type: Literal["start"]
    messageId: str  # noqa: N815
    messageMetadata: dict[str, Any]  # noqa: N815


class StartStep(Frame):
    """A model call begins."""

    type: Literal["start-step"]


class FinishStep(Frame):
    """A model call and its tools are over."""

    type: Literal["finish-step"]


class TextStart(Frame):
    """A text of the answer begins."""

    type: Literal["text-start"]
    id: str


class TextDelta(Frame):
    """A piece of it."""

    type: Literal["text-delta"]
    id: str
    delta: str


class TextEnd(Frame):
    """It is over."""

    type: Literal["text-end"]
    id: str


class ReasoningStart(Frame):
    """The model begins to think."""

    type: Literal["reasoning-start"]
    id: str


class ReasoningDelta(Frame):
    """A piece of a thought."""

    type: Literal["reasoning-delta"]
    id: str
    delta: str


class ReasoningEnd(Frame):
    """It is over."""

    type: Literal["reasoning-end"]
    id: str


class _Tool(Frame):
    toolCallId: str  # noqa: N815


class _Run(_Tool):
    dynamic: Literal[True]
    providerExecuted: Literal[True]  # noqa: N815


class ToolInputStart(_Run):
    """A tool call begins."""

    type: Literal["tool-input-start"]
    toolName: str  # noqa: N815


class ToolInputDelta(_Tool):
    """A piece of its input, as JSON text."""

    type: Literal["tool-input-delta"]
    inputTextDelta: str  # noqa: N815


class ToolInputAvailable(_Run):
    """Its whole input: the tool is called, on this side."""

    type: Literal["tool-input-available"]
    toolName: str  # noqa: N815
    input: dict[str, Any]


class ToolOutputAvailable(_Run):
    """What the tool gave."""

    type: Literal["tool-output-available"]
    output: Any


class ToolOutputError(_Run):
    """The tool failed."""

    type: Literal["tool-output-error"]
    errorText: str  # noqa: N815


class SourceDocument(Frame):
    """A passage that the answer cites."""

    type: Literal["source-document"]
    sourceId: str  # noqa: N815
    mediaType: str  # noqa: N815
    title: str
    filename: str
    providerMetadata: dict[str, Any]  # noqa: N815


class DataPart(Frame):
    """For people to look at: `data-route`, `data-step`, `data-table`."""

    type: str
    id: str
    data: Any
    transient: bool | None = None


class MessageMetadata(Frame):
    """More about the message: why it failed."""

    type: Literal["message-metadata"]
    messageMetadata: dict[str, Any]  # noqa: N815


class Finish(Frame):
    """The end of an answer."""

    type: Literal["finish"]
    finishReason: str  # noqa: N815
    messageMetadata: dict[str, Any]  # noqa: N815


class Error(Frame):
    """The run failed."""

    type: Literal["error"]
    errorText: str  # noqa: N815


class Abort(Frame):
    """The run was cancelled."""

    type: Literal["abort"]
    reason: str


FRAMES = (
    Start
    | StartStep
    | FinishStep
    | TextStart
    | TextDelta
    | TextEnd
    | ReasoningStart
    | ReasoningDelta
    | ReasoningEnd
    | ToolInputStart
    | ToolInputDelta
    | ToolInputAvailable
    | ToolOutputAvailable
    | ToolOutputError
    | SourceDocument
    | MessageMetadata
    | Finish
    | Error
    | Abort
    | DataPart
)
