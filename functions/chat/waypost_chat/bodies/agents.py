"""Agents in requests and responses."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from waypost.agents.definition import AgentFields, AgentId
from waypost.records import AgentVersion

_EMPTY = {"name": "", "description": "", "examples": (), "instructions": ""}
"""Of an agent that was deleted before it was ever defined here."""


class NewAgent(AgentFields):
    model_config = ConfigDict(strict=True)

    id: Annotated[AgentId, Field(examples=["fleet"])]


class ChangedAgent(AgentFields):
    model_config = ConfigDict(strict=True)

    version: Annotated[int, Field(ge=1, description="The version that was edited", examples=[1])]


class Rollback(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Annotated[int, Field(ge=1, description="The one to go back to", examples=[1])]
    current: Annotated[int, Field(ge=1, description="The one that it replaces", examples=[2])]


class AgentView(AgentFields):
    """An agent at one of its versions. `created_at` and `created_by` are the version's."""

    id: str
    version: int
    source: Literal["file", "api"]
    created_at: str
    created_by: str | None = None
    deleted: bool = False
    status: Literal["active", "inactive"] = Field(
        default="active", description="`inactive` where it was deleted"
    )
    capabilities: tuple[str, ...] = Field(default=(), description="The tools that it uses")

    @classmethod
    def of(cls, version: AgentVersion) -> "AgentView":
        """Not checked: what an older release stored is shown as it is."""
        fields = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in version.definition.items()
            if name in AgentFields.model_fields
        }
        about = version.model_dump(exclude={"definition", "latest", "seed"})
        shown = {
            "status": "inactive" if version.deleted else "active",
            "capabilities": fields.get("tools", ()),
        }
        return cls.model_construct(**{**_EMPTY, **fields, **about, **shown})


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


class Deleted(BaseModel):
    message: str
