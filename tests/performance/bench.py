"""`make bench`: the runtime against its peers, round by round, as ratios.

Each round starts every contestant afresh, one after the other, so that a machine that is slow for
a while is slow for all of them. A ratio is of two figures of the same round. Where a contestant
fails or takes longer than a minute, the others' figures are told, and the exit status is 1.
"""

import argparse
import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.performance.contestants import (
    BufferedContestant,
    LambdaContestant,
    TimedResponse,
    UvicornContestant,
)
from tests.performance.failures import Failures

CHUNKS = 30_000
PACED = 100
PAUSE = 0.01
WARM = 50
MEGABYTES = 20
SLOW = 0.002
TIMEOUT = 60

Figures = dict[str, float]
Contestant = type[LambdaContestant] | type[UvicornContestant]


@dataclass(frozen=True)
class FigureRow:
    """A figure, its unit, and the ratio to uvicorn that it should stay below."""

    name: str
    unit: str
    scale: float = 1.0
    target: float | None = None


ROWS = (
    FigureRow("start-up", "ms", 1000, 0.9),
    FigureRow("first event after spawn", "ms", 1000, 0.75),
    FigureRow("first event, warm", "ms", 1000, 0.75),
    FigureRow("chunk latency, paced", "ms", 1000),
    FigureRow("CPU per chunk", "µs", 1e6),
    FigureRow("memory, idle", "MB"),
    FigureRow("memory, peak over 20 MB", "MB"),
    FigureRow("memory growth over 20 MB", "MB"),
)


async def measure(contestant: Contestant, figures: Figures) -> None:
    """Fills in one figure after the other."""
    async with contestant.running() as one:
        figures["start-up"] = one.startup
        first = await one.ask("/stream?count=1")
        figures["first event after spawn"] = one.startup + first.first
        warm = [(await one.ask("/stream?count=1")).first for _ in range(WARM)]
        figures["first event, warm"] = median(warm)
        figures["memory, idle"] = one.process.memory("VmRSS")
        before = one.process.cpu
        await one.ask(f"/stream?count={CHUNKS}")
        figures["CPU per chunk"] = (one.process.cpu - before) / CHUNKS
        if contestant.streams:
            paced = await one.ask(f"/stream?count={PACED}&pause={PAUSE}", keep=True)
            figures["chunk latency, paced"] = median(_latencies(paced))
            await one.ask(f"/large?megabytes={MEGABYTES}", pause=SLOW)
            figures["memory, peak over 20 MB"] = one.process.memory("VmHWM")
            grown = figures["memory, peak over 20 MB"] - figures["memory, idle"]
            figures["memory growth over 20 MB"] = max(grown, 0.0)


def _latencies(timed: TimedResponse) -> list[float]:
    """Seconds from the writing of each chunk to its arrival."""
    found: list[float] = []
    for arrived, data in timed.arrivals:
        found += [arrived - float(at) for at in re.findall(rb"data: \d+ ([\d.]+)\n", data)]
    return found or [0.0]


CONTESTANTS: list[Contestant] = [LambdaContestant, UvicornContestant, BufferedContestant]


async def run(rounds: int, contestants: list[Contestant] = CONTESTANTS) -> None:
    failures = Failures()
    results: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        first = number % len(contestants)
        for contestant in contestants[first:] + contestants[:first]:
            _print(f"round {number + 1} of {rounds}: {contestant.name}\r")
            figures: Figures = {}
            results[contestant.name].append(figures)
            async with failures.contained(f"{contestant.name}, round {number + 1}", TIMEOUT):
                await measure(contestant, figures)
    ours, *peers = (results[contestant.name] for contestant in contestants)
    for contestant, figures_of_peer in zip(contestants[1:], peers, strict=True):
        _table(ours, figures_of_peer, contestant.name)
    failures.exit()


def _table(ours: list[Figures], peers: list[Figures], peer: str) -> None:
    _print(f"\nwaypost_runtime against {peer}, medians of {len(ours)} rounds\n")
    _print(f"{'':<26} {'ours':>10} {'theirs':>10}   {'ratio':>6}  min to max\n")
    for row in ROWS:
        left, right = ([one[row.name] for one in side if row.name in one] for side in (ours, peers))
        if not (left or right):
            continue
        ratios = sorted(
            a[row.name] / b[row.name]
            for a, b in zip(ours, peers, strict=True)
            if row.name in a and b.get(row.name)
        )
        line = f"{row.name:<26} {_median(left, row)} {_median(right, row)}"
        if ratios:
            line += f"   {median(ratios):>5.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}"
        if row.target and peer == UvicornContestant.name:
            line += f"  (target ≤ {row.target})"
        _print(line + "\n")


def _median(figures: list[float], row: FigureRow) -> str:
    shown = f"{median(figures) * row.scale:.2f}" if figures else "-"
    return f"{shown:>7} {row.unit}"


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    asyncio.run(run(parser.parse_args().rounds))
