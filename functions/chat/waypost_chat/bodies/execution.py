"""Agent execution."""

from typing import Annotated

from pydantic import BaseModel, Field

from waypost.events import Usage
from waypost_chat.bodies.answers import AnswerError, AnswerStatus, ToolUse
from waypost_chat.bodies.conversation import LenientBody


class Execution(LenientBody):
    """`model` and `mcp_servers` choose among what the deployment allows."""

    input: Annotated[str, Field(min_length=1, examples=["Research AI"])]
    model: Annotated[str | None, Field(examples=[None])] = None
    mcp_servers: Annotated[tuple[str, ...], Field(max_length=20, strict=False, examples=[[]])] = ()
    stream: Annotated[bool | None, Field(description="Not read: the path says it")] = None


class Executed(BaseModel):
    """A finished run; `output` is the whole answer."""

    run_id: str
    thread_id: str
    status: AnswerStatus
    agent: str | None
    output: str
    tool_calls: list[ToolUse]
    usage: Usage
    cost_usd: float | None
    elapsed_ms: int | None
    success: bool
    final_output: str = Field(description="The same as `output`")
    execution_time: float | None = Field(description="Seconds")
    error: AnswerError | None = None


class AllowedModel(BaseModel):
    id: str = Field(description="What `model` may be", examples=["openai/gpt-4.1"])
    name: str = Field(description="The model that answers", examples=["amazon.nova-pro-v1:0"])
    provider: str = Field(description="Whose model that is", examples=["amazon"])
    default: bool


class AllowedModels(BaseModel):
    models: list[AllowedModel]


class AllowedServer(BaseModel):
    id: str = Field(description="What `mcp_servers` may hold", examples=["joerup/exa-mcp"])
    name: str = Field(description="The same, for people", examples=["exa-mcp"])
    description: str = Field(description="Where its tools come from")


class AllowedServers(BaseModel):
    mcp_servers: list[AllowedServer]
