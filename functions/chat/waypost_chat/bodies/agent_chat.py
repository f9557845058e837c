"""A message to one agent."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from waypost.events import Usage
from waypost_chat.bodies.answers import AnswerError, AnswerStatus, CitedSource, ToolUse
from waypost_chat.bodies.conversation import LenientBody


class AgentChat(LenientBody):
    """`thread_id` null begins a thread; `stream` false waits for the whole answer."""

    message: Annotated[str, Field(min_length=1, examples=["How many technicians are active?"])]
    thread_id: Annotated[str | None, Field(examples=[None])] = None
    stream: bool = True
    role: Literal["user"] = "user"


class AgentAnswer(BaseModel):
    """A finished run; `content` is the answer."""

    run_id: str
    thread_id: str
    message_id: str
    agent_id: str
    status: AnswerStatus
    content: str
    message: str = Field(description="The same as `content`")
    tool_calls: list[ToolUse]
    sources: list[CitedSource]
    tokens_used: int
    usage: Usage
    cost_usd: float | None
    error: AnswerError | None = None
