"""What Bedrock AgentCore's runtime sends to its container, and what it is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from waypost_chat.bodies.answers import Error, Status

Text = Annotated[str, Field(min_length=1, examples=["How many technicians are active?"])]


class _Open(BaseModel):
    """AgentCore hands on what its caller made up: what is not known here is left alone."""

    model_config = ConfigDict(strict=True)


class Prompt(_Open):
    prompt: Text


class Question(_Open):
    question: Text


class Nested(_Open):
    """As AgentCore's own FastAPI sample has it."""

    input: Prompt | Text


class Invocation(BaseModel):
    """A finished run; `response` is the answer."""

    response: str
    status: Status
    run_id: str
    session_id: str
    error: Error | None = None


class Ping(BaseModel):
    """Whether the container is at work: AgentCore does not stop one that is."""

    status: Literal["Healthy", "HealthyBusy"]
    time_of_last_update: int = Field(description="When the status last changed, Unix seconds")
