"""`make bench`: the runtime against its peers, round by round, as ratios.

Each round starts every contestant afresh, one after the other, so that a machine that is slow for
a while is slow for all of them. A ratio is of two figures of the same round.
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

CHUNKS = 30_000
PACED = 100
PAUSE = 0.01
WARM = 50
MEGABYTES = 20
SLOW = 0.002
TIMEOUT = 60

Figures = dict[str, float]


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


async def measure(contestant: type[LambdaContestant] | type[UvicornContestant]) -> Figures:
    async with contestant.running() as one:
        figures: Figures = {"start-up": one.startup}
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
        return figures


def _latencies(timed: TimedResponse) -> list[float]:
    """Seconds from the writing of each chunk to its arrival."""
    found: list[float] = []
    for arrived, data in timed.arrivals:
        found += [arrived - float(at) for at in re.findall(rb"data: \d+ ([\d.]+)\n", data)]
    return found or [0.0]


async def run(rounds: int) -> None:
    contestants: list[type[LambdaContestant] | type[UvicornContestant]] = [
        LambdaContestant,
        UvicornContestant,
        BufferedContestant,
    ]
    results: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds):
        for contestant in contestants[number % 3 :] + contestants[: number % 3]:
            _print(f"round {number + 1} of {rounds}: {contestant.name}\r")
            async with asyncio.timeout(TIMEOUT):
                results[contestant.name].append(await measure(contestant))
    for peer in (UvicornContestant.name, BufferedContestant.name):
        _table(results[LambdaContestant.name], results[peer], peer)


def _table(ours: list[Figures], peers: list[Figures], peer: str) -> None:
    _print(f"\nwaypost_runtime against {peer}, medians of {len(ours)} rounds\n")
    _print(f"{'':<26} {'ours':>10} {'theirs':>10}   {'ratio':>6}  min to max\n")
    for row in ROWS:
        pairs = [
            (a[row.name], b[row.name])
            for a, b in zip(ours, peers, strict=True)
            if row.name in a and row.name in b
        ]
        if not pairs:
            continue
        left, right = (median(side) * row.scale for side in zip(*pairs, strict=True))
        ratios = sorted(a / b for a, b in pairs if b > 0)
        line = f"{row.name:<26} {left:>7.2f} {row.unit} {right:>7.2f} {row.unit}"
        if ratios:
            line += f"   {median(ratios):>5.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}"
        if row.target and peer == UvicornContestant.name:
            line += f"  (target ≤ {row.target})"
        _print(line + "\n")


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    asyncio.run(run(parser.parse_args().rounds))
