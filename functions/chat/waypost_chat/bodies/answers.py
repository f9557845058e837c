"""Parts that whole answers of several systems have in common."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["in_progress", "completed", "failed", "cancelled"]


class ToolUse(BaseModel):
    """A tool that was called; `output` is its message where it failed."""

    id: str
    name: str
    input: dict[str, Any] | None = None
    output: Any = None
    failed: bool = False


class Cited(BaseModel):
    """What `[index]` in the text names."""

    model_config = ConfigDict(extra="ignore")

    index: int
    document: str
    heading: str
    quote: str


class Error(BaseModel):
    """Why a run failed. `partial` says that the text is a beginning."""

    code: str = Field(examples=["model_busy"])
    message: str
    retryable: bool
    partial: bool
    request_id: str
