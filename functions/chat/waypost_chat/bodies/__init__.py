"""Request and response bodies of our own API. They are strict: unknown keys are refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from waypost.records import Message, Run, Step, Thread


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewRun(Body):
    """A question. `agent` pins the agent, `model` picks one of those the deployment allows."""

    input: Annotated[str, Field(min_length=1, examples=["How many technicians are active?"])]
    agent: str | None = None
    model: str | None = None


class NewTitle(Body):
    title: Annotated[
        str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Technicians"])
    ]


class RunView(Run):
    """A run with its steps and its answer."""

    steps: list[Step]
    output: Message | None


class RunWithSteps(Run):
    steps: list[Step]


class ThreadView(Thread):
    """A thread with its last 500 messages, oldest first, and its runs."""

    messages: list[Message]
    earlier: str | None = Field(
        description="Where there are earlier messages: what `before` is to be for them"
    )
    runs: list[RunWithSteps]


class ThreadPage(BaseModel):
    """The latest threads first; `next_cursor` is null on the last page."""

    threads: list[Thread]
    next_cursor: str | None


class Health(BaseModel):
    """`degraded` where a part cannot be used: some questions, or all, cannot be answered."""

    status: Literal["healthy", "degraded"]
    service: str
    version: str
    parts: dict[str, Literal["ok", "failed", "absent"]] = Field(
        description="table, documents, database and model; absent is what is not configured"
    )
    left_out: list[str] = Field(
        description="Tables, views and columns of the database that cannot be read, with the reason"
    )


class AboutAgent(BaseModel):
    name: str
    type: str = Field(description="Its id, as events name it")


class About(BaseModel):
    service: str
    name: str
    version: str
    status: Literal["running"]
    docs: str
    openapi: str
    endpoints: dict[str, str] = Field(description="What there is, by its path")
    agents: list[AboutAgent] = Field(description="Those that answer in a session")


class ErrorDetail(BaseModel):
    code: str
    message: str
    request_id: str


class ErrorBody(BaseModel):
    """Every error's body."""

    error: ErrorDetail
