"""One question of a batch becomes one result, however often its message is delivered."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from waypost.batches.backend import BatchBackend
from waypost.batches.finishing import look_whether_done
from waypost.errors import CallerError, Interrupted, RunLive, StoreUnavailable, WaypostError
from waypost.events import now
from waypost.identity import Identity
from waypost.ids import new_id
from waypost.json_values import encodable
from waypost.records import Batch, BatchQuestion, BatchResult, ResultState, RunState
from waypost.runs import Backend, LiveRun, begin
from waypost.runs.offline import with_output
from waypost.runs.recovery import store_interrupted
from waypost.runs.request import RequestContext, RunRequest
from waypost.store import batches as store
from waypost.store.run_end import RunEnd
from waypost.store.table import Values

MAX_ATTEMPTS = 3
"""Attempts of a question that began and never ended; then its result says so."""
_MAX_ANSWER_BYTES = 150_000
_HEAD_SECONDS = 3.0
"""How long a batch's state may be known without being read again."""
_STATES: dict[RunState, ResultState] = {"completed": "answered", "cancelled": "cancelled"}
_TRY_LATER = ("model_busy", "store_unavailable", "not_saved", "deadline", "interrupted")


class TryLater(Exception):
    """The question goes back to the queue. `throttled`: so should all others.

    `soon` is where somebody else is at it, who will be done: there is no reason to wait longer
    each time.
    """

    def __init__(self, reason: str, *, throttled: bool = False, soon: bool = False) -> None:
        super().__init__(reason)
        self.throttled = throttled
        self.soon = soon


@dataclass
class Answerer:
    """Answers questions of any batch in one process."""

    backend: Backend
    batches: BatchBackend
    _heads: dict[tuple[str, str], tuple[float, Batch]] = field(default_factory=dict)

    async def answer(
        self,
        who: Identity,
        batch_id: str,
        line: int,
        question: BatchQuestion,
        deadline: float,
        recorded: dict[str, Any] | None = None,
    ) -> None:
        """Gives a question its result.

        Args:
            deadline: When the process may be stopped, in seconds since the epoch.
            recorded: What the model has answered in a job, as Converse returns it.

        Raises:
            TryLater: It has no result yet, and another try may have one.
        """
        batch = await self._head(who, batch_id)
        table = self.backend.table
        if await store.result(table, who, batch_id, line) is None:
            await self._ask(who, batch, line, question, deadline, recorded)
        if self.batches.settings.answer_events:
            await self._tell(who, batch_id, line)
        now_known = await self._head(who, batch_id)
        await look_whether_done(self.batches, who, now_known, line % store.SHARDS)

    async def _ask(
        self,
        who: Identity,
        batch: Batch,
        line: int,
        question: BatchQuestion,
        deadline: float,
        recorded: dict[str, Any] | None,
    ) -> None:
        table = self.backend.table
        # What a job has answered is paid for.
        if recorded is None and (stopped := await self._stopped(who, batch)):
            await self._write(who, batch, _unanswered(line, question, *stopped))
            return
        run_id = None if question.thread_id else new_id("run")
        lease = max(1, deadline - time.time())
        try:
            attempt = await store.claim(table, who, batch.id, line, lease, run_id)
        except store.AttemptRunning:
            raise TryLater("another worker has it", soon=True) from None
        asks = Identity(who.tenant_id, question.user_id or who.user_id, who.roles)
        request = _request(batch, question)
        if attempt.before:
            # From here on that run cannot be stored any more: it is seen as interrupted.
            await store_interrupted(self.backend, asks, request, attempt.before)
            if await store.result(table, who, batch.id, line):
                return
        if attempt.number > MAX_ATTEMPTS:
            text = f"{MAX_ATTEMPTS} attempts began and none of them ended."
            await self._write(
                who, batch, _unanswered(line, question, "failed", "worker_died", text)
            )
            return
        last = attempt.number == MAX_ATTEMPTS

        def with_end(end: RunEnd) -> Sequence[Values] | None:
            """The result, unless the question will be asked again."""
            if _is_passing(end) and not last:
                # A run that has begun to answer is kept, because that was paid for.
                return () if end.message.text else None
            return store.result_writes(who, batch.id, _result(line, question, end))

        context = RequestContext(deadline=deadline, with_end=with_end, run_id=run_id)
        try:
            backend = with_output(self.backend, recorded) if recorded else self.backend
            run = await begin(backend, asks, request, context)
        except (RunLive, StoreUnavailable, Interrupted) as error:
            await store.release(table, who, batch.id, line, attempt)
            raise TryLater(error.code, soon=isinstance(error, RunLive)) from None
        except WaypostError as error:
            state: ResultState = "rejected" if isinstance(error, CallerError) else "failed"
            await self._write(
                who, batch, _unanswered(line, question, state, error.code, error.message)
            )
            return
        assert isinstance(run, LiveRun)  # noqa: S101 - it has no key
        await run.wait()
        if await store.result(table, who, batch.id, line):
            return
        code = run.failure_code
        if code == "model_busy":
            await store.release(table, who, batch.id, line, attempt)
        raise TryLater(code or "not saved", throttled=code == "model_busy")

    async def _tell(self, who: Identity, batch_id: str, line: int) -> None:
        """Tells the bus of a line's result; again, where its message is delivered again."""
        if found := await store.result(self.backend.table, who, batch_id, line):
            detail = found.model_dump(mode="json", exclude_none=True)
            named = {"batch_id": batch_id, "tenant_id": who.tenant_id}
            await self.batches.publish("waypost.question.answered", named | detail)

    async def _stopped(self, who: Identity, batch: Batch) -> tuple[ResultState, str, str] | None:
        if batch.cancel_requested:
            return "cancelled", "cancelled", "The batch was cancelled."
        if batch.budget_usd is not None:
            counts = await store.counts(self.backend.table, who, batch.id)
            if counts.cost_usd >= batch.budget_usd:
                return "skipped", "budget", "The batch's budget is spent."
        return None

    async def _write(self, who: Identity, batch: Batch, result: BatchResult) -> None:
        await store.write_result(self.backend.table, who, batch.id, result)

    async def _head(self, who: Identity, batch_id: str) -> Batch:
        key = (who.tenant_id, batch_id)
        known = self._heads.get(key)
        # One that is not split yet may be any moment, and then its last result counts; one that is
        # cancelled may be asked again.
        lasting = known and known[1].total is not None and not known[1].cancel_requested
        if known and lasting and time.monotonic() - known[0] < _HEAD_SECONDS:
            return known[1]
        found = await store.read(self.backend.table, who, batch_id)
        self._heads[key] = (time.monotonic(), found)
        return found


