"""OpenAI's responses, streamed: https://platform.openai.com/docs/api-reference/responses-streaming"""

from typing import Any, Literal

from waypost_chat.dialects.schemas.frame import Frame


class _OpenaiResponsesNumbered(Frame):
    sequence_number: int


class _OpenaiResponsesWhole(_OpenaiResponsesNumbered):
    response: dict[str, Any]


class _OpenaiResponsesItem(_OpenaiResponsesNumbered):
    output_index: int


class _OpenaiResponsesPart(_OpenaiResponsesItem):
    item_id: str


class _OpenaiResponsesContent(_OpenaiResponsesPart):
    content_index: int


class OpenaiResponsesCreated(_OpenaiResponsesWhole):
    """The response; always the first event."""

    type: Literal["response.created"]


class OpenaiResponsesInProgress(_OpenaiResponsesWhole):
    """The response is being answered."""

    type: Literal["response.in_progress"]


class OpenaiResponsesCompleted(_OpenaiResponsesWhole):
    """The end of an answer."""

    type: Literal["response.completed"]


class OpenaiResponsesIncomplete(_OpenaiResponsesWhole):
    """The end of an answer that was cut short or cancelled."""

    type: Literal["response.incomplete"]


class OpenaiResponsesFailed(_OpenaiResponsesWhole):
    """The end of a run that failed."""

    type: Literal["response.failed"]


class OpenaiResponsesItemAdded(_OpenaiResponsesItem):
    """The start of a message, a reasoning text or a tool call."""

    type: Literal["response.output_item.added"]
    item: dict[str, Any]


class OpenaiResponsesItemDone(_OpenaiResponsesItem):
    """The end of an item."""

    type: Literal["response.output_item.done"]
    item: dict[str, Any]


class OpenaiResponsesPartAdded(_OpenaiResponsesContent):
    """The start of a part of a message."""

    type: Literal["response.content_part.added"]
    part: dict[str, Any]


class OpenaiResponsesPartDone(_OpenaiResponsesContent):
    """The end of a part of a message."""

    type: Literal["response.content_part.done"]
    part: dict[str, Any]


class OpenaiResponsesTextDelta(_OpenaiResponsesContent):
    """A piece of the answer."""

    type: Literal["response.output_text.delta"]
    delta: str
    logprobs: list[Any]


class OpenaiResponsesTextDone(_OpenaiResponsesContent):
    """A whole text of the answer."""

    type: Literal["response.output_text.done"]
    text: str
    logprobs: list[Any]


class OpenaiResponsesAnnotationAdded(_OpenaiResponsesContent):
    """A passage that the answer cites."""

    type: Literal["response.output_text.annotation.added"]
    annotation_index: int
    annotation: dict[str, Any]


class OpenaiResponsesReasoningDelta(_OpenaiResponsesContent):
    """A piece of the model's reasoning."""

    type: Literal["response.reasoning_text.delta"]
    delta: str


class OpenaiResponsesReasoningDone(_OpenaiResponsesContent):
    """A whole reasoning text."""

    type: Literal["response.reasoning_text.done"]
    text: str


class OpenaiResponsesListInProgress(_OpenaiResponsesPart):
    """An MCP server is asked for its tools."""

    type: Literal["response.mcp_list_tools.in_progress"]


class OpenaiResponsesListFailed(_OpenaiResponsesPart):
    """An MCP server could not be asked for its tools; the answer goes on without them."""

    type: Literal["response.mcp_list_tools.failed"]


class OpenaiResponsesCallInProgress(_OpenaiResponsesPart):
    """The start of a tool call, made by the server."""

    type: Literal["response.mcp_call.in_progress"]


class OpenaiResponsesArgumentsDelta(_OpenaiResponsesPart):
    """A piece of a tool call's arguments, as JSON text."""

    type: Literal["response.mcp_call_arguments.delta"]
    delta: str


class OpenaiResponsesArgumentsDone(_OpenaiResponsesPart):
    """A tool call's whole arguments."""

    type: Literal["response.mcp_call_arguments.done"]
    arguments: str


class OpenaiResponsesCallCompleted(_OpenaiResponsesPart):
    """The end of a tool call."""

    type: Literal["response.mcp_call.completed"]


class OpenaiResponsesCallFailed(_OpenaiResponsesPart):
    """The tool call failed."""

    type: Literal["response.mcp_call.failed"]


FRAMES = (
    OpenaiResponsesCreated
    | OpenaiResponsesInProgress
    | OpenaiResponsesCompleted
    | OpenaiResponsesIncomplete
    | OpenaiResponsesFailed
    | OpenaiResponsesItemAdded
    | OpenaiResponsesItemDone
    | OpenaiResponsesPartAdded
    | OpenaiResponsesPartDone
    | OpenaiResponsesTextDelta
    | OpenaiResponsesTextDone
    | OpenaiResponsesAnnotationAdded
    | OpenaiResponsesReasoningDelta
    | OpenaiResponsesReasoningDone
    | OpenaiResponsesListInProgress
    | OpenaiResponsesListFailed
    | OpenaiResponsesCallInProgress
    | OpenaiResponsesArgumentsDelta
    | OpenaiResponsesArgumentsDone
    | OpenaiResponsesCallCompleted
    | OpenaiResponsesCallFailed
)
