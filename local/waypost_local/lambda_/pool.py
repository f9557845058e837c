"""The execution environments of one function: an idle one is reused, or one more is started."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from waypost_local.errors import CommandError
from waypost_local.lambda_.environment import Environment, InitFailed, Output
from waypost_local.lambda_.function import LambdaFunction
from waypost_local.lambda_.invocation import LambdaInvocation

_IDLE_TIMEOUT = 0.1
"""Seconds that a request waits for a busy environment before one more is started: the many small
files of a page are not worth a process each."""


class Throttled(Exception):
    """All environments are busy, and no more are allowed."""


@dataclass(frozen=True)
class RunningInvocation:
    """`finished` is done when the environment has finished with the invocation."""

    invocation: LambdaInvocation
    environment: str
    finished: asyncio.Task[None]


class Pool:
    """Starts environments as requests need them, `max_environments` at most.

    Each takes `concurrency` invocations at once: more than one as Lambda Managed Instances do.
    """

    def __init__(
        self,
        function: LambdaFunction,
        python: str,
        aws_variables: Mapping[str, str],
        max_environments: int,
        output: Output,
        concurrency: int = 1,
    ) -> None:
        self.function = function
        self._python = python
        self._variables = dict(aws_variables)
        if concurrency > 1:
            self._variables["AWS_LAMBDA_MAX_CONCURRENCY"] = str(concurrency)
        self._max_environments = max_environments
        self._concurrency = concurrency
        self._output = output
        self._idle: list[Environment] = []
        """Each as often as it can take an invocation."""
        self._active: Counter[Environment] = Counter()
        self._waiters: list[asyncio.Future[Environment]] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._all: set[Environment] = set()
        self._started = 0
        self._running: set[asyncio.Task[None]] = set()

    async def warm(self) -> None:
        """Starts an environment before the first request. Raises InitFailed, CommandError."""
        await self._release(await self._start(), self._concurrency)

    async def invoke(self, event: bytes) -> RunningInvocation:
        """Gives an event to an environment, which may have to start first.

        Raises:
            Throttled: All are busy, and no more are allowed.
            InitFailed, CommandError: It did not start.
        """
        environment = await self._acquire()
        invocation = LambdaInvocation(event, self.function.timeout, self.function.arn)
        task = asyncio.create_task(self._run(environment, invocation))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return RunningInvocation(invocation, environment.name, task)

    async def replace(self) -> None:
        """Replaces every environment: idle ones now, busy ones when they have finished.

        Raises:
            InitFailed, CommandError: The new one did not start; the next request tries again.
        """
        for environment in self._all:
            environment.retired = True
        idle = [one for one in dict.fromkeys(self._idle) if not self._active[one]]
        self._idle.clear()
        await asyncio.gather(*map(self._remove, idle))
        if not self._all:
            await self.warm()

    async def finish(self, max_seconds: float) -> None:
        """Waits for running invocations, but no longer than that."""
        if self._running:
            await asyncio.wait(self._running, timeout=max_seconds)

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All that run now, in no order."""
        return tuple(self._all)

    @property
    def busy(self) -> int:
        return len(self._running)

    async def stop(self) -> None:
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(environment.stop() for environment in list(self._all)))
        await self.finish(1)

    async def _acquire(self) -> Environment:
        """The first free environment: an idle one, one that becomes idle, or a new one."""
        while self._idle:
            environment = self._idle.pop()
            if environment.alive:
                return environment
            await self._remove(environment)
        waiter: asyncio.Future[Environment] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            if self._all:
                await asyncio.wait([waiter], timeout=_IDLE_TIMEOUT)
            if not waiter.done():
                most = self._max_environments * self._concurrency
                if self.busy + self._waiter_count > most:
                    raise Throttled(f"{self._max_environments} environments are busy")
                self._start_one_more()
            return await waiter
        finally:
            self._waiters.remove(waiter)

    def _start_one_more(self) -> None:
        """Starts one more, unless each waiter has one starting already."""
        enough = len(self._starting) * self._concurrency >= self._waiter_count
        if enough or len(self._all) >= self._max_environments:
            return
        task = asyncio.create_task(self._start_for_waiter())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start_for_waiter(self) -> None:
        """Starts one for the first waiter. Where that fails, the waiter gets the error."""
        try:
            environment = await self._start()
            while environment.retired:
                await self._remove(environment)
                environment = await self._start()
        except (InitFailed, CommandError) as error:
            if waiter := self._first_waiter():
                waiter.set_exception(error)
        else:
            await self._release(environment, self._concurrency)

    @property
    def _waiter_count(self) -> int:
        return sum(not waiter.done() for waiter in self._waiters)

    def _first_waiter(self) -> "asyncio.Future[Environment] | None":
        return next((waiter for waiter in self._waiters if not waiter.done()), None)

    async def _release(self, environment: Environment, places: int = 1) -> None:
        """Gives back places of an environment that can take an invocation each."""
        if environment.retired or not environment.alive:
            if not self._active[environment]:
                await self._remove(environment)
                self._start_one_more()
            return
        for _ in range(places):
            if waiter := self._first_waiter():
                waiter.set_result(environment)
            else:
                self._idle.append(environment)

    async def _start(self) -> Environment:
        self._started += 1
        environment = Environment(self.function, self._started, self._python, self._output)
        self._all.add(environment)
        try:
            await environment.start(self._variables)
        except BaseException:
            await self._remove(environment)
            raise
        return environment

    async def _run(self, environment: Environment, invocation: LambdaInvocation) -> None:
        self._active[environment] += 1
        try:
            await environment.invoke(invocation)
        finally:
            self._active[environment] -= 1
        await self._release(environment)

    async def _remove(self, environment: Environment) -> None:
        await environment.stop()
        self._all.discard(environment)
        self._active.pop(environment, None)