def _is_passing(end: RunEnd) -> bool:
    """Whether the run ended for a reason that another try may not meet."""
    failure = end.run.failure
    return bool(failure and failure.code in _TRY_LATER)


def _request(batch: Batch, question: BatchQuestion) -> RunRequest:
    return RunRequest(
        question.question,
        thread_id=question.thread_id,
        create=True,
        agent=question.agent or batch.agent,
        model=question.model or batch.model,
        prior_turns=question.history,
    )


def _result(line: int, question: BatchQuestion, end: RunEnd) -> BatchResult:
    run, answer = end.run, end.message
    failure = run.failure
    text = encodable(answer.text).encode()[:_MAX_ANSWER_BYTES].decode(errors="ignore")
    return BatchResult(
        line=line,
        id=question.id,
        state=_STATES.get(run.state, "failed"),
        question=_shortened(question.question),
        answer=text or None,
        reason=failure.code if failure else run.stop_reason if run.state == "cancelled" else None,
        message=failure.message if failure else None,
        run_id=run.id,
        thread_id=run.thread_id,
        agent=answer.agent,
        sources=answer.sources[:50],
        sql=_queries(end),
        usage=run.usage,
        cost_usd=run.cost_usd,
        finished_at=run.finished_at or now(),
        metadata=question.metadata,
    )


def _unanswered(
    line: int, question: BatchQuestion, state: ResultState, reason: str, message: str
) -> BatchResult:
    return BatchResult(
        line=line,
        id=question.id,
        state=state,
        question=_shortened(question.question),
        reason=reason,
        message=message,
        finished_at=now(),
        metadata=question.metadata,
    )


def _queries(end: RunEnd) -> list[str]:
    """The SQL that was run for an answer."""
    found: list[Any] = [step.input.get("sql") for step in end.steps if isinstance(step.input, dict)]
    return [sql[:10_000] for sql in found if isinstance(sql, str)][:5]


def _shortened(text: str) -> str:
    return text if len(text) <= 2_000 else f"{text[:1_999]}…"


def question_of(fields: dict[str, Any]) -> tuple[int, BatchQuestion, dict[str, Any] | None]:
    """A question as the splitter has sent it, with what a job has answered."""
    own = {name: value for name, value in fields.items() if name not in ("line", "recorded")}
    return int(fields["line"]), BatchQuestion.model_validate(own), fields.get("recorded")
