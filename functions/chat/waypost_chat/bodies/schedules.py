"""Bodies of `/v1/schedules`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from waypost.records import Schedule


class NewSchedule(BaseModel):
    """Either `questions` or the `upload_id` of a file of them, and when to ask them."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, examples=["Every evening"])
    expression: str = Field(max_length=256, examples=["cron(0 20 ? * MON-FRI *)"])
    timezone: str = Field(default="UTC", max_length=50, examples=["Europe/Zurich"])
    questions: list[Any] | None = Field(default=None, examples=[["How many jobs are open?"]])
    upload_id: str | None = Field(
        default=None, description="A file of questions, in place of them", examples=[None]
    )
    agent: str | None = Field(default=None, examples=[None])
    model: str | None = Field(default=None, examples=[None])
    metadata: dict[str, str] | None = Field(default=None, examples=[None])
    budget_usd: float | None = Field(default=None, examples=[5])
    only_changed: bool = Field(
        default=False, description="Tell the bus only of answers that have changed since last time"
    )


class ScheduleList(BaseModel):
    schedules: list[Schedule]
