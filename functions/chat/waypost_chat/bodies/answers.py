"""Parts that the JSON answers of several systems share."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

AnswerStatus = Literal["in_progress", "completed", "failed", "cancelled"]


class ToolUse(BaseModel):
    """A tool that was called; `output` is its message where it failed."""

    id: str
    name: str
    input: dict[str, Any] | None = None
    output: Any = None
    failed: bool = False


class CitedSource(BaseModel):
    """What `[index]` in the text names."""

    model_config = ConfigDict(extra="ignore")

    index: int
    document: str
    heading: str
    quote: str


class AnswerError(BaseModel):
    """Why a run failed. `partial` says that the text is a beginning."""

    code: str = Field(examples=["model_busy"])
    message: str
    retryable: bool
    partial: bool
    request_id: str
