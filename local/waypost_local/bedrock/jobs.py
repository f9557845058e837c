"""Batch inference jobs: records of Converse from a bucket, answered by the model, back into it.

https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
"""

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from waypost_local.bedrock.events import events, message
from waypost_local.bedrock.model import BedrockError, ConverseRequest, Model, invalid
from waypost_local.bedrock.validation import check

_MIN_RECORDS = 100
_NAME = re.compile(r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}")
_PLACE = re.compile(r"s3://([^/]+)/(.+)")


@dataclass
class PlayedJob:
    arn: str
    request: dict[str, Any]
    status: str = "Submitted"
    reason: str = ""


@dataclass
class Jobs:
    """Jobs of one account. `s3` is a boto3 client for the bucket.

    `arn_prefix` is as in `arn:aws:bedrock:us-east-1:123456789012`.
    """

    model: Model
    s3: Any
    arn_prefix: str
    _jobs: dict[str, PlayedJob] = field(default_factory=dict)
    _tokens: dict[str, PlayedJob] = field(default_factory=dict)
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[Route]:
        path = "/model-invocation-job"
        return [
            Route(path, self._create, methods=["POST"]),
            Route(f"{path}/{{arn:path}}/stop", self._stop, methods=["POST"]),
            Route(f"{path}/{{arn:path}}", self._get, methods=["GET"]),
        ]

    async def idle(self) -> None:
        """Until no job runs."""
        await asyncio.gather(*self._running)

    async def _create(self, request: Request) -> Response:
        body = json.loads(await request.body())
        token = body.get("clientRequestToken") or str(uuid.uuid4())
        job = self._tokens.get(token)
        if job is None:
            _check(body)
            arn = f"{self.arn_prefix}:model-invocation-job/{uuid.uuid4().hex[:12]}"
            job = self._jobs[arn] = self._tokens[token] = PlayedJob(arn, body)
            task = asyncio.create_task(self._run(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return JSONResponse({"jobArn": job.arn})

    def _named(self, request: Request) -> PlayedJob:
        job = self._jobs.get(unquote(request.path_params["arn"]))
        if job is None:
            raise BedrockError("ResourceNotFoundException", 404, "There is no such job.")
        return job

    async def _stop(self, request: Request) -> Response:
        job = self._named(request)
        if job.status not in ("Submitted", "InProgress"):
            raise BedrockError("ConflictException", 409, f"The job is {job.status}.")
        job.status = "Stopping"
        return JSONResponse({})

    async def _get(self, request: Request) -> Response:
        job = self._named(request)
        body = job.request
        return JSONResponse(
            {
                "jobArn": job.arn,
                "jobName": body["jobName"],
                "modelId": body["modelId"],
                "roleArn": body["roleArn"],
                "status": job.status,
                "message": job.reason,
                "submitTime": "2026-01-01T00:00:00Z",
                "inputDataConfig": body["inputDataConfig"],
                "outputDataConfig": body["outputDataConfig"],
            }
        )

    async def _run(self, job: PlayedJob) -> None:
        try:
            records = await asyncio.to_thread(self._records, job)
            if len(records) < _MIN_RECORDS:
                job.status = "Failed"
                job.reason = f"A job needs {_MIN_RECORDS} records at least."
                return
            if job.status == "Submitted":
                job.status = "InProgress"
            written = []
            for record in records:
                if job.status == "Stopping":
                    break
                written.append(await self._answered(job.request["modelId"], record))
            await asyncio.to_thread(self._write, job, written)
            job.status = _outcome(job, written)
        except Exception as error:
            job.status, job.reason = "Failed", f"{type(error).__name__}: {error}"

    async def _answered(self, model_id: str, record: dict[str, Any]) -> dict[str, Any]:
        converse = ConverseRequest(model_id, record["modelInput"])
        try:
            check(converse)
            return {**record, "modelOutput": await message(events(self.model.reply(converse)))}
        except BedrockError as error:
            return {**record, "error": {"errorCode": 400, "errorMessage": str(error)}}

    def _records(self, job: PlayedJob) -> list[dict[str, Any]]:
        bucket, key = _place(job.request["inputDataConfig"]["s3InputDataConfig"])
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.split(b"\n") if line]

    def _write(self, job: PlayedJob, written: list[dict[str, Any]]) -> None:
        _, source = _place(job.request["inputDataConfig"]["s3InputDataConfig"])
        bucket, prefix = _place(job.request["outputDataConfig"]["s3OutputDataConfig"])
        name = f"{prefix}{job.arn.rpartition('/')[2]}/{source.rpartition('/')[2]}.out"
        body = b"".join(_lines(written))
        self.s3.put_object(Bucket=bucket, Key=name, Body=body)


def _outcome(job: PlayedJob, written: list[dict[str, Any]]) -> str:
    if job.status == "Stopping":
        return "Stopped"
    return "PartiallyCompleted" if any("error" in record for record in written) else "Completed"


def _lines(records: list[dict[str, Any]]) -> Iterator[bytes]:
    for record in records:
        yield json.dumps(record).encode() + b"\n"


def _place(config: dict[str, Any]) -> tuple[str, str]:
    found = _PLACE.fullmatch(config["s3Uri"])
    if found is None:
        raise invalid(f"{config['s3Uri']} is no place in a bucket.")
    return found[1], found[2]


def _check(body: dict[str, Any]) -> None:
    if not _NAME.fullmatch(body["jobName"]):
        raise invalid("The name of the job is not valid.")
    if body.get("modelInvocationType") != "Converse":
        raise invalid("Only jobs of Converse are answered here.")
    _place(body["inputDataConfig"]["s3InputDataConfig"])
    _place(body["outputDataConfig"]["s3OutputDataConfig"])
