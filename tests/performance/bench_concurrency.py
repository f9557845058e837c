"""`make bench`: 32 paced streams at once, in one process and in a process each."""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.performance.bench_runs import write, write_row
from tests.performance.contestants import LambdaContestant, UvicornContestant
from tests.performance.failures import Failures

STREAMS = 32
CHUNKS = 200
PAUSE = 0.01
TIMEOUT = 120

Figures = dict[str, float]


class ManyAtOnce(LambdaContestant):
    """One process with a slot for each stream."""

    name = "one process"
    concurrency = STREAMS


async def measure(contestant: Any, processes: int) -> Figures:
    """CPU in seconds a chunk, memory in MB of all processes."""
    async with AsyncExitStack() as stack:
        running = [await stack.enter_async_context(contestant.running()) for _ in range(processes)]
        for one in running:
            await one.ask("/stream?count=1")
        before = sum(one.process.cpu for one in running)
        path = f"/stream?count={CHUNKS}&pause={PAUSE}"
        await asyncio.gather(*(running[n % processes].ask(path) for n in range(STREAMS)))
        return {
            "CPU per chunk": (sum(one.process.cpu for one in running) - before)
            / (STREAMS * CHUNKS),
            "memory": sum(one.process.memory("VmRSS") for one in running),
        }


async def run(rounds: int) -> None:
    contestants: dict[str, tuple[Any, int]] = {
        "one": (ManyAtOnce, 1),
        "a process each": (LambdaContestant, STREAMS),
        "uvicorn": (UvicornContestant, 1),
    }
    failures = Failures()
    results: list[Figures] = []
    for number in range(rounds):
        write(f"\r  {STREAMS} streams, round {number + 1} of {rounds}")
        figures: Figures = {}
        for name, (contestant, processes) in contestants.items():
            async with failures.contained(f"{name}, round {number + 1}", TIMEOUT):
                measured = await measure(contestant, processes)
                figures |= {f"{what}, {name}": value for what, value in measured.items()}
        results.append(figures)
    write(f"\r{STREAMS} paced streams in one process, medians of {rounds} rounds\n")
    for peer in ("a process each", "uvicorn"):
        for what, unit, scale in (("CPU per chunk", "\u00b5s", 1e6), ("memory", "MB", 1.0)):
            write_row(results, f"{what} / {peer}", f"{what}, one", f"{what}, {peer}", unit, scale)
    failures.exit()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    asyncio.run(run(parser.parse_args().rounds))
