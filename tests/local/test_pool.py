"""Which environment a request gets, when several ask at once."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

import pytest

from tests.local.conftest import load
from waypost_local import pool as pools
from waypost_local.environment import InitFailed
from waypost_local.invocation import Invocation
from waypost_local.pool import Pool, Throttled


class Fake:
    """An environment without a process; the test says when it has started and when it is done."""

    made: ClassVar[list["Fake"]] = []

    def __init__(self, *_: object) -> None:
        Fake.made.append(self)
        self.name = f"#{len(Fake.made)}"
        self.retired = False
        self.alive = True
        self.up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done = asyncio.Event()

    async def start(self, _: object) -> None:
        await self.up

    async def invoke(self, _: Invocation) -> None:
        await self.done.wait()
        self.done.clear()

    async def stop(self) -> None:
        self.alive = False
        self.done.set()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(pools, "Environment", Fake)
    monkeypatch.setattr(pools, "_PATIENCE", 0)
    Fake.made = []
    return Pool(load().with_url(), "python", {}, 2, lambda *_: None)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - it only lets the others run
        await asyncio.sleep(0)


async def asked(pool: Pool, environments: int) -> "asyncio.Task[pools.Running]":
    """A request that waits, with so many environments started."""
    task = asyncio.create_task(pool.invoke(b"{}"))
    await until(lambda: len(Fake.made) == environments)
    return task


async def busy(pool: Pool) -> Fake:
    """The first environment, with a request."""
    task = await asked(pool, 1)
    Fake.made[0].up.set_result(None)
    await task
    return Fake.made[0]


async def test_whoever_waits_for_a_start_takes_what_comes_free_before(pool: Pool) -> None:
    first = await busy(pool)
    second = await asked(pool, 2)
    first.done.set()
    assert (await second).environment == "#1"

    Fake.made[1].up.set_result(None)
    assert (await pool.invoke(b"{}")).environment == "#2"


async def test_at_the_limit_a_request_is_refused_though_others_start(pool: Pool) -> None:
    await busy(pool)
    await asked(pool, 2)
    with pytest.raises(Throttled, match="2 environments are busy"):
        await pool.invoke(b"{}")


async def test_a_failed_start_fails_its_own_request_only(pool: Pool) -> None:
    first = await busy(pool)
    second = await asked(pool, 2)
    Fake.made[1].up.set_exception(InitFailed("no"))
    with pytest.raises(InitFailed):
        await second
    first.done.set()
    assert (await pool.invoke(b"{}")).environment == "#1"


async def test_what_was_starting_when_the_code_changed_is_started_again(pool: Pool) -> None:
    waiting = await asked(pool, 1)
    await pool.replace()
    Fake.made[0].up.set_result(None)
    await until(lambda: len(Fake.made) == 2)
    Fake.made[1].up.set_result(None)
    assert (await waiting).environment == "#2"
    assert not Fake.made[0].alive


async def test_a_replaced_environment_is_not_given_out_again(pool: Pool) -> None:
    first = await busy(pool)
    await pool.replace()
    first.done.set()
    await until(lambda: not first.alive)
    again = await asked(pool, 2)
    Fake.made[1].up.set_result(None)
    assert (await again).environment == "#2"


async def test_stopping_ends_what_runs_and_what_starts(pool: Pool) -> None:
    first = await busy(pool)
    waiting = await asked(pool, 2)
    await pool.stop()
    assert not first.alive
    assert not Fake.made[1].alive
    waiting.cancel()
