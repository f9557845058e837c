"""Batch inference jobs: many questions without tools, answered by Bedrock for half the price.

A job is made of a part of a batch's lines. What it answers goes through the queue to the workers,
who store it as any other answer; what it does not answer they ask the model.
"""

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from waypost.agents.definition import Agents
from waypost.batches.backend import BatchBackend, Message, ObjectMissing, Refused
from waypost.batches.files import FileLine, lines_of
from waypost.batches.lines import LineRejected, QuestionRules
from waypost.batches.splitting import message_of, rejected
from waypost.identity import Identity
from waypost.records import Batch, BatchFile, BatchQuestion, InferenceJob
from waypost.runs import Backend
from waypost.runs.offline import call_of
from waypost.runs.request import RunRequest
from waypost.store import batches as store
from waypost.store import jobs

logger = logging.getLogger(__name__)
_MIN_RECORDS, _MAX_RECORDS = 100, 20_000
"""Of a job: Bedrock takes no fewer, and one process can prepare so many."""
_OVER = {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}
_SENT_TOGETHER = 200
_PART_BYTES, _MAX_BYTES = 6 << 20, 150 << 20
_MAX_RECORDED_BYTES = 800_000
_PAGE = 1_000
_TAKEN = {"messages", "system", "inferenceConfig", "additionalModelRequestFields"}
"""What a record may have of a call's parameters."""


def job_agents(backend: Backend, agents: Agents) -> dict[str, str]:
    """The agents that a job can answer for, by every name, with the ids of their models.

    One with tools makes several calls, and one that is code makes its own.
    """
    return {
        name: backend.model_of(agent)
        for agent in agents.values()
        if not agent.tools and not agent.runnable
        for name in (agent.id, *agent.aliases)
    }


@dataclass(frozen=True)
class JobRules:
    """Which questions of a batch a job may answer."""

    backend: Backend
    batch: Batch
    rules: QuestionRules
    threshold: int

    @property
    def enough(self) -> bool:
        return 0 < self.threshold <= self.batch.held

    def is_held(self, question: BatchQuestion) -> bool:
        return self.model(question) is not None

    def model(self, question: BatchQuestion) -> str | None:
        """The id of the model that a job would ask; None where no job may answer this.

        A thread has an order, a budget is looked at between two questions, and where no agent is
        named the router is asked first.
        """
        known = self.batch.job_agents or {}
        model = known.get(question.agent or self.batch.agent or "")
        if model is None or question.thread_id or self.batch.budget_usd is not None:
            return None
        named = question.model or self.batch.model
        return self.backend.model_id(named) if named else model

    async def held(self, batches: BatchBackend, found: FileLine) -> BatchQuestion | None:
        """The question of a line that was held.

        Where it has become none since, because its agent is gone, that is its result.
        """
        try:
            question = self.rules.question(found.text)
        except LineRejected as reason:
            result = rejected(found.number, reason)
            await store.write_result(batches.table, self.rules.who, self.batch.id, result)
            return None
        return question if self.is_held(question) else None


async def infer(
    batches: BatchBackend,
    who: Identity,
    rules: JobRules,
    offset: int,
    line: int,
    is_late: Callable[[], bool],
) -> tuple[int, int] | None:
    """Makes one job of the held lines behind a byte and a line, or sends them to the queue.

    Returns:
        Behind which byte and line there are more; None where that was all.
    """
    name = _name(who, rules.batch, line)
    if known := await jobs.find(batches.table, name):
        return (known.end_offset, known.end_line) if known.more else None
    part = _Part(batches, who, rules, (offset, line))
    await part.learn_results()
    more = False
    async for found in lines_of(batches, _file(rules.batch), offset, line):
        await part.take(found)
        if more := part.full or is_late():
            break
    await part.end(name, more=more)
    return part.place if more else None


