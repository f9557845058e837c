"""`make chaos-batch`: draws batches and faults from a seed, and checks what follows."""

import argparse
import asyncio
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.chaos.batch import stack
from tests.chaos.batch.cases import BatchCase, draw_batch
from tests.chaos.batch.runner import BatchCaseRun, run_batches


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    rng = random.Random(options.seed)
    seeds = [options.case] if options.case else [rng.randrange(10**6) for _ in range(options.cases)]
    began = time.monotonic()
    with (options.log or Path(os.devnull)).open("w", encoding="utf-8") as log:

        def written(text: str) -> None:
            log.write(text + "\n")
            log.flush()

        results = asyncio.run(_run_all(list(map(draw_batch, seeds)), options.concurrency, written))
    lost = sum(bool(result.violations) for result in results)
    lines = sum(len(result.case.lines) for result in results)
    hits = sum(result.hits for result in results)
    seconds = time.monotonic() - began
    _write(
        f"{len(results)} batches of {lines} lines, {hits} faults, {lost} not survived, "
        f"{seconds:.0f} s."
    )
    return 1 if lost else 0


async def _run_all(
    cases: Sequence[BatchCase], concurrency: int, log: Callable[[str], None]
) -> list[BatchCaseRun]:
    async with stack.running(log) as chaos_stack:
        return await run_batches(chaos_stack, cases, concurrency, _report)


def _report(result: BatchCaseRun) -> None:
    kinds = " ".join(sorted(one.kind for one in result.case.happenings))
    outcome = "NOT SURVIVED" if result.violations else "survived"
    _write(
        f"{result.case.seed:7}  {result.case.way:7} {len(result.case.lines):3} lines  "
        f"{result.hits:3} faults  {outcome:13} {result.seconds:5.1f} s  {kinds}"
    )
    for violation in result.violations:
        _write(f"         {violation}")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos-batch", description=__doc__)
    parser.add_argument("--cases", type=int, default=20, metavar="N", help="how many batches")
    parser.add_argument("--seed", type=int, default=1, help="what they follow from")
    parser.add_argument("--case", type=int, metavar="SEED", help="one batch, by its own seed")
    parser.add_argument("--concurrency", type=int, default=4, help="batches at once")
    parser.add_argument("--log", type=Path, help="a file for what the functions log")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
