"""`make chaos`: draws cases from a seed, lets them happen, and says what was survived."""

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
from tests.chaos.cases import KINDS, Case, case, drawn
from tests.chaos.judge import judge_all
from tests.chaos.report import Verdict

_ENVIRONMENTS = 8
"""For each case at once: its readers, and those who cancel, need one each."""


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    # The stand-in breaks responses off on purpose, and its server says so each time.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    cases = _cases(options)
    # The same case again is the same question again: one after the other.
    at_once = 1 if options.case else options.concurrency
    began = time.monotonic()
    with (options.log or Path(os.devnull)).open("w", encoding="utf-8") as log:
        written = partial(_write_to, log)
        verdicts = asyncio.run(_judged(cases, at_once, written))
    _write("")
    for line in (*report.table(verdicts), "", *report.failures(verdicts)):
        _write(line)
    for verdict in filter(lambda v: v.found and options.keep, verdicts):
        report.keep(verdict, options.keep)
    lost = sum(bool(verdict.found) for verdict in verdicts)
    _write(f"{len(verdicts)} cases, {lost} not survived, {time.monotonic() - began:.0f} s.")
    return 1 if lost else 0


async def _judged(cases: Sequence[Case], at_once: int, log: Callable[[str], None]) -> list[Verdict]:
    async with stack.running(_ENVIRONMENTS * at_once, log) as world:
        return await judge_all(world, cases, at_once, _progress(len(cases)))


def _progress(count: int) -> Callable[[Verdict], None]:
    done = 0

    def tell(verdict: Verdict) -> None:
        nonlocal done
        done += 1
        how = "NOT SURVIVED" if verdict.found else "survived" if verdict.struck else "untouched"
        _write(f"{done:5}/{count}  {verdict.case.name:22} {how:13} {verdict.seconds:5.1f} s")
        for what in verdict.found:
            _write(f"             {what}")

    return tell


def _cases(options: argparse.Namespace) -> list[Case]:
    if options.case:
        return [options.case] * options.times
    if options.kind:
        rng = random.Random(options.seed)
        return [case(options.kind, rng.randrange(1_000_000)) for _ in range(options.cases)]
    return drawn(options.cases, options.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make chaos",
        description="Faults drawn from a seed, end to end over the local stack. After each it is "
        "checked that no word was lost or repeated, no tool ran twice, and the thread goes on. "
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
    return case(kind, int(seed))


def _write_to(file: TextIO, line: str) -> None:
    file.write(f"{line}\n")
    file.flush()


_write = partial(_write_to, sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
