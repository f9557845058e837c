"""A normalised model-serving stream, whose clients carry the conversation."""

from typing import Annotated, Literal

from pydantic import Field

from waypost_chat.bodies.conversation import LenientBody


class ServedMessage(LenientBody):
    """One turn; those of users and assistants are read. `timestamp` is the client's own."""

    role: Literal["user", "assistant", "system", "developer", "tool"]
    content: Annotated[str | None, Field(examples=["What's our total revenue?"])] = None
    timestamp: Annotated[str | float | None, Field(examples=[None])] = None


class ServingChat(LenientBody):
    """The conversation so far; the last message is the question, and is the user's."""

    messages: Annotated[list[ServedMessage], Field(min_length=1, max_length=1000)]
