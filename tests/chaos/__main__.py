"""`make chaos`: draws cases from a seed, runs them, and reports which were survived."""

import argparse
import asyncio
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from tests.chaos import report, stack
from tests.chaos.cases import KINDS, Case, draw_case, draw_cases
from tests.chaos.report import CaseResult
from tests.chaos.runner import run_cases

_ENVIRONMENTS = 8
"""Environments for each concurrent case: its readers and its cancel requests need one each."""


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    # The local Bedrock server breaks responses off on purpose, and uvicorn logs each.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    cases = _cases(options)
    # A repeated case asks the same question: one after the other.
    concurrency = 1 if options.case else options.concurrency
    began = time.monotonic()
    with (options.log or Path(os.devnull)).open("w", encoding="utf-8") as log:
        written = partial(_write_to, log)
        results = asyncio.run(_run_all(cases, concurrency, written))
    _write("")
    for line in (*report.table(results), "", *report.failures(results)):
        _write(line)
    for result in filter(lambda result: result.violations and options.keep, results):
        report.write_events(result, options.keep)
    lost = sum(bool(result.violations) for result in results)
    _write(f"{len(results)} cases, {lost} not survived, {time.monotonic() - began:.0f} s.")
    return 1 if lost else 0


async def _run_all(
    cases: Sequence[Case], concurrency: int, log: Callable[[str], None]
) -> list[CaseResult]:
    async with stack.running(_ENVIRONMENTS * concurrency, log) as chaos_stack:
        return await run_cases(chaos_stack, cases, concurrency, _progress(len(cases)))


def _progress(count: int) -> Callable[[CaseResult], None]:
    done = 0

    def on_result(result: CaseResult) -> None:
        nonlocal done
        done += 1
        outcome = (
            "NOT SURVIVED"
            if result.violations
            else "survived"
            if result.fault_count
            else "untouched"
        )
        _write(f"{done:5}/{count}  {result.case.name:22} {outcome:13} {result.seconds:5.1f} s")
        for violation in result.violations:
            _write(f"             {violation}")

    return on_result


def _cases(options: argparse.Namespace) -> list[Case]:
    if options.case:
        return [options.case] * options.times
    if options.kind:
        rng = random.Random(options.seed)
        return [draw_case(options.kind, rng.randrange(1_000_000)) for _ in range(options.cases)]
    return draw_cases(options.cases, options.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make chaos",
        description="Faults drawn from a seed, end to end over the local stack. After each it is "
        "checked that no text was lost or repeated, no tool ran twice, and the thread continues. "
        "With make, an option is a variable: N=1000 SEED=1 CONCURRENCY=4, CASE=<kind>:<seed>, "
        'and others in FLAGS="…".',
    )
    add = parser.add_argument
    add("--cases", type=int, default=100, metavar="N", help="how many (%(default)s)")
    add("--seed", type=int, default=1, help="what they are drawn from (%(default)s)")
    add("--concurrency", type=int, default=4, metavar="N", help="at once (%(default)s)")
    add("--kind", choices=KINDS, help="only this kind")
    add("--case", type=_case, metavar="KIND:SEED", help="only this case")
    add("--times", type=int, default=1, metavar="N", help="the case so often (%(default)s)")
    add("--keep", type=Path, metavar="FOLDER", help="where to write the events of what was lost")
    add("--log", type=Path, metavar="FILE", help="where to write all that the functions log")
    return parser


def _case(text: str) -> Case:
    kind, _, seed = text.partition(":")
    if kind not in KINDS or not seed.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(KINDS)} and a seed")
    return draw_case(kind, int(seed))


def _write_to(file: TextIO, line: str) -> None:
    file.write(f"{line}\n")
    file.flush()


_write = partial(_write_to, sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
