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

from tests.performance.contestants import Buffered, Lambda, Timed, Uvicorn

CHUNKS = 30_000
PACED = 100
PAUSE = 0.01
WARM = 50
MEGABYTES = 20
SLOW = 0.002
PATIENCE = 60

Figures = dict[str, float]


@dataclass(frozen=True)
class Row:
    """A figure, its unit, and what our ratio to uvicorn should stay below."""

    name: str
    unit: str
    scale: float = 1.0
    aim: float | None = None


ROWS = (
    Row("start-up", "ms", 1000, 0.9),
    Row("first event after spawn", "ms", 1000, 0.75),
    Row("first event, warm", "ms", 1000, 0.75),
    Row("chunk latency, paced", "ms", 1000),
    Row("CPU per chunk", "µs", 1e6),
    Row("memory, idle", "MB"),
    Row("memory, peak over 20 MB", "MB"),
    Row("memory growth over 20 MB", "MB"),
)


async def measure(kind: type[Lambda] | type[Uvicorn]) -> Figures:
    async with kind.running() as one:
        figures: Figures = {"start-up": one.startup}
        first = await one.ask("/stream?count=1")
        figures["first event after spawn"] = one.startup + first.first
        warm = [(await one.ask("/stream?count=1")).first for _ in range(WARM)]
        figures["first event, warm"] = median(warm)
        figures["memory, idle"] = one.process.memory("VmRSS")
        before = one.process.cpu
        await one.ask(f"/stream?count={CHUNKS}")
        figures["CPU per chunk"] = (one.process.cpu - before) / CHUNKS
        if kind.streams:
            paced = await one.ask(f"/stream?count={PACED}&pause={PAUSE}", keep=True)
            figures["chunk latency, paced"] = median(_latencies(paced))
            await one.ask(f"/large?megabytes={MEGABYTES}", pause=SLOW)
            figures["memory, peak over 20 MB"] = one.process.memory("VmHWM")
            grown = figures["memory, peak over 20 MB"] - figures["memory, idle"]
            figures["memory growth over 20 MB"] = max(grown, 0.0)
        return figures


def _latencies(timed: Timed) -> list[float]:
    """How long after it was written each chunk was seen."""
    found: list[float] = []
    for arrived, data in timed.arrivals:
        found += [arrived - float(at) for at in re.findall(rb"data: \d+ ([\d.]+)\n", data)]
    return found or [0.0]


async def run(rounds: int) -> None:
    kinds: list[type[Lambda] | type[Uvicorn]] = [Lambda, Uvicorn, Buffered]
    results: dict[str, list[Figures]] = {kind.name: [] for kind in kinds}
    for number in range(rounds):
        for kind in kinds[number % 3 :] + kinds[: number % 3]:
            _say(f"round {number + 1} of {rounds}: {kind.name}\r")
            async with asyncio.timeout(PATIENCE):
                results[kind.name].append(await measure(kind))
    for peer in (Uvicorn.name, Buffered.name):
        _table(results[Lambda.name], results[peer], peer)


def _table(ours: list[Figures], theirs: list[Figures], peer: str) -> None:
    _say(f"\nwaypost_runtime against {peer}, medians of {len(ours)} rounds\n")
    _say(f"{'':<26} {'ours':>10} {'theirs':>10}   {'ratio':>6}  min to max\n")
    for row in ROWS:
        pairs = [(a[row.name], b[row.name]) for a, b in zip(ours, theirs, strict=True)
                 if row.name in a and row.name in b]  # fmt: skip
        if not pairs:
            continue
        left, right = (median(side) * row.scale for side in zip(*pairs, strict=True))
        ratios = sorted(a / b for a, b in pairs if b > 0)
        line = f"{row.name:<26} {left:>7.2f} {row.unit} {right:>7.2f} {row.unit}"
        if ratios:
            line += f"   {median(ratios):>5.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}"
        if row.aim and peer == Uvicorn.name:
            line += f"  (aim ≤ {row.aim})"
        _say(line + "\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured")
    asyncio.run(run(parser.parse_args().rounds))
