"""A normalised model-serving stream, whose clients carry the conversation."""

from typing import Annotated

from pydantic import Field

from waypost.records import Role
from waypost_chat.bodies.conversation import LenientBody


class ServedMessage(LenientBody):
    """One turn. `timestamp` is the client's own and is not read."""

    role: Role
    content: Annotated[str, Field(examples=["What's our total revenue?"])]
    timestamp: Annotated[str | float | None, Field(examples=[None])] = None


class ServingChat(LenientBody):
    """The conversation so far; the last message is the question, and is the user's."""

    messages: Annotated[list[ServedMessage], Field(min_length=1, max_length=1000)]
