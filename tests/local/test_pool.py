"""Which environment a request gets, when several ask at once."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

import pytest

from tests.local.conftest import load
from waypost_local.lambda_ import pool as pools
from waypost_local.lambda_.environment import InitFailed
from waypost_local.lambda_.invocation import LambdaInvocation
from waypost_local.lambda_.pool import Pool, Throttled


class FakeEnvironment:
    """An environment without a process: the test sets `started` and `done`."""

    created: ClassVar[list["FakeEnvironment"]] = []

    def __init__(self, *_: object) -> None:
        FakeEnvironment.created.append(self)
        self.name = f"#{len(FakeEnvironment.created)}"
        self.retired = False
        self.alive = True
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done = asyncio.Event()

    async def start(self, _: object) -> None:
        await self.started

    async def invoke(self, _: LambdaInvocation) -> None:
        while not self.done.is_set():  # Each time it is set it ends one.
            await self.done.wait()
        self.done.clear()

    async def stop(self) -> None:
        self.alive = False
        self.done.set()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(pools, "Environment", FakeEnvironment)
    monkeypatch.setattr(pools, "_IDLE_TIMEOUT", 0)
    FakeEnvironment.created = []
    return Pool(load().url_function(), "python", {}, 2, lambda *_: None)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - it yields to the other tasks
        await asyncio.sleep(0)


async def request_waiting(pool: Pool, environments: int) -> "asyncio.Task[pools.RunningInvocation]":
    """A request that waits for an environment, when so many are being started."""
    task = asyncio.create_task(pool.invoke(b"{}"))
    await until(lambda: len(FakeEnvironment.created) == environments)
    return task


async def busy_environment(pool: Pool) -> FakeEnvironment:
    """The first environment, while it runs an invocation."""
    task = await request_waiting(pool, 1)
    FakeEnvironment.created[0].started.set_result(None)
    await task
    return FakeEnvironment.created[0]


async def test_a_request_that_waits_takes_an_environment_that_becomes_idle(pool: Pool) -> None:
    first = await busy_environment(pool)
    second = await request_waiting(pool, 2)
    first.done.set()
    assert (await second).environment == "#1"

    FakeEnvironment.created[1].started.set_result(None)
    assert (await pool.invoke(b"{}")).environment == "#2"


async def test_at_the_limit_a_request_is_refused_though_others_start(pool: Pool) -> None:
    await busy_environment(pool)
    await request_waiting(pool, 2)
    with pytest.raises(Throttled, match="2 environments are busy"):
        await pool.invoke(b"{}")


async def test_a_failed_start_fails_its_own_request_only(pool: Pool) -> None:
    first = await busy_environment(pool)
    second = await request_waiting(pool, 2)
    FakeEnvironment.created[1].started.set_exception(InitFailed("no"))
    with pytest.raises(InitFailed):
        await second
    first.done.set()
    assert (await pool.invoke(b"{}")).environment == "#1"


async def test_an_environment_that_was_starting_is_replaced_too(pool: Pool) -> None:
    waiting = await request_waiting(pool, 1)
    await pool.replace()
    FakeEnvironment.created[0].started.set_result(None)
    await until(lambda: len(FakeEnvironment.created) == 2)
    FakeEnvironment.created[1].started.set_result(None)
    assert (await waiting).environment == "#2"
    assert not FakeEnvironment.created[0].alive


async def test_a_replaced_environment_is_not_reused(pool: Pool) -> None:
    first = await busy_environment(pool)
    await pool.replace()
    first.done.set()
    await until(lambda: not first.alive)
    again = await request_waiting(pool, 2)
    FakeEnvironment.created[1].started.set_result(None)
    assert (await again).environment == "#2"


async def test_stopping_ends_running_and_starting_environments(pool: Pool) -> None:
    first = await busy_environment(pool)
    waiting = await request_waiting(pool, 2)
    await pool.stop()
    assert not first.alive
    assert not FakeEnvironment.created[1].alive
    waiting.cancel()


async def test_a_replaced_environment_is_stopped_once_all_it_runs_has_ended(pool: Pool) -> None:
    pool._concurrency = 2
    tasks = [asyncio.create_task(pool.invoke(b"{}")) for _ in range(2)]
    await until(lambda: len(FakeEnvironment.created) == 1)
    first = FakeEnvironment.created[0]
    first.started.set_result(None)
    running = [await task for task in tasks]
    assert {one.environment for one in running} == {"#1"}
    await pool.replace()
    first.done.set()
    await until(lambda: pool.busy == 1)
    assert first.alive
    first.done.set()
    await until(lambda: not first.alive)
