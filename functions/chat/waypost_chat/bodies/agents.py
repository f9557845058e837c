"""Agents as they are sent and shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from waypost.records import AgentVersion


class AgentFields(BaseModel):
    """What an agent is, as its file's front matter and text would say it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Fleet"])]
    description: Annotated[
        str,
        Field(min_length=1, max_length=2000, examples=["Answers from the fleet's own handbook."]),
    ]
    examples: Annotated[
        list[str], Field(min_length=1, max_length=50, examples=[["Which van is free on Monday?"]])
    ]
    aliases: Annotated[list[str], Field(max_length=20)] = []
    routed: bool = True
    strategy: Annotated[str, Field(examples=["rag"])] = "none"
    documents: Annotated[list[str], Field(max_length=50, examples=[["fleet/*.md"]])] = []
    tools: Annotated[list[str], Field(max_length=20, examples=[[]])] = []
    model: str | None = None
    fallbacks: Annotated[list[str], Field(max_length=5, examples=[[]])] = []
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 2048
    max_steps: Annotated[int, Field(ge=1, le=50)] = 6
    max_cost_usd: Annotated[float | None, Field(gt=0, le=1000, examples=[0.05])] = None
    runnable: str | None = None
    instructions: Annotated[
        str, Field(min_length=1, max_length=100_000, examples=["Answer from the passages alone."])
    ]


class NewAgent(AgentFields):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$", examples=["fleet"])]


class ChangedAgent(AgentFields):
    version: Annotated[int, Field(ge=1, description="The version that was edited", examples=[1])]


class Rollback(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Annotated[int, Field(ge=1, description="The one to go back to", examples=[1])]
    current: Annotated[int, Field(ge=1, description="The one that it replaces", examples=[2])]


class AgentView(BaseModel):
    """An agent at one of its versions. `created_at` and `created_by` are the version's."""

    id: str
    name: str = ""
    description: str = ""
    examples: list[str] = []
    aliases: list[str] = []
    version: int
    routed: bool = True
    strategy: str = "none"
    documents: list[str] = []
    tools: list[str] = []
    model: str | None = None
    fallbacks: list[str] = []
    max_tokens: int = 2048
    max_steps: int = 6
    max_cost_usd: float | None = None
    runnable: str | None = None
    instructions: str = ""
    source: Literal["file", "api"]
    created_at: str
    created_by: str | None = None
    deleted: bool = False

    @classmethod
    def of(cls, version: AgentVersion) -> "AgentView":
        known = {k: v for k, v in version.definition.items() if k in cls.model_fields}
        about = version.model_dump(exclude={"definition", "latest", "seed"})
        return cls.model_validate({**known, **about})


class AllowedView(BaseModel):
    """What an agent may name here."""

    models: list[str]
    strategies: list[str]
    tools: list[str]
    runnables: list[str]


class AgentList(BaseModel):
    agents: list[AgentView]
    total: int
    allowed: AllowedView
    may_write: bool = Field(description="Whether whoever asks may change agents")


class AgentVersions(BaseModel):
    """The last 200 versions, newest first."""

    versions: list[AgentView]
    total: int


class Done(BaseModel):
    message: str
