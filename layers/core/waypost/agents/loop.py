"""How an agent answers: its context, then model calls and tool calls until its turn ends.

It yields events and knows neither HTTP nor DynamoDB.
"""

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from waypost.agents import prompts
from waypost.agents.citations import Citations
from waypost.agents.definition import Agent
from waypost.agents.tools import Outcome, QueryDatabase, Tool, failure
from waypost.agents.writing import Writing
from waypost.errors import LimitReached, ModelBroken, Unavailable
from waypost.events import (
    Data,
    Event,
    StepCompleted,
    StepStarted,
    ToolFailed,
    ToolInput,
    ToolOutput,
)
from waypost.ids import new_id
from waypost.knowledge import Folder
from waypost.models import loading, prices
from waypost.models.failures import model_error
from waypost.models.turns import Finished, Text, ToolCall, ToolTurn, Turn, UserTurn
from waypost.warehouse import Database, QueryError

_LEANING = re.compile(
    r"^(and|but|or|so|also|why|how so|what about|how about|more)\b|"
    r"\b(it|its|they|them|their|that|those|these|this|ones?|first|second|third|last|there|else)\b",
    re.IGNORECASE,
)
"""Words that point at an earlier question."""


@dataclass(frozen=True)
class Resources:
    """What agents work with; a part that the deployment lacks is None."""

    bedrock: Any
    knowledge: Folder | None
    warehouse: Database | None


@dataclass(frozen=True)
class Task:
    """One question for one agent."""

    agent: Agent
    model: str
    question: str
    history: tuple[Turn, ...]
    today: str
    """The date of the question, as YYYY-MM-DD."""


class Answer:
    """One task being answered."""

    def __init__(self, task: Task, resources: Resources) -> None:
        self._task = task
        self._resources = resources
        self._turns: list[Turn] = [*task.history, UserTurn(task.question)]
        self._system = task.agent.instructions
        self._tools: dict[str, Tool] = {}
        self._citations = Citations()
        self._finished: Finished

    @property
    def stop_reason(self) -> str:
        """Why the model stopped, in Bedrock's words, once the events are over."""
        return self._finished.stop_reason

    async def events(self) -> AsyncGenerator[Event, None]:
        """Up to but without the run's own end.

        Raises:
            WaypostError: The model failed (ModelError), the agent went in circles
                (LimitReached), or it needs what this deployment lacks (Unavailable).
        """
        if self._task.agent.strategy == "rag":
            async for event in self._retrieve():
                yield event
        if "query_database" in self._task.agent.tools:
            async for event in self._read_schema():
                yield event
        spoken = False
        for _ in range(self._task.agent.max_steps):
            writing = Writing(self._citations, spoken=spoken)
            async for event in self._call_model(writing):
                yield event
            spoken = writing.spoken
            calls = self._finished.turn.calls
            if not calls:
                return
            for call in calls:
                async for event in self._use(call, writing.tool_steps[call.id]):
                    yield event
        raise LimitReached

    async def _retrieve(self) -> AsyncIterator[Event]:
        if self._resources.knowledge is None:
            raise Unavailable("There are no documents here to answer from.", code="no_documents")
        step = _Step("retrieval", "documents")
        yield step.started
        passages = await self._resources.knowledge.search(_search_text(self._task))
        self._system = prompts.with_passages(self._system, passages)
        self._citations = Citations(passages)
        yield step.completed("ok")

    async def _read_schema(self) -> AsyncIterator[Event]:
        warehouse = self._resources.warehouse
        if warehouse is None:
            raise Unavailable("There is no database here to question.", code="no_database")
        step = _Step("retrieval", "schema")
        yield step.started
        try:
            schema = await warehouse.schema()
            values = await warehouse.mentioned(_asked(self._task))
        except QueryError as error:
            yield step.completed("failed")
            raise Unavailable(error.message, code=error.code) from error
        if not schema:
            yield step.completed("failed")
            raise Unavailable("No table of the database is open to you.", code="no_open_tables")
        self._system = prompts.with_schema(self._system, schema, values, self._task.today)
        self._tools["query_database"] = QueryDatabase(warehouse)
        yield step.completed("ok")

    async def _call_model(self, writing: Writing) -> AsyncIterator[Event]:
        step = _Step("model", self._task.model)
        yield step.started
        try:
            async for event in self._stream(writing):
                yield event
        except Exception as error:
            yield step.completed("failed")
            raise model_error(error) or error from error
        usage = self._finished.usage
        cost = prices.cost(self._task.model, usage)
        yield step.completed("ok").model_copy(update={"usage": usage, "cost_usd": cost})

    async def _stream(self, writing: Writing) -> AsyncIterator[Event]:
        chat = await loading.chat()
        agent = self._task.agent
        pieces = chat.stream(
            self._resources.bedrock,
            self._task.model,
            self._system,
            self._turns,
            [tool.spec for tool in self._tools.values()],
            agent.max_tokens,
        )
        said_something = False
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Finished):
                    self._finished = piece
                said_something = said_something or isinstance(piece, Text)
                for event in writing.write(piece):
                    yield event
        for event in self._closing(writing, said_something):
            yield event

    def _closing(self, writing: Writing, said_something: bool) -> Iterator[Event]:
        turn = self._finished.turn
        if not turn.calls and not said_something:
            raise ModelBroken("The model gave no answer. Please try again.")
        if not turn.calls:
            yield from writing.sources()
        yield from writing.close()
        self._turns.append(turn)
        for call in turn.calls:
            yield ToolInput(call_id=call.id, arguments=call.arguments)

    async def _use(self, call: ToolCall, step_id: str) -> AsyncIterator[Event]:
        began = time.monotonic()
        outcome = await self._outcome(call)
        self._turns.append(ToolTurn(call.id, outcome.text, outcome.failed))
        elapsed = _ms(began)
        if outcome.failed:
            yield ToolFailed(call_id=call.id, message=outcome.text)
        else:
            yield ToolOutput(call_id=call.id, output=outcome.output, elapsed_ms=elapsed)
        if outcome.table:
            yield Data(name="table", id=call.id, data=outcome.table.__dict__)
        yield StepCompleted(
            step_id=step_id, status="failed" if outcome.failed else "ok", elapsed_ms=elapsed
        )

    async def _outcome(self, call: ToolCall) -> Outcome:
        tool = self._tools.get(call.name)
        if tool is None:
            return failure(f"There is no tool {call.name!r}.")
        return await tool(call.arguments)


class _Step:
    def __init__(self, kind: Any, name: str) -> None:
        self._began = time.monotonic()
        self.started = StepStarted(step_id=new_id("step"), kind=kind, name=name)

    def completed(self, status: Any) -> StepCompleted:
        return StepCompleted(
            step_id=self.started.step_id, status=status, elapsed_ms=_ms(self._began)
        )


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _previous(task: Task) -> str:
    asked = [turn.text for turn in task.history if isinstance(turn, UserTurn)]
    return asked[-1] if asked else ""


def _asked(task: Task) -> str:
    """The question and the one before, which it may lean on ("list them")."""
    return f"{task.question}\n{_previous(task)}"


def _search_text(task: Task) -> str:
    """What to look for: a question that leans on the one before cannot be looked up without it."""
    leans = _LEANING.search(task.question) or len(task.question.split()) <= 2
    return _asked(task) if leans else task.question
