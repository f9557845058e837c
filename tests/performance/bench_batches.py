"""`make bench`, third part: what a question of a batch costs beside one in a chat, and the split.

The functions' own code runs in this process, so that its CPU is this process's; the model, the
table and the queues are processes of their own.
"""

import argparse
import asyncio
import io
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.performance.bench_runs import ME, opened, read_to_end
from tests.performance.writes import WriteCounter
from waypost.batches import BatchBackend, splitting, submission
from waypost.batches.answering import Answerer, question_of
from waypost.batches.lines import QuestionRules
from waypost.batches.submission import BatchOptions
from waypost.records import Batch, BatchFile
from waypost.runs import Backend, LiveRun, begin
from waypost.runs.request import RunRequest
from waypost.settings import BatchSettings
from waypost.store import batches as store

TEXTS = ("60 tokens at 0", "200 tokens at 0")
"""Answers of about 500 and 1,600 characters."""
AT_ONCE = 10
QUESTIONS = 100
FILE_BYTES = 200 << 20
WORKER = {"WAYPOST_JOURNAL_SECONDS": "900", "WAYPOST_JOURNAL_BYTES": "1000000"}
"""As the template sets them for the worker alone."""
Figures = dict[str, float]


class GivenFile(BatchBackend):
    """A file that is in no bucket, and queues that forget what they are sent."""

    sent = 0

    @property
    def size(self) -> int:
        return FILE_BYTES

    async def head_object(self, key: str) -> tuple[str, int]:
        return "etag", self.size

    async def open_object(self, key: str, etag: str, offset: int) -> Any:
        return io.BufferedReader(_Lines(self.size))

    async def send_questions(self, who: Any, messages: Sequence[Any]) -> None:
        for message in messages:
            json.dumps(message)
        GivenFile.sent += len(messages)


class _Lines(io.RawIOBase):
    """JSON lines without end, up to a size."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._number = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            return 0
        lines = b""
        while len(lines) < len(buffer) // 2:
            self._number += 1
            lines += _line(self._number)
        taken = lines[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left -= len(taken)
        return len(taken)


def _line(number: int) -> bytes:
    fields = {"id": f"q{number}", "question": f"{'How many? ' * 60}{number}", "agent": "plain"}
    return json.dumps(fields).encode() + b"\n"


async def chat(backend: Backend, text: str) -> Figures:
    async def one() -> None:
        run = await begin(backend, ME, RunRequest(text, agent="plain"))
        assert isinstance(run, LiveRun)
        await read_to_end(run)

    return await _measured(backend, [one] * QUESTIONS)


async def batch(backend: Backend, batches: BatchBackend, text: str) -> Figures:
    """Answers a batch's messages, ten at once, as a worker does."""
    lines = [{"question": text, "agent": "plain"}] * QUESTIONS
    sent = await submission.submit(batches, ME, lines, BatchOptions(), source="http")
    await _split(backend, batches, sent)
    answerer = Answerer(backend, batches)
    messages = [body async for body in _received(batches, QUESTIONS)]

    async def one() -> None:
        message = messages.pop()
        for fields in message["questions"]:
            line, question, _ = question_of(fields)
            await answerer.answer(ME, sent.id, line, question, time.time() + 300)

    found = await _measured(backend, [one] * QUESTIONS)
    counts = await store.counts(backend.table, ME, sent.id)
    assert counts.answered == QUESTIONS, counts
    return found


async def _measured(backend: Backend, questions: Sequence[Any]) -> Figures:
    free = asyncio.Semaphore(AT_ONCE)

    async def limited(one: Any) -> None:
        async with free:
            await one()

    writes = WriteCounter(backend.table._client)
    cpu, began = time.process_time(), time.monotonic()
    with writes:
        await asyncio.gather(*map(limited, questions))
    count = len(questions)
    return {
        "write units": writes.units / count,
        "CPU": (time.process_time() - cpu) / count,
        "per second": count / (time.monotonic() - began),
    }


