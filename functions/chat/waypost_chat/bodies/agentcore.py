"""Requests of Bedrock AgentCore's runtime to its container, and the responses."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from waypost_chat.bodies.answers import AnswerError, AnswerStatus
from waypost_chat.bodies.conversation import LenientBody

PromptText = Annotated[str, Field(min_length=1, examples=["How many technicians are active?"])]


class PromptBody(LenientBody):
    prompt: PromptText


class QuestionBody(LenientBody):
    question: PromptText


class NestedBody(LenientBody):
    """As AgentCore's own FastAPI sample has it."""

    input: PromptBody | PromptText


class InvocationAnswer(BaseModel):
    """A finished run; `response` is the answer."""

    response: str
    status: AnswerStatus
    run_id: str
    session_id: str
    error: AnswerError | None = None


class Ping(BaseModel):
    """Whether the container is at work: AgentCore does not stop one that is."""

    status: Literal["Healthy", "HealthyBusy"]
    time_of_last_update: int = Field(description="When the status last changed, Unix seconds")
