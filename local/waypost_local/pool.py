"""The environments of one function: an idle one is used again, otherwise one more is started."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from waypost_local.environment import Environment, InitFailed, Output
from waypost_local.failure import CommandError
from waypost_local.invocation import Invocation
from waypost_local.template import Function

_PATIENCE = 0.1
"""Seconds that a request waits for an environment to come free before one more is started: the
many small files of a page are not worth a process each."""


class Throttled(Exception):
    """As many environments as are allowed are busy."""


@dataclass(frozen=True)
class Running:
    """An invocation on its way. `finished` ends once its environment is done with it."""

    invocation: Invocation
    environment: str
    finished: asyncio.Task[None]


class Pool:
    """`most` is the number of environments that may run at once."""

    def __init__(
        self, function: Function, python: str, aws: Mapping[str, str], most: int, output: Output
    ) -> None:
        self.function = function
        self._python = python
        self._aws = aws
        self._most = most
        self._output = output
        self._idle: list[Environment] = []
        self._waiting: list[asyncio.Future[Environment]] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._all: set[Environment] = set()
        self._started = 0
        self._running: set[asyncio.Task[None]] = set()

    async def warm(self) -> None:
        """Starts an environment before anybody asks. Raises InitFailed, CommandError."""
        await self._release(await self._start())

    async def invoke(self, event: bytes) -> Running:
        """Hands an event to an environment, which may have to start first.

        Raises:
            Throttled: All are busy, and there may be no more.
            InitFailed, CommandError: It did not start.
        """
        environment = await self._take()
        invocation = Invocation(event, self.function.timeout, self.function.arn)
        task = asyncio.create_task(self._run(environment, invocation))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return Running(invocation, environment.name, task)

    async def replace(self) -> None:
        """Lets every environment go: idle ones now, busy ones when they have finished.

        Raises:
            InitFailed, CommandError: The new one did not start; the next request tries again.
        """
        for environment in self._all:
            environment.retired = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(self._drop, idle))
        if not self._all:
            await self.warm()

    async def finish(self, seconds: float) -> None:
        """Waits for what is running, `seconds` at most."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    @property
    def environments(self) -> tuple[Environment, ...]:
        """All that there are now, in no order. Each says what it works on and can be killed."""
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

    async def _take(self) -> Environment:
        """The first environment that is free: an idle one, one that becomes so, or a new one."""
        while self._idle:
            environment = self._idle.pop()
            if environment.alive:
                return environment
            await self._drop(environment)
        turn: asyncio.Future[Environment] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            if self._all:
                await asyncio.wait([turn], timeout=_PATIENCE)
            if not turn.done():
                if self.busy + self._waiters > self._most:
                    raise Throttled(f"{self._most} environments are busy")
                self._start_another()
            return await turn
        finally:
            self._waiting.remove(turn)

    def _start_another(self) -> None:
        """Starts one more, unless there is one on its way for everybody who waits."""
        if len(self._starting) >= self._waiters or len(self._all) >= self._most:
            return
        task = asyncio.create_task(self._start_for_others())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start_for_others(self) -> None:
        """Starts one for whoever waits longest; where that fails, it fails them."""
        try:
            environment = await self._start()
            while environment.retired:
                await self._drop(environment)
                environment = await self._start()
        except (InitFailed, CommandError) as error:
            if turn := self._longest_waiting():
                turn.set_exception(error)
        else:
            await self._release(environment)

    @property
    def _waiters(self) -> int:
        return sum(not turn.done() for turn in self._waiting)

    def _longest_waiting(self) -> "asyncio.Future[Environment] | None":
        return next((turn for turn in self._waiting if not turn.done()), None)

    async def _release(self, environment: Environment) -> None:
        if environment.retired or not environment.alive:
            await self._drop(environment)
            self._start_another()
        elif turn := self._longest_waiting():
            turn.set_result(environment)
        else:
            self._idle.append(environment)

    async def _start(self) -> Environment:
        self._started += 1
        environment = Environment(self.function, self._started, self._python, self._output)
        self._all.add(environment)
        try:
            await environment.start(self._aws)
        except BaseException:
            await self._drop(environment)
            raise
        return environment

    async def _run(self, environment: Environment, invocation: Invocation) -> None:
        await environment.invoke(invocation)
        await self._release(environment)

    async def _drop(self, environment: Environment) -> None:
        await environment.stop()
        self._all.discard(environment)
