"""One case from its beginning to its verdict, and many of them side by side."""

import asyncio
import time
from collections.abc import Callable, Sequence

from tests.chaos import checks, ledger
from tests.chaos.cases import Case
from tests.chaos.client import GivenUp
from tests.chaos.play import Play
from tests.chaos.report import Verdict
from tests.chaos.stack import World
from waypost.errors import raised_at

LONGEST = 240.0
"""Seconds after which a case is hopeless."""


async def judge(world: World, case: Case) -> Verdict:
    """Plays a case and checks what is left of it."""
    began = time.monotonic()
    play = Play(world, case)
    try:
        async with asyncio.timeout(LONGEST):
            story = await play.run()
            found = await checks.violations(world, play.client, story)
    except TimeoutError:
        found = [f"it was not over after {LONGEST:g} seconds"]
    except GivenUp as error:
        found = [str(error)]
    except Exception as error:
        # An answer of a shape that no check expects; the others go on.
        found = [f"{error!r} at {raised_at(error)}"]
    finally:
        await ledger.forget(world, play.story.tenant)
    seconds = time.monotonic() - began
    return Verdict(case, play.story.struck, tuple(found), seconds, tuple(play.story.chain))


async def judge_all(
    world: World, cases: Sequence[Case], at_once: int, tell: Callable[[Verdict], None]
) -> list[Verdict]:
    """Verdicts in the cases' order; each is told as it comes."""
    turn = asyncio.Semaphore(at_once)

    async def one(case: Case) -> Verdict:
        async with turn:
            verdict = await judge(world, case)
        tell(verdict)
        return verdict

    return list(await asyncio.gather(*map(one, cases)))
