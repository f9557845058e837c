"""Batches with real queues, bucket and bus in moto, and both functions in this process."""

import asyncio
import json
import random
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3

from tests.chat.conftest import Api
from waypost.batches import BatchBackend
from waypost.batches.answering import Answerer
from waypost.identity import Identity
from waypost.store.items import to_item
from waypost.store.keys import TenantKeys
from waypost_batch.messages import take
from waypost_worker import handler as worker

_TOGETHER = 10
EVENTS = Identity("company-789", "user-456", frozenset({"admin"}))


@dataclass
class BatchStack:
    """Delivers the messages of both queues, as often and in whatever order a test wants."""

    bucket: str = field(default_factory=lambda: f"questions-{uuid.uuid4()}")
    heard: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {name: boto3.client(name) for name in ("s3", "sqs", "events", "scheduler")}

    @property
    def s3(self) -> Any:
        return self._clients["s3"]

    @property
    def sqs(self) -> Any:
        return self._clients["sqs"]

    @property
    def events(self) -> Any:
        return self._clients["events"]

    @property
    def scheduler(self) -> Any:
        return self._clients["scheduler"]

    def create(self) -> dict[str, str]:
        """The environment variables that name what was made."""
        self.s3.create_bucket(Bucket=self.bucket)
        queues = {
            name: self.sqs.create_queue(QueueName=f"{name}-{self.bucket}")["QueueUrl"]
            for name in (
                "batches",
                "questions",
                "batch-dead-letters",
                "question-dead-letters",
                "heard",
            )
        }
        self.queues = queues
        bus = f"bus-{self.bucket}"
        self.events.create_event_bus(Name=bus)
        self.events.put_rule(
            Name="heard", EventBusName=bus, EventPattern=json.dumps({"source": ["waypost"]})
        )
        arn = self.sqs.get_queue_attributes(QueueUrl=queues["heard"], AttributeNames=["QueueArn"])
        target = {"Id": "heard", "Arn": arn["Attributes"]["QueueArn"]}
        self.events.put_targets(Rule="heard", EventBusName=bus, Targets=[target])
        self.scheduler.create_schedule_group(Name=self.bucket)
        return {
            "WAYPOST_BATCH_QUEUE_ARN": f"arn:aws:sqs:us-east-1:123456789012:batches-{self.bucket}",
            "WAYPOST_SCHEDULE_GROUP": self.bucket,
            "WAYPOST_SCHEDULER_ROLE": "arn:aws:iam::123456789012:role/scheduler",
            "WAYPOST_BUCKET": self.bucket,
            "WAYPOST_BATCH_QUEUE": queues["batches"],
            "WAYPOST_QUESTION_QUEUE": queues["questions"],
            "WAYPOST_BATCH_DEAD_LETTERS": queues["batch-dead-letters"],
            "WAYPOST_QUESTION_DEAD_LETTERS": queues["question-dead-letters"],
            "WAYPOST_BUS": bus,
            "WAYPOST_EVENT_IDENTITY": f"{EVENTS.tenant_id}/{EVENTS.user_id}",
        }

    def put(self, key: str, body: bytes) -> dict[str, Any]:
        """Puts a file into the bucket; the event that EventBridge would send of it."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return {
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": {"bucket": {"name": self.bucket}, "object": {"key": key}},
        }

    def submitted(self, **detail: Any) -> dict[str, Any]:
        """An event as a rule gives it to the queue."""
        return {
            "id": str(uuid.uuid4()),
            "detail-type": "waypost.questions.submitted",
            "source": "test",
            "detail": detail,
        }

    async def take(self, api: Api, message: dict[str, Any], late: float = 2**40) -> None:
        await take(api.app.state.backend, self.backend(api), json.dumps(message), late)

    def backend(self, api: Api) -> BatchBackend:
        backend = api.app.state.backend
        return BatchBackend(backend.settings.batches, backend.table)

    def send(self, queue: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queues[queue], MessageBody=body)

    def received(self, queue: str) -> list[dict[str, Any]]:
        """All messages of a queue, which are gone from it then."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.queues[queue], MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages", []):
            found += messages
            for message in messages:
                self.sqs.delete_message(
                    QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    async def deliver(
        self,
        api: Api,
        *,
        times: int = 1,
        order: random.Random | None = None,
        answerer: Answerer | None = None,
    ) -> None:
        """Delivers until both queues are empty: each message `times`, shuffled by `order`."""
        answerer = answerer or Answerer(api.app.state.backend, self.backend(api))
        for _ in range(1000):
            batches = self.received("batches") * times
            questions = self.received("questions") * times
            if not batches and not questions:
                return
            if order:
                order.shuffle(batches)
                order.shuffle(questions)
            for message in batches:
                await self.take(api, json.loads(message["Body"]))
            again = await self.answer(answerer, questions)
            for message in again:
                self.sqs.send_message(
                    QueueUrl=self.queues["questions"], MessageBody=message["Body"]
                )
        raise AssertionError("the queues do not become empty")

    async def answer(
        self, answerer: Answerer, messages: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Gives messages to a worker, ten at once; those that it gave back."""
        deadline = 2.0**40
        again = []
        for at in range(0, len(messages), _TOGETHER):
            together = messages[at : at + _TOGETHER]
            throttled = asyncio.Event()
            done = await asyncio.gather(
                *(
                    worker._answer(answerer, record(one), deadline, deadline, throttled)
                    for one in together
                )
            )
            again += [one for one, ok in zip(together, done, strict=True) if not ok]
        return again

    async def end_lease(self, api: Api, batch_id: str, line: int) -> None:
        """As when the time of an attempt at a line is over."""
        key = TenantKeys(EVENTS.tenant_id, EVENTS.user_id).batch_attempt(batch_id, line)
        await api.app.state.backend.table.update(
            {
                "Key": to_item(key),
                "UpdateExpression": "SET lease_until = :zero",
                "ExpressionAttributeValues": to_item({":zero": 0}),
            }
        )

    def results(self, key: str) -> list[dict[str, Any]]:
        body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The events on the bus since the last call: type and detail."""
        bodies = [json.loads(message["Body"]) for message in self.received("heard")]
        return [(body["detail-type"], body["detail"]) for body in bodies]


def record(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
    }
