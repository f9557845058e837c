"""The template's event source mappings: a pool of each function, a poller of each queue."""

import asyncio

from waypost_local.aws.account import ACCOUNT_ID, client
from waypost_local.errors import CommandError
from waypost_local.lambda_.event_source import EventSource, EventSourceMapping
from waypost_local.lambda_.pool import Pool
from waypost_local.stack.console import ConsoleLog
from waypost_local.stack.local_aws import LocalAws
from waypost_local.stack.scheduler import Scheduler
from waypost_local.stack.template import Stack

MAX_ENVIRONMENTS = 2
"""Of one function behind a queue: this machine has a few cores, and every process its memory."""


class EventSources:
    """Every queue that the template gives to a function. A function starts with its first message.

    Raises:
        CommandError: A mapping names a function that is not there.
    """

    def __init__(self, aws: LocalAws, python: str, log: ConsoleLog) -> None:
        functions = {function.name: function for function in aws.stack.functions}
        self._log = log
        self._sqs = client("sqs", aws.endpoint)
        self._scheduler = Scheduler(aws.endpoint, log.message)
        self._mappings = mappings(aws.stack, aws.endpoint)
        self._tasks: list[asyncio.Task[None]] = []
        self._pools: dict[str, Pool] = {}
        for mapping in self._mappings:
            name = mapping.function
            if name not in functions:
                raise CommandError(f"template: there is no function {name} for {mapping.queue_arn}")
            self._pools[name] = Pool(
                functions[name], python, aws.variables, MAX_ENVIRONMENTS, log.function_output
            )

    @property
    def pools(self) -> tuple[Pool, ...]:
        return tuple(self._pools.values())

    def start(self) -> None:
        """Polls, and sends what is scheduled, once the queues are there."""
        for mapping in self._mappings:
            pool = self._pools[mapping.function]
            source = EventSource(mapping, self._sqs, pool, MAX_ENVIRONMENTS, self._log.message)
            self._tasks.append(asyncio.create_task(source.run()))
        self._tasks.append(asyncio.create_task(self._scheduler.run()))

    async def stop(self) -> None:
        """Takes no more messages."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def mappings(stack: Stack, endpoint: str) -> list[EventSourceMapping]:
    found = [
        resource["Properties"]
        for resource in stack.resources.values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    return [
        EventSourceMapping(
            queue_url=f"{endpoint}/{ACCOUNT_ID}/{properties['EventSourceArn'].rpartition(':')[2]}",
            queue_arn=properties["EventSourceArn"],
            function=properties["FunctionName"],
            batch_size=int(properties.get("BatchSize", 10)),
            max_concurrency=int(
                (properties.get("ScalingConfig") or {}).get("MaximumConcurrency", 1000)
            ),
            partial_failures="ReportBatchItemFailures"
            in properties.get("FunctionResponseTypes", []),
        )
        for properties in found
    ]
