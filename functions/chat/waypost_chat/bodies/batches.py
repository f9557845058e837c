"""Bodies of `/v1/batches`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from waypost.errors import Invalid
from waypost.records import Batch, BatchResult

_STRICT = ConfigDict(extra="forbid")


class NewBatch(BaseModel):
    """Either `questions`, or the `upload_id` of a file of them."""

    model_config = _STRICT

    questions: list[Any] | None = Field(
        default=None,
        description="Texts, or objects with question, id, agent, model, thread_id, user_id, "
        "metadata",
        examples=[["How many jobs are open?"]],
    )
    upload_id: str | None = Field(default=None, examples=[None])
    agent: str | None = Field(default=None, examples=[None])
    model: str | None = Field(default=None, examples=[None])
    metadata: dict[str, str] | None = Field(default=None, examples=[{"report": "evening"}])
    budget_usd: float | None = Field(
        default=None,
        description="US dollars; once they are spent, the questions left are skipped",
        examples=[5],
    )


class NewUpload(BaseModel):
    """Where to put a file of questions."""

    upload_id: str
    url: str
    method: str = "PUT"
    expires_in: int


class BatchSummary(Batch):
    object: str = "batch"


class BatchProgress(BatchSummary):
    """How far a batch is. `counts.done` is the sum of the states."""

    counts: dict[str, int]
    cost_usd: float
    questions_per_second: float
    seconds_left: int | None = None
    errors: tuple[dict[str, Any], ...] = ()
    results_url: str | None = Field(default=None, description="The file of results, for an hour")


class BatchPage(BaseModel):
    batches: list[BatchSummary]


class ResultPage(BaseModel):
    """Results in the order of the lines, as far as they are there."""

    results: list[BatchResult]
    next_after: int | None = Field(default=None, description="Where the next page begins")


def either(questions: list[Any] | None, upload_id: str | None) -> list[Any] | str:
    """The questions of a body, or the id of their file. Raises Invalid where it is not one."""
    if questions is not None and upload_id is None:
        return questions
    if upload_id is not None and questions is None:
        return upload_id
    raise Invalid("Send either questions or an upload_id.", code="no_questions")
