"""The environments of one function: an idle one is used again, otherwise one more is started."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from waypost_local.environment import Environment, Output
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
        self._waiting: deque[asyncio.Event] = deque()
        self._all: set[Environment] = set()
        self._started = 0
        self._running: set[asyncio.Task[None]] = set()

    async def warm(self) -> None:
        """Starts an environment before anybody asks. Raises InitFailed, CommandError."""
        self._idle.append(await self._start())

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
    def busy(self) -> int:
        return len(self._running)

    async def stop(self) -> None:
        await asyncio.gather(*(environment.stop() for environment in list(self._all)))
        await self.finish(1)

    async def _take(self) -> Environment:
        """The first environment that is free: an idle one, one that becomes so, or a new one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE if self._all else 0):
                return await self._idle_one()
        if len(self._all) >= self._most:
            raise Throttled
        starting = asyncio.create_task(self._start_another())
        freed = asyncio.create_task(self._idle_one())
        self._running |= {starting}
        starting.add_done_callback(self._running.discard)
        await asyncio.wait([starting, freed], return_when=asyncio.FIRST_COMPLETED)
        if not freed.done() and starting.exception():
            freed.cancel()
            starting.result()
        return await freed

    async def _start_another(self) -> None:
        self._release(await self._start())

    async def _idle_one(self) -> Environment:
        while True:
            while self._idle:
                environment = self._idle.pop()
                if environment.alive:
                    return environment
                await self._drop(environment)
            await self._one_came_free()

    async def _one_came_free(self) -> None:
        free = asyncio.Event()
        self._waiting.append(free)
        try:
            await free.wait()
        finally:
            if free in self._waiting:
                self._waiting.remove(free)

    def _release(self, environment: Environment) -> None:
        self._idle.append(environment)
        if self._waiting:
            self._waiting.popleft().set()

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
        if environment.alive and not environment.retired:
            self._release(environment)
        else:
            await self._drop(environment)

    async def _drop(self, environment: Environment) -> None:
        await environment.stop()
        self._all.discard(environment)