class _Part:
    """Lines of one job. `place` is behind which byte and line it has come."""

    def __init__(
        self, batches: BatchBackend, who: Identity, rules: JobRules, place: tuple[int, int]
    ) -> None:
        self._batches = batches
        self._who = who
        self._rules = rules
        self._start = self.place = place
        self._model: str | None = None
        self._records: list[bytes] = []
        self._size = 0
        self._questions: list[Message] = []
        self._done: set[int] = set()

    @property
    def full(self) -> bool:
        return len(self._records) >= _MAX_RECORDS or self._size >= _MAX_BYTES

    async def learn_results(self) -> None:
        """Reads which lines have a result: those that were rejected, and on a retry many more."""
        after, table, batch_id = self._start[1], self._batches.table, self._rules.batch.id
        while page := await store.results(table, self._who, batch_id, after, _PAGE):
            after = page[-1].line
            self._done.update(result.line for result in page)

    async def take(self, found: FileLine) -> None:
        self.place = found.end, found.number
        if found.number in self._done:
            return
        question = await self._rules.held(self._batches, found)
        if question is None:
            return
        model = self._rules.model(question)
        sent = _sent(found, question)
        record = None
        if self._rules.enough and model == (self._model or model):
            record = await self._record(found.number, question)
        if record is None:
            await self._batches.send_questions(
                self._who, [message_of(self._rules.batch, self._who, [sent])]
            )
            return
        self._model = model
        self._records.append(record)
        self._size += len(record)
        self._questions.append(sent)

    async def _record(self, line: int, question: BatchQuestion) -> bytes | None:
        batch = self._rules.batch
        request = RunRequest(
            question.question,
            agent=question.agent or batch.agent,
            model=question.model or batch.model,
            prior_turns=question.history,
        )
        call = await call_of(self._rules.backend, self._who, request)
        if call is None:
            return None
        given = {name: value for name, value in call.items() if name in _TAKEN}
        record = {"recordId": f"{line:011d}", "modelInput": given}
        return json.dumps(record).encode() + b"\n"

    async def end(self, name: str, *, more: bool) -> None:
        """Makes the job, or sends the questions where they are too few or Bedrock refuses."""
        batch, who, table = self._rules.batch, self._who, self._batches.table
        if arn := await self._made(name):
            await jobs.keep(table, self._job(name, arn, more=more))
            return
        messages = [message_of(batch, who, [question]) for question in self._questions]
        await self._batches.send_questions(who, messages)
        # So that a repeated message does not try once more what is in the queue.
        await jobs.end(table, self._job(name, "", more=more))

    async def _made(self, name: str) -> str | None:
        if self._model is None or len(self._records) < _MIN_RECORDS:
            return None
        place = self._place(name)
        await self._batches.upload(f"{place}in.jsonl", _parts(self._records))
        try:
            return await self._batches.create_job(
                name, self._model, f"{place}in.jsonl", f"{place}out/"
            )
        except Refused as error:
            logger.warning(
                "job refused", extra={"batch_id": self._rules.batch.id, "reason": str(error)}
            )
            return None

    def _job(self, name: str, arn: str, *, more: bool) -> InferenceJob:
        batch = self._rules.batch
        return InferenceJob(
            name=name,
            arn=arn,
            tenant=self._who.tenant_id,
            user=batch.user_id,
            batch=batch.id,
            model=self._model or "",
            offset=self._start[0],
            line=self._start[1],
            end_offset=self.place[0],
            end_line=self.place[1],
            more=more,
            output=f"{self._place(name)}out/{arn.rpartition('/')[2]}/in.jsonl.out",
        )

    def _place(self, name: str) -> str:
        return f"jobs/{self._who.tenant_id}/{name}/"


async def is_over(batches: BatchBackend, job: InferenceJob) -> bool:
    return await batches.job_status(job.arn) in _OVER


async def finish_job(
    batches: BatchBackend, who: Identity, rules: JobRules, job: InferenceJob
) -> None:
    """Sends the lines of a job to the queue: with what the model has answered, or without."""
    outputs = await _outputs(batches, job)
    messages: list[Message] = []
    async for found in lines_of(batches, _file(rules.batch), job.offset, job.line):
        if found.number > job.end_line:
            break
        question = await rules.held(batches, found)
        if question is None:
            continue
        sent = _sent(found, question)
        output = outputs.get(found.number)
        if output and len(json.dumps(output)) + len(json.dumps(sent)) < _MAX_RECORDED_BYTES:
            sent["recorded"] = output
        messages.append(message_of(rules.batch, who, [sent]))
        if len(messages) == _SENT_TOGETHER:
            await batches.send_questions(who, messages)
            messages = []
    await batches.send_questions(who, messages)
    await jobs.end(batches.table, job)


async def _outputs(batches: BatchBackend, job: InferenceJob) -> dict[int, Message]:
    """What the model has answered, by line; nothing where the job has failed."""
    found: dict[int, Message] = {}
    try:
        etag, _ = await batches.head_object(job.output)
        async for line in lines_of(batches, BatchFile(key=job.output, etag=etag)):
            try:
                record = json.loads(line.text)
                output = record["modelOutput"]
                if output["output"]["message"]["content"] and output["usage"]:
                    wanted = ("output", "stopReason", "usage")
                    found[int(record["recordId"])] = {name: output[name] for name in wanted}
            except (ValueError, LookupError, TypeError):
                continue
    except ObjectMissing:
        return found
    return found


def _sent(found: FileLine, question: BatchQuestion) -> Message:
    return {"line": found.number, **question.model_dump(exclude_none=True)}


def _file(batch: Batch) -> BatchFile:
    assert batch.questions  # noqa: S101 - it is stored with them
    return batch.questions


def _name(who: Identity, batch: Batch, line: int) -> str:
    """Of the job behind a line: the same whenever it is made."""
    made_of = f"{who.tenant_id}#{batch.id}#{batch.retries}#{line}"
    return f"waypost-{hashlib.sha256(made_of.encode()).hexdigest()[:32]}"


async def _parts(records: list[bytes]) -> AsyncIterator[bytes]:
    part = bytearray()
    for record in records:
        part += record
        if len(part) >= _PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)
