"""An event source mapping: a queue's messages, in batches, to a function's environments.

As Lambda does it: a message that the function did not report as failed is deleted, the others
come again when their visibility is over. Nothing here changes that visibility.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from waypost_local.aws.account import REGION
from waypost_local.errors import CommandError
from waypost_local.lambda_.environment import InitFailed
from waypost_local.lambda_.invocation import InvocationFailed
from waypost_local.lambda_.pool import Pool, Throttled

_MAX_RECEIVE = 10
_FIRST_PAUSE, _MAX_PAUSE = 0.05, 0.5
"""Seconds between two looks at an empty queue. moto answers one request at a time, so that a long
poll would hold everything else."""
_AFTER_ERROR = 1.0

Message = dict[str, Any]


@dataclass(frozen=True)
class EventSourceMapping:
    """`queue_arn` of the queue, `partial_failures` where the function reports failed messages."""

    queue_url: str
    queue_arn: str
    function: str
    batch_size: int
    max_concurrency: int
    partial_failures: bool


class EventSource:
    """Polls one queue for one function until it is cancelled."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        sqs: Any,
        pool: Pool,
        max_environments: int,
        log: Callable[[str], None],
    ) -> None:
        self._mapping = mapping
        self._sqs = sqs
        self._pool = pool
        self._log = log
        self._free = asyncio.Semaphore(min(mapping.max_concurrency, max_environments))
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await self._free.acquire()
            messages = await self._receive()
            if not messages:
                self._free.release()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _MAX_PAUSE)
                continue
            pause = _FIRST_PAUSE
            task = asyncio.create_task(self._invoke(messages))
            self._running.add(task)
            task.add_done_callback(self._invoked)

    def _invoked(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()

    async def _receive(self) -> list[Message]:
        found: list[Message] = []
        while len(found) < self._mapping.batch_size:
            more = await self._call(
                "receive_message",
                MaxNumberOfMessages=min(_MAX_RECEIVE, self._mapping.batch_size - len(found)),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=0,
            )
            messages = more.get("Messages", [])
            found += messages
            if len(messages) < _MAX_RECEIVE:
                break
        return found

    async def _invoke(self, messages: Sequence[Message]) -> None:
        event = {"Records": [_record(self._mapping, message) for message in messages]}
        try:
            running = await self._pool.invoke(json.dumps(event).encode())
            await running.invocation.prelude()
            body = b"".join([chunk async for chunk in running.invocation.body()])
            await running.finished
        except (InvocationFailed, InitFailed, CommandError, Throttled) as error:
            self._log(f"{self._mapping.function}: {error}; its messages come again.")
            await asyncio.sleep(_AFTER_ERROR)
            return
        failed = _failed(body, messages) if self._mapping.partial_failures else set()
        done = [message for message in messages if message["MessageId"] not in failed]
        for at in range(0, len(done), _MAX_RECEIVE):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(done[at : at + _MAX_RECEIVE])
            ]
            await self._call("delete_message_batch", Entries=entries)

    async def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        call = getattr(self._sqs, operation)
        try:
            answer: dict[str, Any] = await asyncio.to_thread(
                call, QueueUrl=self._mapping.queue_url, **arguments
            )
        except (BotoCoreError, ClientError) as error:
            self._log(f"{operation}: {error}")
            await asyncio.sleep(_AFTER_ERROR)
            return {}
        return answer


def _record(mapping: EventSourceMapping, message: Message) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.queue_arn,
        "awsRegion": REGION,
    }


def _failed(body: bytes, messages: Sequence[Message]) -> set[str]:
    """The ids of the failed messages: all, where the response is not what it should be."""
    everything = {message["MessageId"] for message in messages}
    try:
        response = json.loads(body or b"null")
        listed = (response or {}).get("batchItemFailures") or []
        failed = {item["itemIdentifier"] for item in listed}
    except (ValueError, AttributeError, TypeError, KeyError):
        return everything
    return failed if failed <= everything else everything
