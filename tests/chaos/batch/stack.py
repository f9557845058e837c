"""The local stack with short times for its batch functions, and the faults that they can meet."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tests.chaos.fault_injector import FaultInjector
from tests.chaos.model import ChaosModel
from tests.chaos.stack import PARAMETERS, ROOT
from waypost_local import bedrock
from waypost_local.aws.account import client
from waypost_local.lambda_.function import LambdaFunction
from waypost_local.lambda_.function_url import FunctionUrl
from waypost_local.lambda_.pool import Pool
from waypost_local.stack.console import ConsoleLog
from waypost_local.stack.event_sources import EventSources
from waypost_local.stack.local_aws import LocalAws, StackSettings, local_aws
from waypost_local.stack.run import listen, url_of

WORKER_SECONDS, BATCH_SECONDS = 14, 10
"""Time-outs of the functions here; a message rests one second longer."""
_ENVIRONMENTS = 6
"""Of the function that serves HTTP."""
_HEARD = "heard"


@dataclass
class BatchChaosStack:
    url: str
    http: httpx.AsyncClient
    models: FaultInjector
    aws: str
    table: str
    bucket: str
    bus: str
    queues: dict[str, str]
    """Addresses of the queues: `batch`, `question`, and `heard` for what the bus is told."""
    pools: tuple[Pool, ...]
    heard: list[dict[str, Any]] = field(default_factory=list)
    """What the bus was told so far."""

    def client(self, service: str) -> Any:
        return client(service, self.aws)

    def kill(self, mark: bytes) -> int:
        """Kills the processes that work on a message with a mark. Returns how many."""
        found = self._busy(mark)
        for environment in found:
            environment.kill()
        return len(found)

    async def freeze(self, seconds: float, mark: bytes) -> int:
        """Pauses such processes for a time. Returns how many."""
        found = self._busy(mark)
        for environment in found:
            environment.signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        for environment in found:
            environment.signal(signal.SIGCONT)
        return len(found)

    def _busy(self, mark: bytes) -> list[Any]:
        return [
            environment
            for pool in self.pools
            for environment in pool.environments
            if any(mark in work.event for work in environment.invocations)
        ]

    async def listen(self) -> None:
        """Hears the bus until it is cancelled."""
        sqs = self.client("sqs")
        while True:
            self.heard += await asyncio.to_thread(_received, sqs, self.queues[_HEARD])
            await asyncio.sleep(0.5)

    async def outage(self, tenant: str, kind: str, seconds: float) -> None:
        """Lets the table's calls for a tenant fail for a time, three in four of them."""
        mark = f"T#{tenant}#"
        fault = {"kind": kind, "probability": 0.75, "containing": mark}
        (await self.http.post(f"{self.aws}/_faults", json=[fault])).raise_for_status()
        await asyncio.sleep(seconds)
        cleared = await self.http.delete(f"{self.aws}/_faults", params={"containing": mark})
        cleared.raise_for_status()


@contextlib.asynccontextmanager
async def running(log: Callable[[str], None]) -> AsyncIterator[BatchChaosStack]:
    models = FaultInjector(bedrock.app(ChaosModel()))
    parameters = {**PARAMETERS, "EventIdentity": "events/user"}
    setup = StackSettings(ROOT / "template.yaml", sys.executable, parameters=parameters)
    listening = listen("127.0.0.1", 0)
    console = ConsoleLog(log, verbose=True)
    async with local_aws(setup, url_of(listening), models) as whole:
        functions = tuple(map(_shortened, whole.stack.functions))
        side = replace(whole, stack=replace(whole.stack, functions=functions))
        chat = side.stack.url_function()
        pool = Pool(chat, setup.python, side.variables, _ENVIRONMENTS, console.function_output)
        front = FunctionUrl(pool, lambda _: None, paced=False)
        await side.create_resources()
        sources = EventSources(side, setup.python, console)
        queues = await asyncio.to_thread(_prepare_queues, side, chat.environment)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as http:
            await pool.warm()
            await front.start(listening)
            sources.start()
            found = BatchChaosStack(
                url_of(listening),
                http,
                models,
                side.endpoint,
                chat.environment["WAYPOST_TABLE"],
                chat.environment["WAYPOST_BUCKET"],
                chat.environment["WAYPOST_BUS"],
                queues,
                sources.pools,
            )
            listener = asyncio.create_task(found.listen())
            try:
                yield found
            finally:
                listener.cancel()
                await sources.stop()
                front.close()
                await asyncio.gather(*(one.stop() for one in (pool, *sources.pools)))
                await front.stop()


def _received(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, which are gone from it then."""
    found = []
    for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        found.append(json.loads(message["Body"]))
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def _shortened(function: LambdaFunction) -> LambdaFunction:
    seconds = {"WorkerFunction": WORKER_SECONDS, "BatchFunction": BATCH_SECONDS}
    return replace(function, timeout=seconds.get(function.logical_id, function.timeout))


def _prepare_queues(side: LocalAws, environment: Any) -> dict[str, str]:
    """Lets messages of dead processes come again soon, and listens to the bus."""
    sqs, events = client("sqs", side.endpoint), client("events", side.endpoint)
    queues = {
        "batch": environment["WAYPOST_BATCH_QUEUE"],
        "question": next(
            function.environment["WAYPOST_QUESTION_QUEUE"]
            for function in side.stack.functions
            if "WAYPOST_QUESTION_QUEUE" in function.environment
        ),
        _HEARD: sqs.create_queue(QueueName=_HEARD)["QueueUrl"],
    }
    for name, seconds in (("batch", BATCH_SECONDS), ("question", WORKER_SECONDS)):
        sqs.set_queue_attributes(
            QueueUrl=queues[name], Attributes={"VisibilityTimeout": str(seconds + 1)}
        )
    bus = environment["WAYPOST_BUS"]
    pattern = json.dumps({"source": ["waypost"]})
    events.put_rule(Name=_HEARD, EventBusName=bus, EventPattern=pattern)
    found = sqs.get_queue_attributes(QueueUrl=queues[_HEARD], AttributeNames=["QueueArn"])
    target = {"Id": _HEARD, "Arn": found["Attributes"]["QueueArn"]}
    events.put_targets(Rule=_HEARD, EventBusName=bus, Targets=[target])
    return queues
