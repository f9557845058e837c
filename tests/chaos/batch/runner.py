"""Sends a batch, lets things happen to it, waits for its end, and checks what must hold."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.batch import invariants
from tests.chaos.batch.cases import BatchCase, Happening
from tests.chaos.batch.stack import BatchChaosStack
from tests.chaos.fault_injector import FaultPlan

CASE_SECONDS = 420.0
_USER = "user"
_OVER = {"completed", "cancelled"}


@dataclass
class BatchCaseRun:
    """`hits` counts what took effect."""

    stack: BatchChaosStack
    case: BatchCase
    batch_id: str = ""
    hits: int = 0
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Tenant-Id": self.case.tenant, "X-User-Id": _USER}

    async def run(self) -> None:
        began = time.monotonic()
        plans = {tag: FaultPlan(faults) for tag, faults in self.case.models.items()}
        self.stack.models.plans |= plans
        try:
            async with asyncio.timeout(CASE_SECONDS):
                self.batch_id = await self._send()
                happening = [asyncio.create_task(self._happen(one)) for one in self.case.happenings]
                head = await self._wait()
                await asyncio.gather(*happening)
                self.violations += await invariants.violations(
                    self.stack, self.case, head, self._get
                )
        except TimeoutError:
            self.violations.append(f"it was not over after {CASE_SECONDS:g} seconds")
            self.violations.append(await self._where_it_stands())
        self.hits += sum(plan.fault_count for plan in plans.values())
        self.seconds = time.monotonic() - began

    async def _send(self) -> str:
        case = self.case
        match case.way:
            case "http":
                return await self._post({"questions": case.objects})
            case "upload":
                upload = await self._posted("/v1/batches/uploads", {})
                put = await self.stack.http.put(upload["url"], content=case.file)
                put.raise_for_status()
                return await self._post({"upload_id": upload["upload_id"]})
            case "event":
                name = f"event-{case.seed}"
                await asyncio.to_thread(self._put_event, name)
                await self._appeared(f"/v1/batches/{name}")
                return name
            case "file":
                await asyncio.to_thread(self._put_file)
                found = await self._appeared("/v1/batches")
                return str(found["batches"][0]["id"])

    async def _post(self, body: Any) -> str:
        return str((await self._posted("/v1/batches", body))["id"])

    async def _posted(self, path: str, body: Any) -> Any:
        answer = await self.stack.http.post(
            f"{self.stack.url}{path}", json=body, headers=self.headers
        )
        return answer.raise_for_status().json()

    def _put_event(self, name: str) -> None:
        detail = {"batch_id": name, "questions": self.case.objects}
        entry = {
            "EventBusName": self.stack.bus,
            "Source": "chaos",
            "DetailType": "waypost.questions.submitted",
            "Detail": json.dumps(detail),
        }
        self.stack.client("events").put_events(Entries=[entry])

    def _put_file(self) -> None:
        key = f"in/{self.case.tenant}/{_USER}/{self.case.seed}.jsonl"
        self.stack.client("s3").put_object(Bucket=self.stack.bucket, Key=key, Body=self.case.file)

    async def _appeared(self, path: str) -> Any:
        """What a path answers once there is something."""
        while True:
            found = await self._get(path)
            if found and found.get("batches", True):
                return found
            await asyncio.sleep(0.1)

    async def _get(self, path: str) -> Any:
        """The JSON of a path; None where the answer is an error, or the connection broke off."""
        try:
            answer = await self.stack.http.get(f"{self.stack.url}{path}", headers=self.headers)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    async def _happen(self, happening: Happening) -> None:
        await asyncio.sleep(happening.seconds)
        mark = self.batch_id.encode()
        match happening.kind:
            case "kill":
                self.hits += self.stack.kill(mark)
            case "freeze":
                self.hits += await self.stack.freeze(3, mark)
            case "outage":
                await self.stack.outage(self.case.tenant, happening.fault, 2)
                self.hits += 1
            case "again":
                self.hits += await asyncio.to_thread(self._again)

    def _again(self) -> int:
        """Delivers the messages of the split and of the end once more, and those that wait."""
        sqs = self.stack.client("sqs")
        who = {"tenant": self.case.tenant, "user": _USER}
        for name in ("split", "finish"):
            body = json.dumps({name: self.batch_id, **who})
            sqs.send_message(QueueUrl=self.stack.queues["batch"], MessageBody=body)
        questions = self.stack.queues["question"]
        waiting = sqs.receive_message(
            QueueUrl=questions, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        for message in waiting.get("Messages", []):
            sqs.send_message(QueueUrl=questions, MessageBody=message["Body"])
        return 2 + len(waiting.get("Messages", []))

    async def _where_it_stands(self) -> str:
        head = await self._get(f"/v1/batches/{self.batch_id}") or {}
        waiting = await asyncio.to_thread(self._waiting)
        return f"state {head.get('state')}, {head.get('counts')}, messages {waiting}"

    def _waiting(self) -> dict[str, Any]:
        """How many messages each queue has: those that can be received, and those in flight."""
        sqs, names = self.stack.client("sqs"), ["ApproximateNumberOfMessages"]
        names.append("ApproximateNumberOfMessagesNotVisible")
        return {
            name: list(
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()
            )
            for name, url in self.stack.queues.items()
        }

    async def _wait(self) -> dict[str, Any]:
        while True:
            head = await self._get(f"/v1/batches/{self.batch_id}")
            if head and head["state"] in _OVER:
                return dict(head)
            await asyncio.sleep(1)


async def run_batches(
    stack: BatchChaosStack,
    cases: Sequence[BatchCase],
    concurrency: int,
    on_result: Callable[[BatchCaseRun], None],
) -> list[BatchCaseRun]:
    """Several batches at once, which share the workers; `on_result` gets each as it ends."""
    limit = asyncio.Semaphore(concurrency)

    async def one(case: BatchCase) -> BatchCaseRun:
        async with limit:
            case_run = BatchCaseRun(stack, case)
            await case_run.run()
        on_result(case_run)
        return case_run

    return list(await asyncio.gather(*map(one, cases)))
