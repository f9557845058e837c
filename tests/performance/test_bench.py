"""The bench tells the figures that it has, and which contestant failed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.performance import bench, bench_runs
from tests.performance.contestants import TimedResponse
from tests.performance.failures import Failures


class FixedProcess:
    cpu = 1.0

    def memory(self, name: str) -> float:
        return 40.0


class FixedContestant:
    """Starts in 0.2 s and answers in 0.1 s, as far as it says."""

    name = "fixed"
    streams = False
    startup = 0.2
    process = FixedProcess()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["FixedContestant"]:
        yield cls()

    async def ask(self, path: str, **_: Any) -> TimedResponse:
        return TimedResponse(0.1, 0.1)


class PeerContestant(FixedContestant):
    name = "peer"
    startup = 0.4


class HangingContestant(FixedContestant):
    """Answers its first request, and no other."""

    name = "hanging"

    async def ask(self, path: str, **_: Any) -> TimedResponse:
        if "count=1" not in path:
            await asyncio.Event().wait()
        return TimedResponse(0.3, 0.3)


class EndedContestant(FixedContestant):
    name = "ended"

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["FixedContestant"]:
        raise RuntimeError("the process ended with 1")
        yield cls()


async def run(contestants: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "TIMEOUT", 0.2)
    await bench.run(2, contestants)


async def test_a_contestant_that_hangs_leaves_the_other_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contestants = [FixedContestant, HangingContestant, EndedContestant, PeerContestant]

    with pytest.raises(SystemExit) as exited:
        await run(contestants, monkeypatch)

    assert exited.value.code == 1
    told = capsys.readouterr().out.split("\n")
    starts = [line.split() for line in told if line.startswith("start-up")]
    assert [row[1:6] for row in starts] == [
        ["200.00", "ms", "200.00", "ms", "1.00"],
        ["200.00", "ms", "-", "ms"],
        ["200.00", "ms", "400.00", "ms", "0.50"],
    ]
    cpu = [line.split()[3:] for line in told if line.startswith("CPU per chunk")]
    assert [row[2] for row in cpu] == ["-", "-", "0.00"]
    assert [line for line in told if line.startswith("failed: ")] == [
        "failed: hanging, round 1: not done within 0.2 s",
        "failed: ended, round 1: RuntimeError: the process ended with 1",
        "failed: hanging, round 2: not done within 0.2 s",
        "failed: ended, round 2: RuntimeError: the process ended with 1",
    ]


async def test_without_a_failure_the_bench_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await run([FixedContestant, PeerContestant], monkeypatch)

    told = capsys.readouterr().out
    assert "fixed, medians" not in told
    assert "against peer, medians of 2 rounds" in told
    assert "failed" not in told


async def test_figures_of_one_side_alone_have_no_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    results = [{"ours": 2.0}, {"ours": 4.0, "theirs": 8.0}]

    bench_runs.write_row(results, "both", "ours", "theirs", "s", 1)
    bench_runs.write_row(results, "one", "ours", "nobody's", "s", 1)

    both, one = capsys.readouterr().out.splitlines()
    assert both.split() == ["both", "4.00", "s", "8.00", "s", "0.50", "0.50", "to", "0.50"]
    assert one.split() == ["one", "not", "measured"]


async def test_a_defect_of_the_bench_itself_is_not_contained() -> None:
    failures = Failures()

    with pytest.raises(KeyError):
        async with failures.contained("x", 1):
            raise KeyError("name")

    assert failures.messages == []
