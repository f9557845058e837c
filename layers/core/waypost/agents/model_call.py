"""One try of a model call: its events, its cost, and how it fails."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from waypost.agents.event_writer import EventWriter
from waypost.agents.steps import elapsed_ms
from waypost.errors import ModelBlocked, ModelBroken, ModelError
from waypost.events import (
    Event,
    StepCompleted,
    StepStarted,
    StepStatus,
    StepUpdated,
    ToolInput,
    Usage,
)
from waypost.ids import new_id
from waypost.models import catalogue, converse
from waypost.models.attempts import Attempt
from waypost.models.stop_reasons import BLOCKED, CUT_OFF, MALFORMED
from waypost.models.tokens import estimate_usage
from waypost.models.turns import (
    CallInput,
    Finished,
    Piece,
    Reasoning,
    SystemPrompt,
    Text,
    ToolSpec,
    Turn,
)


class ModelCall:
    """Yields events, a step's start and end around them.

    Where it `may_be_silent`, the answer has been given before: no more of it is no failure.
    """

    def __init__(
        self,
        client: Any,
        model: str,
        system: SystemPrompt,
        turns: list[Turn],
        tools: list[ToolSpec],
        max_tokens: int,
        writer: EventWriter,
        price_factor: float = 1.0,
        *,
        may_be_silent: bool = False,
    ) -> None:
        self.model = model
        self.writer = writer
        self.finished: Finished | None = None
        self._client = client
        self._system = system
        self._turns = turns
        self._tools = tools
        self._max_tokens = max_tokens
        self._price_factor = price_factor
        self._may_be_silent = may_be_silent
        self._began = time.monotonic()
        self._step_id = new_id("step")
        self._received: list[str] = []

    @property
    def result(self) -> Finished:
        """The model's whole turn, once the events are over. Raises ModelBroken."""
        if self.finished is None:
            raise ModelBroken
        return self.finished

    def estimated_usage(self) -> tuple[Usage | None, float | None]:
        """Tokens and dollars of a call that has not ended; None where the model sent nothing."""
        if not self._received or self.finished:
            return None, None
        usage = self._estimated()
        return usage, self._cost(usage)

    def _estimated(self) -> Usage:
        return estimate_usage(self._system, self._turns, "".join(self._received))

    def _cost(self, usage: Usage) -> float | None:
        return catalogue.cost(self.model, usage, self._price_factor)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Raises whatever the model's stream raises: see `models.failures`."""
        yield StepStarted(step_id=self._step_id, kind="model", name=self.model)
        stream = converse.stream(
            self._client, self.model, self._system, self._turns, self._tools, self._max_tokens
        )
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                self._observe(piece)
                for event in self.writer.write(piece):
                    yield event
        self._check()
        for event in self._end():
            yield event

    def fail(self, failure: ModelError, following: Attempt | None) -> Iterator[Event]:
        """Ends a try that failed: closes what is open, and notes in the step what follows."""
        yield from self.writer.close()
        yield from self.writer.abandon()
        if following:
            again = following.model == self.model
            plan = "trying again" if again else f"trying {following.model}"
            yield StepUpdated(step_id=self._step_id, note=f"{failure.code}: {plan}")
        yield from self._complete("retried" if following else "failed")

    def _complete(self, status: StepStatus) -> Iterator[Event]:
        usage = self.finished.usage if self.finished else None
        if usage is None and self._received:
            usage = self._estimated()
            yield StepUpdated(step_id=self._step_id, note="usage is estimated")
        yield StepCompleted(
            step_id=self._step_id,
            status=status,
            elapsed_ms=elapsed_ms(self._began),
            usage=usage,
            cost_usd=self._cost(usage) if usage else None,
        )

    def _check(self) -> None:
        """Raises ModelError where the turn that has ended is none to go on with."""
        reason, turn = self.result.stop_reason, self.result.turn
        if reason in MALFORMED:
            raise ModelBroken
        if self.writer.has_answer or turn.calls or reason in CUT_OFF or self._may_be_silent:
            return
        if reason in BLOCKED:
            raise ModelBlocked
        raise ModelBroken("The model gave no answer. Please try again.")

    def _observe(self, piece: Piece) -> None:
        match piece:
            case Text(delta) | Reasoning(delta) | CallInput(_, delta):
                self._received.append(delta)
            case Finished():
                self.finished = piece

    def _end(self) -> Iterator[Event]:
        turn = self.result.turn
        if not turn.calls:
            yield from self.writer.sources()
        yield from self.writer.close()
        yield from self.writer.abandon(turn.calls)
        for call in turn.calls:
            if call.readable:
                yield ToolInput(call_id=call.id, arguments=call.arguments)
        yield from self._complete("ok")
