"""Sessions and support agents."""

from typing import Annotated

from pydantic import BaseModel, Field

from waypost.records import Role
from waypost_chat.bodies.conversation import LenientBody


class SupportChat(LenientBody):
    """A message; `session_id` null begins a session, and an id that is new names it."""

    message: Annotated[str, Field(min_length=1, examples=["What does the Enterprise plan cost?"])]
    session_id: Annotated[str | None, Field(examples=[None])] = None


class SessionMessage(BaseModel):
    role: Role
    content: str
    agent: str | None
    agent_type: str | None = Field(description="The same as `agent`")
    created_at: str
    timestamp: str = Field(description="The same as `created_at`")
    partial: bool = Field(description="The answer broke off; this much was stored")


class Session(BaseModel):
    """A session with its last 500 messages, oldest first."""

    session_id: str
    title: str
    created_at: str
    updated_at: str
    messages: list[SessionMessage]
    current_agent: str | None = Field(description="The one that answered last")
    metadata: dict[str, str] = {}


class SessionDeleted(BaseModel):
    message: str = Field(examples=["Session deleted successfully"])
    session_id: str
