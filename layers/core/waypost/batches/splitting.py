"""A file of questions becomes one message for each, however often the splitter is stopped."""

import asyncio
import hashlib
import json
from collections.abc import Callable

from waypost.batches.backend import MAX_MESSAGE_BYTES, BatchBackend, Message, ObjectMissing
from waypost.batches.files import FileLine, lines_of
from waypost.batches.finishing import look_at_every_shard
from waypost.batches.lines import LineRejected, QuestionRules
from waypost.events import now
from waypost.identity import Identity
from waypost.records import Batch, BatchQuestion, BatchResult, BatchState, RunFailure
from waypost.store import batches as store
from waypost.store.table import ConditionFailed

_ENVELOPE_BYTES = 1_000
"""More than a message has beside its questions."""
_CHECKPOINT = 1_000
_CHECKPOINT_BYTES = 8 << 20
"""Lines, and bytes of them, between two notes of how far the split is."""
_MAX_TOGETHER = 10
"""Questions of a thread that one message holds, so that a worker has the time to answer them."""
_RETRIED = ("failed", "skipped", "cancelled")
_OPEN: tuple[BatchState, ...] = ("splitting",)


class OutOfTime(Exception):
    """The split goes on from its last note, in another invocation."""


async def split(
    backend: BatchBackend,
    who: Identity,
    batch: Batch,
    rules: QuestionRules,
    is_late: Callable[[], bool],
    is_held: Callable[[BatchQuestion], bool] = lambda _: False,
) -> None:
    """Sends every question of a batch from where its last split was stopped.

    Where that repeats some, their results are refused: a line has one.

    Args:
        is_held: Whether a question is not sent, because a job may answer it.

    Raises:
        OutOfTime: `is_late` said so; all until the last checkpoint is sent.
    """
    assert batch.questions  # noqa: S101 - it is stored with them
    sender = _Sender(backend, who, batch, rules, is_held)
    try:
        if batch.line:
            await sender.learn_ids(batch.offset)
        if batch.retries:
            await sender.learn_results()
        async for line in lines_of(backend, batch.questions, batch.offset, batch.line):
            sender.take(line)
            if sender.due:
                if (await sender.checkpoint()).cancel_requested:
                    break
                if is_late():
                    raise OutOfTime
        await sender.checkpoint()
    except ObjectMissing:
        text = "The file of questions is gone, or was changed."
        await _fail(backend, who, batch, "file_changed", text)
        return
    except ConditionFailed:
        # It was cancelled, or another split was faster.
        return
    total = sender.line
    if not total:
        await _fail(backend, who, batch, "no_questions", "The file holds no question.")
        return
    fresh = await store.update(backend.table, who, batch.id, _OPEN, state="running", total=total)
    await go_on(backend, who, fresh)


async def go_on(backend: BatchBackend, who: Identity, batch: Batch) -> None:
    """What follows when every line is counted. The process that split it may have died before."""
    if batch.held and batch.state == "running":
        await backend.send_to_splitter(
            {"infer": batch.id, "tenant": who.tenant_id, "user": who.user_id, "from": [0, 0]}
        )
    await look_at_every_shard(backend, who, batch)


