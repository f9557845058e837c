"""What a process keeps for batches: the bucket, the queues and the bus, off the event loop."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from waypost import aws
from waypost.errors import Invalid, NotFound, StoreUnavailable
from waypost.identity import Identity
from waypost.settings import BatchSettings
from waypost.store import Table

Message = dict[str, Any]
_MAX_ENTRIES = 10
MAX_MESSAGE_BYTES = 900_000
"""Bytes of a message, and of one SendMessageBatch; the quota is 1 MiB."""
_PARALLEL_CALLS = 8
_TRIES = 4
_REFUSED = {
    "AccessDeniedException",
    "ConflictException",
    "ServiceQuotaExceededException",
    "ValidationException",
}


class Refused(Exception):
    """AWS does not take a request for what it says."""


class ObjectMissing(Exception):
    """There is no such object, or it is another version now."""


@dataclass(frozen=True)
class BatchBackend:
    """Clients are made when they are first used: few requests are about batches."""

    settings: BatchSettings
    table: Table

    @cached_property
    def _s3(self) -> Any:
        return _client("s3")

    @cached_property
    def _sqs(self) -> Any:
        return _client("sqs")

    @cached_property
    def _events(self) -> Any:
        return _client("events")

    @cached_property
    def _scheduler(self) -> Any:
        return _client("scheduler")

    @cached_property
    def _bedrock(self) -> Any:
        return _client("bedrock")

    @property
    def bucket(self) -> str:
        """Raises NotFound where this deployment has no batches."""
        return _set(self.settings.bucket)

    async def put_object(self, key: str, body: bytes) -> str:
        """The object's ETag."""
        put = partial(self._s3.put_object, Bucket=self.bucket, Key=key, Body=body)
        return str((await _call(put))["ETag"])

    async def copy_object(self, source: str, key: str) -> str:
        """The copy's ETag; up to 5 GB. Raises ObjectMissing."""
        origin = {"Bucket": self.bucket, "Key": source}
        copy = partial(self._s3.copy_object, Bucket=self.bucket, Key=key, CopySource=origin)
        return str((await _call(copy))["CopyObjectResult"]["ETag"])

    async def delete_object(self, key: str) -> None:
        """Whether or not it is there."""
        await _call(partial(self._s3.delete_object, Bucket=self.bucket, Key=key))

    async def head_object(self, key: str) -> tuple[str, int]:
        """ETag and bytes. Raises ObjectMissing."""
        found = await _call(partial(self._s3.head_object, Bucket=self.bucket, Key=key))
        return str(found["ETag"]), int(found["ContentLength"])

    async def read_object(self, key: str) -> bytes:
        """Raises ObjectMissing."""
        found = await _call(partial(self._s3.get_object, Bucket=self.bucket, Key=key))
        body: bytes = await asyncio.to_thread(found["Body"].read)
        return body

    async def open_object(self, key: str, etag: str, offset: int) -> Any:
        """The object's body from a byte on, to be read in a thread. Raises ObjectMissing."""
        get = partial(
            self._s3.get_object,
            Bucket=self.bucket,
            Key=key,
            IfMatch=etag,
            Range=f"bytes={offset}-",
        )
        return (await _call(get))["Body"]

    async def upload(self, key: str, parts: Any) -> None:
        """Stores what an async iterator of bytes gives, of 5 MiB or more each but the last."""
        name = {"Bucket": self.bucket, "Key": key}
        started = await _call(
            partial(self._s3.create_multipart_upload, **name, ContentType="application/x-ndjson")
        )
        name["UploadId"] = started["UploadId"]
        done = []
        async for number, body in _numbered(parts):
            put = partial(self._s3.upload_part, **name, PartNumber=number, Body=body)
            done.append({"PartNumber": number, "ETag": (await _call(put))["ETag"]})
        if not done:
            await _call(partial(self._s3.abort_multipart_upload, **name))
            await self.put_object(key, b"")
            return
        finish = partial(
            self._s3.complete_multipart_upload, **name, MultipartUpload={"Parts": done}
        )
        await _call(finish)

    async def signed_url(self, key: str, seconds: int, method: str = "get_object") -> str:
        sign = partial(
            self._s3.generate_presigned_url,
            method,
            Params={"Bucket": self.bucket, "Key": key},
            ExpiresIn=seconds,
        )
        return str(await asyncio.to_thread(sign))

    async def send_to_splitter(self, message: Message) -> None:
        """Raises NotFound where this deployment has no batches."""
        await self._send(_set(self.settings.batch_queue), [message], None)

    async def send_questions(self, who: Identity, messages: Sequence[Message]) -> None:
        """One message each; the tenant is its message group, so that no tenant waits for another's
        backlog."""
        await self._send(self.settings.question_queue, messages, who.tenant_id)

    async def redrive(self) -> int:
        """Gives up to ten dead letters of each kind back to their queue; how many they were."""
        kept = self.settings
        return await self._move(kept.batch_dead_letters, kept.batch_queue) + await self._move(
            kept.question_dead_letters, kept.question_queue
        )

    async def _move(self, source: str, target: str) -> int:
        """Sends first and deletes then: a message is never lost, and twice is harmless."""
        receive = partial(
            self._sqs.receive_message,
            QueueUrl=source,
            MaxNumberOfMessages=_MAX_ENTRIES,
            MessageSystemAttributeNames=["MessageGroupId"],
        )
        received = (await _call(receive)).get("Messages", [])
        for message in received:
            group = message.get("Attributes", {}).get("MessageGroupId")
            await self._send(target, [json.loads(message["Body"])], group)
            handle = message["ReceiptHandle"]
            await _call(partial(self._sqs.delete_message, QueueUrl=source, ReceiptHandle=handle))
        return len(received)

    async def give_back(self, queue_url: str, receipt_handle: str, seconds: int) -> None:
        """Lets a message be received again after `seconds`. That it cannot is no harm."""
        change = partial(
            self._sqs.change_message_visibility,
            QueueUrl=queue_url,
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=seconds,
        )
        try:
            await _call(change)
        except StoreUnavailable:
            return

    async def publish(self, detail_type: str, detail: Message) -> None:
        """Raises StoreUnavailable where the bus does not take it."""
        entry = {
            "Source": "waypost",
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "EventBusName": self.settings.bus,
        }
        answer = await _call(partial(self._events.put_events, Entries=[entry]))
        if answer["FailedEntryCount"]:
            raise StoreUnavailable

    async def create_schedule(
        self, name: str, expression: str, timezone: str, message: Message
    ) -> None:
        """Has a message sent to the splitter at the times of an expression. Raises Invalid."""
        create = partial(
            self._scheduler.create_schedule,
            Name=name,
            GroupName=self.settings.schedule_group,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=timezone,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": self.settings.batch_queue_arn,
                "RoleArn": self.settings.scheduler_role,
                "Input": json.dumps(message),
            },
        )
        try:
            await _call(create)
        except Refused as error:
            raise Invalid(str(error), code="invalid_expression") from None

    async def create_job(self, name: str, model: str, source: str, target: str) -> str:
        """The ARN of the batch inference job of a name, which is made once.

        Args:
            source: The key of its records.
            target: The prefix of the keys of its output.

        Raises:
            Refused: The model takes no such jobs, or not these records.
        """
        place = f"s3://{self.bucket}/"
        create = partial(
            self._bedrock.create_model_invocation_job,
            jobName=name,
            clientRequestToken=name,
            roleArn=self.settings.inference_role,
            modelId=model,
            modelInvocationType="Converse",
            inputDataConfig={"s3InputDataConfig": {"s3Uri": place + source}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": place + target}},
        )
        return str((await _call(create))["jobArn"])

    async def job_status(self, arn: str) -> str:
        get = partial(self._bedrock.get_model_invocation_job, jobIdentifier=arn)
        return str((await _call(get))["status"])

    async def stop_job(self, arn: str) -> None:
        """Asks for its end. What it has answered until then is in its output."""
        stop = partial(self._bedrock.stop_model_invocation_job, jobIdentifier=arn)
        with contextlib.suppress(Refused):  # it is over meanwhile
            await _call(stop)

    async def delete_schedule(self, name: str) -> None:
        """Whether or not it is there."""
        delete = partial(
            self._scheduler.delete_schedule, Name=name, GroupName=self.settings.schedule_group
        )
        try:
            await _call(delete)
        except ObjectMissing:
            return

    async def _send(self, queue_url: str, messages: Sequence[Message], group: str | None) -> None:
        free = asyncio.Semaphore(_PARALLEL_CALLS)

        async def send(entries: list[Message]) -> None:
            async with free:
                await self._send_entries(queue_url, entries)

        await asyncio.gather(*map(send, _calls(messages, group)))

    async def _send_entries(self, queue_url: str, entries: list[Message]) -> None:
        left = entries
        for _ in range(_TRIES):
            send = partial(self._sqs.send_message_batch, QueueUrl=queue_url, Entries=left)
            failed = {entry["Id"] for entry in (await _call(send)).get("Failed", [])}
            left = [entry for entry in left if entry["Id"] in failed]
            if not left:
                return
        raise StoreUnavailable


def _set(value: str) -> str:
    if not value:
        raise NotFound("There are no batches in this deployment.", code="no_batches")
    return value


def _calls(messages: Sequence[Message], group: str | None) -> list[list[Message]]:
    """Entries of SendMessageBatch: ten a call at most, and within its bytes.

    Bodies are ASCII: SQS refuses control characters, and its quota counts bytes.
    """
    calls: list[list[Message]] = [[]]
    size = 0
    for number, message in enumerate(messages):
        entry: Message = {"Id": str(number % _MAX_ENTRIES), "MessageBody": json.dumps(message)}
        if group is not None:
            entry["MessageGroupId"] = group
        own = len(entry["MessageBody"])
        if len(calls[-1]) == _MAX_ENTRIES or (calls[-1] and size + own > MAX_MESSAGE_BYTES):
            calls.append([])
            size = 0
        entry["Id"] = str(len(calls[-1]))
        calls[-1].append(entry)
        size += own
    return [call for call in calls if call]


async def _numbered(parts: Any) -> Any:
    number = 1
    async for body in parts:
        yield number, body
        number += 1


def _client(service: str) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=20,
        max_pool_connections=50,
        signature_version="s3v4" if service == "s3" else None,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    return aws.client(service, config)


async def _call(call: Any) -> Message:
    try:
        answer: Message = await asyncio.to_thread(call)
    except BotoCoreError as error:
        raise StoreUnavailable from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _REFUSED:
            raise Refused(error.response["Error"]["Message"]) from error
        if code in {"ResourceNotFoundException", "NoSuchKey", "404", "412", "PreconditionFailed"}:
            raise ObjectMissing from error
        raise StoreUnavailable from error
    return answer
