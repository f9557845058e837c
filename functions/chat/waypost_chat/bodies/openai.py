"""Requests of OpenAI's clients, and the responses.

Sampling fields and others that are not named here may be sent and change nothing. Fields that ask
for another kind of answer than text are named, so that they are refused.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from waypost.errors import Invalid
from waypost.records import PriorTurn, Role
from waypost_chat.bodies.conversation import (
    LenientBody,
    QuestionAndHistory,
    check_only_text,
    split_conversation,
    text_of,
)
from waypost_chat.dialects.openai import ROUTED

_TEXTS = ("text", "input_text", "output_text")
Model = Annotated[str, Field(description=f"An agent, or `{ROUTED}` for the one that fits")]
ToolChoice = Literal["none", "auto"] | None
_ROLES: dict[str | None, Role] = {"user": "user", "assistant": "assistant"}
"""Those whose text is read."""


class OpenAIContent(LenientBody):
    type: Annotated[str, Field(examples=["text"])]
    text: str | None = None


class ChatMessage(LenientBody):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[
        str | list[OpenAIContent] | None, Field(examples=["How many technicians are active?"])
    ] = None


class StreamOptions(LenientBody):
    include_usage: bool | None = None


class TextFormat(LenientBody):
    type: Literal["text"] = "text"


class TextOptions(LenientBody):
    format: TextFormat | None = None


class NewCompletion(LenientBody):
    """The conversation so far; the user's last message is the question.

    The agents' instructions are the deployment's: system and developer messages are not read.
    """

    model: Annotated[Model, Field(examples=[ROUTED])]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=10_000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    response_format: TextFormat | None = None
    modalities: list[Literal["text"]] | None = None
    logprobs: Literal[False] | None = None
    tool_choice: ToolChoice = None

    def question_and_history(self) -> QuestionAndHistory:
        """The question and the turns before it. Raises Invalid."""
        return _split(self.messages)


class InputItem(LenientBody):
    """A message, where it has a role; an `item_reference` stands for one that was answered here.

    Other items are not read.
    """

    type: str | None = None
    id: str | None = None
    role: str | None = None
    content: str | list[OpenAIContent] | None = None


class Conversation(LenientBody):
    id: str


class NewResponse(LenientBody):
    """A question, as text or as the last user message of a list.

    `previous_response_id` and `conversation` continue a thread; a conversation that is not there
    yet is made. `instructions` are not read: the agents' are the deployment's.
    """

    model: Annotated[Model, Field(examples=[ROUTED])] = ROUTED
    input: Annotated[str | list[InputItem], Field(examples=["How many technicians are active?"])]
    previous_response_id: Annotated[str | None, Field(examples=[None])] = None
    conversation: Annotated[str | Conversation | None, Field(examples=[None])] = None
    stream: bool | None = None
    background: bool | None = None
    prompt: None = None
    text: TextOptions | None = None
    tool_choice: ToolChoice = None

    @property
    def conversation_id(self) -> str | None:
        named = self.conversation
        return named.id if isinstance(named, Conversation) else named

    @property
    def references(self) -> list[str]:
        """The ids of the items that the input refers to."""
        items = [] if isinstance(self.input, str) else self.input
        return [item.id or "" for item in items if item.type == "item_reference"]

    def without_references(self) -> Mapping[str, str]:
        """Nothing referred to. Raises Invalid where the input refers to something."""
        if self.references:
            raise Invalid("Items cannot be referred to here.", code="unsupported_content")
        return {}

    def question_and_history(self, referred: Mapping[str, str]) -> QuestionAndHistory:
        """The question and the turns before it.

        Args:
            referred: The texts of the items that the input refers to, by their ids.

        Raises:
            Invalid: There is no question.
        """
        if isinstance(self.input, str):
            return self.input, ()
        return _split([_resolved(item, referred) for item in self.input])


class Completion(BaseModel):
    """`chat.completion`, as OpenAI describes it."""

    id: str = Field(examples=["chatcmpl-01M7Z2801C9NZ9HSN0VPN4Y4HG"])
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str | None = Field(description="The agent and its version")
    choices: list[dict[str, Any]]
    usage: dict[str, Any]


class ResponseView(BaseModel):
    """`response`, as OpenAI describes it; fields that are always the same are left out here."""

    id: str = Field(examples=["resp_01M7Z2801C9NZ9HSN0VPN4Y4HG"])
    object: Literal["response"]
    created_at: int
    status: Literal["in_progress", "completed", "failed", "cancelled", "incomplete"]
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None
    model: str
    conversation: dict[str, Any] | None
    previous_response_id: str | None
    output: list[dict[str, Any]]
    usage: dict[str, Any] | None
    metadata: dict[str, str]


class ModelView(BaseModel):
    id: str = Field(examples=[ROUTED])
    object: Literal["model"] = "model"
    created: int
    owned_by: str = ROUTED


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelView]


class OpenAIErrorDetail(BaseModel):
    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None
    code: str | None


class OpenAIErrorBody(BaseModel):
    """Every error's body."""

    error: OpenAIErrorDetail


def _resolved(item: InputItem, referred: Mapping[str, str]) -> InputItem:
    if item.type != "item_reference":
        return item
    return InputItem(role="assistant", content=referred.get(item.id or "", ""))


def _split(messages: Sequence[ChatMessage | InputItem]) -> QuestionAndHistory:
    users = [message for message in messages if message.role == "user"]
    if users:
        check_only_text(users[-1].content, _TEXTS)
    return split_conversation(
        [
            PriorTurn(role=_ROLES[message.role], text=text_of(message.content, _TEXTS))
            for message in messages
            if message.role in _ROLES
        ]
    )
