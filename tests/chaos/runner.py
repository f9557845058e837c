"""Runs cases and checks the invariants after each, several at once."""

import asyncio
import time
from collections.abc import Callable, Sequence

from tests.chaos import invariants, stored_journal
from tests.chaos.case_run import CaseRun
from tests.chaos.cases import Case
from tests.chaos.client import ClientGaveUp
from tests.chaos.report import CaseResult
from tests.chaos.stack import ChaosStack
from waypost.errors import raised_at

CASE_TIMEOUT = 240.0
"""Seconds that a case may take."""


async def run_case(chaos_stack: ChaosStack, case: Case) -> CaseResult:
    """Runs a case and checks the invariants."""
    began = time.monotonic()
    case_run = CaseRun(chaos_stack, case)
    try:
        async with asyncio.timeout(CASE_TIMEOUT):
            record = await case_run.run()
            found = await invariants.violations(chaos_stack, case_run.client, record)
    except TimeoutError:
        found = [f"it was not over after {CASE_TIMEOUT:g} seconds"]
    except ClientGaveUp as error:
        found = [str(error)]
    except Exception as error:
        # An answer of an unexpected shape; the other cases go on.
        found = [f"{error!r} at {raised_at(error)}"]
    finally:
        await stored_journal.delete_tenant(chaos_stack, case_run.record.tenant)
    seconds = time.monotonic() - began
    return CaseResult(
        case, case_run.record.fault_count, tuple(found), seconds, tuple(case_run.record.chain)
    )


async def run_cases(
    chaos_stack: ChaosStack,
    cases: Sequence[Case],
    concurrency: int,
    on_result: Callable[[CaseResult], None],
) -> list[CaseResult]:
    """The results in the cases' order; `on_result` gets each as it comes."""
    limit = asyncio.Semaphore(concurrency)

    async def one(case: Case) -> CaseResult:
        async with limit:
            result = await run_case(chaos_stack, case)
        on_result(result)
        return result

    return list(await asyncio.gather(*map(one, cases)))
