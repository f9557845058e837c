"""One try of a model call: what it says, what it costs, how it breaks."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from waypost.agents.attempts import Attempt
from waypost.agents.steps import since
from waypost.agents.writing import Writing
from waypost.errors import ModelBroken, ModelError
from waypost.events import Event, StepCompleted, StepStarted, StepUpdated, ToolInput, Usage
from waypost.ids import new_id
from waypost.models import loading, prices, spent
from waypost.models.turns import (
    CallInput,
    Finished,
    Piece,
    Reasoning,
    System,
    Text,
    ToolSpec,
    Turn,
)


class ModelCall:
    """Yields events, a step's start and end around them."""

    def __init__(
        self,
        client: Any,
        model: str,
        system: System,
        turns: list[Turn],
        tools: list[ToolSpec],
        max_tokens: int,
        writing: Writing,
    ) -> None:
        self.model = model
        self.writing = writing
        self.finished: Finished | None = None
        self._ask = (client, model, system, turns, tools, max_tokens)
        self._began = time.monotonic()
        self._step_id = new_id("step")
        self._received: list[str] = []

    @property
    def result(self) -> Finished:
        """What the model said, once the events are over."""
        if self.finished is None:
            raise ModelBroken
        return self.finished

    def spent(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of a call that did not come to its end, estimated.

        Nothing where the model sent nothing.
        """
        if not self._received or self.finished:
            return None, None
        _, _, system, turns, _, _ = self._ask
        usage = spent.estimate(system, turns, "".join(self._received))
        return usage, prices.cost(self.model, usage)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Raises whatever the model's stream raises: see `models.failures`."""
        yield StepStarted(step_id=self._step_id, kind="model", name=self.model)
        chat = await loading.chat()
        async with aclosing(chat.stream(*self._ask)) as pieces:
            async for piece in pieces:
                self._note(piece)
                for event in self.writing.write(piece):
                    yield event
        for event in self._end():
            yield event

    def broken(self, failure: ModelError, following: Attempt | None) -> Iterator[Event]:
        """The end of a try that failed: what is open is closed, and the step says what follows."""
        yield from self.writing.close()
        yield from self.writing.abandon()
        usage, cost = self.spent()
        if following:
            what = "trying again" if following.model == self.model else f"trying {following.model}"
            yield StepUpdated(step_id=self._step_id, note=f"{failure.code}: {what}")
        if usage:
            yield StepUpdated(step_id=self._step_id, note="usage is estimated")
        yield StepCompleted(
            step_id=self._step_id,
            status="retried" if following else "failed",
            elapsed_ms=self._elapsed(),
            usage=usage,
            cost_usd=cost,
        )

    def _note(self, piece: Piece) -> None:
        match piece:
            case Text(delta) | Reasoning(delta) | CallInput(_, delta):
                self._received.append(delta)
            case Finished():
                self.finished = piece

    def _end(self) -> Iterator[Event]:
        turn, usage = self.result.turn, self.result.usage
        if not turn.calls:
            yield from self.writing.sources()
        yield from self.writing.close()
        for call in turn.calls:
            yield ToolInput(call_id=call.id, arguments=call.arguments)
        yield StepCompleted(
            step_id=self._step_id,
            status="ok",
            elapsed_ms=self._elapsed(),
            usage=usage,
            cost_usd=prices.cost(self.model, usage),
        )

    def _elapsed(self) -> int:
        return since(self._began)