class _Sender:
    def __init__(
        self,
        backend: BatchBackend,
        who: Identity,
        batch: Batch,
        rules: QuestionRules,
        is_held: Callable[[BatchQuestion], bool],
    ) -> None:
        self._backend = backend
        self._who = who
        self._batch = batch
        self._rules = rules
        assert batch.questions  # noqa: S101 - it is stored with them
        self._file = batch.questions
        self._is_held = is_held
        self._held = batch.held
        self._ids: set[bytes] = set()
        self._answered: set[int] = set()
        self._messages: list[Message] = []
        self._rejected: list[BatchResult] = []
        self._size = 0
        self._since = self._taken = 0
        self._offset = batch.offset
        self.line = batch.line

    @property
    def due(self) -> bool:
        return self._since >= _CHECKPOINT or self._taken >= _CHECKPOINT_BYTES

    async def learn_ids(self, until: int) -> None:
        """Reads again what was sent before, for an id that comes twice."""
        async for line in lines_of(self._backend, self._file):
            if line.end > until:
                return
            try:
                self._is_repeated(self._rules.question(line.text))
            except LineRejected:
                continue

    async def learn_results(self) -> None:
        """Reads which lines have a result: they are not sent again.

        One from before the retry that is no answer is taken back.
        """
        table, who, batch_id = self._backend.table, self._who, self._batch.id
        after = 0
        while page := await store.results(table, who, batch_id, after, _CHECKPOINT):
            after = page[-1].line
            for result in page:
                if result.state in _RETRIED and result.finished_at < self._batch.reopened_at:
                    await store.remove_result(table, who, batch_id, result)
                else:
                    self._answered.add(result.line)

    def take(self, line: FileLine) -> None:
        self.line, self._offset = line.number, line.end
        self._since += 1
        self._taken += len(line.text)
        if line.number in self._answered:
            return
        try:
            question = self._rules.question(line.text)
            if self._is_repeated(question):
                text = f"The id {question.id!r} is there twice."
                raise LineRejected("duplicate_id", text, question.id, question.question)
            if self._is_held(question):
                self._held += 1
            else:
                self._add({"line": line.number, **question.model_dump(exclude_none=True)})
        except LineRejected as reason:
            self._rejected.append(rejected(line.number, reason))

    def _add(self, question: Message) -> None:
        """Puts a question into a message. Raises LineRejected where none can hold it."""
        size = len(json.dumps(question)) + _ENVELOPE_BYTES
        if size > MAX_MESSAGE_BYTES:
            text = "The line is too long for a queue: its question, metadata and history."
            raise LineRejected("line_too_long", text, question.get("id"))
        last = self._messages[-1]["questions"] if self._messages else []
        thread = question.get("thread_id")
        together = thread and last and last[-1].get("thread_id") == thread
        if together and len(last) < _MAX_TOGETHER and self._size + size <= MAX_MESSAGE_BYTES:
            # One after the other: a thread answers one question at a time.
            last.append(question)
            self._size += size
        else:
            self._messages.append(message_of(self._batch, self._who, [question]))
            self._size = size

    async def checkpoint(self) -> Batch:
        """Sends what was taken since the last one. Raises ConditionFailed."""
        await self._backend.send_questions(self._who, self._messages)
        await self._write_rejected()
        noted = await store.update(
            self._backend.table,
            self._who,
            self._batch.id,
            _OPEN,
            line=self.line,
            offset=self._offset,
            held=self._held,
        )
        self._messages, self._rejected, self._since, self._taken = [], [], 0, 0
        return noted

    async def _write_rejected(self) -> None:
        """As many at once as there are counters, so that they do not wait for each other."""
        table, batch_id = self._backend.table, self._batch.id
        for at in range(0, len(self._rejected), store.SHARDS):
            some = self._rejected[at : at + store.SHARDS]
            await asyncio.gather(
                *(store.write_result(table, self._who, batch_id, result) for result in some)
            )

    def _is_repeated(self, question: BatchQuestion) -> bool:
        if question.id is None:
            return False
        key = hashlib.blake2b(question.id.encode(), digest_size=12).digest()
        known = key in self._ids
        self._ids.add(key)
        return known


def message_of(batch: Batch, who: Identity, questions: list[Message]) -> Message:
    """What a worker is sent."""
    return {
        "batch": batch.id,
        "tenant": who.tenant_id,
        "user": who.user_id,
        "questions": questions,
    }


def rejected(line: int, reason: LineRejected) -> BatchResult:
    return BatchResult(
        line=line,
        id=reason.question_id,
        state="rejected",
        question=reason.question[:2_000] if reason.question else None,
        reason=reason.code,
        message=str(reason),
        finished_at=now(),
    )


async def _fail(
    backend: BatchBackend, who: Identity, batch: Batch, code: str, message: str
) -> None:
    failure = RunFailure(code=code, message=message, retryable=False)
    try:
        await store.update(
            backend.table,
            who,
            batch.id,
            _OPEN,
            state="failed",
            failure=failure.model_dump(),
            finished_at=now(),
        )
    except ConditionFailed:
        return
    detail = {"batch_id": batch.id, "tenant_id": who.tenant_id, "code": code, "message": message}
    await backend.publish("waypost.batch.rejected", detail)
