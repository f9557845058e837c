"""Requests of AI SDK's `DefaultChatTransport`."""

from typing import Annotated, Literal

from pydantic import Field

from waypost.errors import Invalid
from waypost.records import PriorTurn
from waypost_chat.bodies.conversation import LenientBody, QuestionAndHistory, split_conversation

Trigger = Literal["submit-message", "regenerate-message"]


class UIPart(LenientBody):
    """A part of a message; only text is read."""

    type: Annotated[str, Field(examples=["text"])]
    text: Annotated[str | None, Field(examples=["How many technicians are active?"])] = None


class UIMessage(LenientBody):
    id: Annotated[str | None, Field(examples=["msg-1"])] = None
    role: Literal["system", "user", "assistant"]
    parts: Annotated[list[UIPart], Field(max_length=10_000)]

    @property
    def text(self) -> str:
        return "".join(part.text or "" for part in self.parts if part.type == "text")


class UIChat(LenientBody):
    """The chat so far; the user's last message is the question, and `id` is the thread's.

    Earlier messages count where the thread is new here. `agent` and `model` are ours: put them in
    the transport's `body`.
    """

    id: Annotated[str, Field(examples=["chat-7Hq2"])]
    messages: Annotated[list[UIMessage], Field(min_length=1, max_length=10_000)]
    trigger: Trigger = "submit-message"
    message_id: Annotated[str | None, Field(alias="messageId", examples=[None])] = None
    agent: Annotated[str | None, Field(examples=[None])] = None
    model: Annotated[str | None, Field(examples=[None])] = None

    def question_and_history(self) -> QuestionAndHistory:
        """The question and the turns before it. Raises Invalid."""
        written = [message for message in self.messages if message.role != "system"]
        users = [message for message in written if message.role == "user"]
        if users and any(part.type == "file" for part in users[-1].parts):
            raise Invalid("Only text can be answered, not a file.", code="unsupported_content")
        return split_conversation(
            [PriorTurn(role=_role(message), text=message.text) for message in written]
        )


def _role(message: UIMessage) -> Literal["user", "assistant"]:
    return "user" if message.role == "user" else "assistant"