async def _split(backend: Backend, batches: BatchBackend, sent: Batch) -> None:
    rules = QuestionRules(await backend.agents_of(ME), {"m": "m"}, 32_000, ME, False)
    await splitting.split(batches, ME, sent, rules, lambda: False)


async def _received(batches: BatchBackend, count: int) -> Any:
    queue = batches.settings.question_queue
    while count > 0:
        answer = await asyncio.to_thread(
            batches._sqs.receive_message, QueueUrl=queue, MaxNumberOfMessages=10
        )
        for message in answer["Messages"]:
            await asyncio.to_thread(
                batches._sqs.delete_message, QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"]
            )
            count -= 1
            yield json.loads(message["Body"])


async def given_file(backend: Backend) -> Figures:
    """200 MB: seconds of the split, of `json.loads` alone, and by how much the process grew."""
    batches = GivenFile(backend.settings.batches, backend.table)
    new = submission.new_batch(ME, f"file-{time.time()}", "file", BatchOptions(), "x")
    sent = await store.create(
        backend.table, ME, new.model_copy(update={"questions": BatchFile(key="f", etag="etag")})
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    await _split(backend, batches, sent)
    seconds = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    began = time.process_time()
    for line in _all_lines():
        json.loads(line)
    return {"split": seconds, "json.loads": time.process_time() - began, "grown": grown}


def _all_lines() -> Iterator[bytes]:
    with io.BufferedReader(_Lines(FILE_BYTES)) as file:
        yield from file


async def deep_queue(backend: Backend, batches: BatchBackend, lines: int) -> Figures:
    """Splits many lines into a queue, and receives from it while it is deep."""
    body = b"".join(map(_line, range(lines)))
    sent = await submission.submit_lines(batches, ME, body, BatchOptions(), source="file")
    began = time.monotonic()
    await _split(backend, batches, sent)
    split = time.monotonic() - began
    began = time.monotonic()
    assert len([body async for body in _received(batches, 200)]) == 200
    return {"lines per second": lines / split, "received": 200 / (time.monotonic() - began)}


async def main(rounds: int, lines: int, folder: Path) -> None:
    async with opened(folder, WORKER) as backend:
        batches = _batches(backend)
        for text in TEXTS:
            await _compare(backend, batches, text, rounds)
        file = await given_file(backend)
        _print(
            f"split of {FILE_BYTES >> 20} MB: {GivenFile.sent:,} lines, "
            f"{file['split']:.1f} s of CPU, "
            f"{file['split'] / file['json.loads']:.2f} times json.loads alone, "
            f"{file['grown']:.0f} MB more memory\n"
        )
        for depth in (500, lines):
            deep = await deep_queue(backend, batches, depth)
            _print(
                f"split of {depth:,} lines into the local queue: "
                f"{deep['lines per second']:,.0f} lines a second; at that depth "
                f"{deep['received']:,.0f} messages a second are received\n"
            )


async def _compare(backend: Backend, batches: BatchBackend, text: str, rounds: int) -> None:
    results = []
    for number in range(rounds):
        _print(f"batches: round {number + 1} of {rounds}\r")
        results.append((await batch(backend, batches, text), await chat(backend, text)))
    _print(f"\n{QUESTIONS} answers of {text}, {AT_ONCE} at once: a batch's, a chat's, ratio\n")
    for name, unit in (("write units", ""), ("CPU", "s"), ("per second", "")):
        ours, theirs = (sorted(r[side][name] for r in results)[rounds // 2] for side in (0, 1))
        _print(f"{name:<20} {ours:>10.4g}{unit} {theirs:>10.4g}{unit} {ours / theirs:>8.2f}\n")


def _batches(backend: Backend) -> BatchBackend:
    import boto3

    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket="bench")
    sqs: Any = boto3.client("sqs")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("batches", "questions")]
    settings = BatchSettings(bucket="bench", batch_queue=urls[0], question_queue=urls[1])
    return BatchBackend(settings, backend.table)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--lines", type=int, default=10_000, help="how deep the queue becomes")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(options.rounds, options.lines, Path(folder)))
