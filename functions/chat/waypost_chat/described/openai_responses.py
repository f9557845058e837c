"""OpenAI's responses, streamed: https://platform.openai.com/docs/api-reference/responses-streaming"""

from typing import Any, Literal

from waypost_chat.described.frame import Frame


class _Numbered(Frame):
    sequence_number: int


class _Whole(_Numbered):
    response: dict[str, Any]


class _Item(_Numbered):
    output_index: int


class _Part(_Item):
    item_id: str


class _Content(_Part):
    content_index: int


class Created(_Whole):
    """The response; the first of all."""

    type: Literal["response.created"]


class InProgress(_Whole):
    """It is worked on."""

    type: Literal["response.in_progress"]


class Completed(_Whole):
    """The end of an answer."""

    type: Literal["response.completed"]


class Incomplete(_Whole):
    """The end of an answer that was cut short or cancelled."""

    type: Literal["response.incomplete"]


class Failed(_Whole):
    """The end of a run that failed."""

    type: Literal["response.failed"]


class ItemAdded(_Item):
    """A message, a thought or a tool call begins."""

    type: Literal["response.output_item.added"]
    item: dict[str, Any]


class ItemDone(_Item):
    """It is over."""

    type: Literal["response.output_item.done"]
    item: dict[str, Any]


class PartAdded(_Content):
    """A part of a message begins."""

    type: Literal["response.content_part.added"]
    part: dict[str, Any]


class PartDone(_Content):
    """It is over."""

    type: Literal["response.content_part.done"]
    part: dict[str, Any]


class TextDelta(_Content):
    """A piece of the answer."""

    type: Literal["response.output_text.delta"]
    delta: str
    logprobs: list[Any]


class TextDone(_Content):
    """A text of the answer, whole."""

    type: Literal["response.output_text.done"]
    text: str
    logprobs: list[Any]


class AnnotationAdded(_Content):
    """A passage that the answer cites."""

    type: Literal["response.output_text.annotation.added"]
    annotation_index: int
    annotation: dict[str, Any]


class ReasoningDelta(_Content):
    """A piece of a thought."""

    type: Literal["response.reasoning_text.delta"]
    delta: str


class ReasoningDone(_Content):
    """A thought, whole."""

    type: Literal["response.reasoning_text.done"]
    text: str


class CallInProgress(_Part):
    """A tool call begins, on this side."""

    type: Literal["response.mcp_call.in_progress"]


class ArgumentsDelta(_Part):
    """A piece of its arguments, as JSON text."""

    type: Literal["response.mcp_call_arguments.delta"]
    delta: str


class ArgumentsDone(_Part):
    """Its arguments, whole."""

    type: Literal["response.mcp_call_arguments.done"]
    arguments: str


class CallCompleted(_Part):
    """The tool has answered."""

    type: Literal["response.mcp_call.completed"]


class CallFailed(_Part):
    """The tool failed."""

    type: Literal["response.mcp_call.failed"]


FRAMES = (
    Created
    | InProgress
    | Completed
    | Incomplete
    | Failed
    | ItemAdded
    | ItemDone
    | PartAdded
    | PartDone
    | TextDelta
    | TextDone
    | AnnotationAdded
    | ReasoningDelta
    | ReasoningDone
    | CallInProgress
    | ArgumentsDelta
    | ArgumentsDone
    | CallCompleted
    | CallFailed
)
