"""Cases of every kind are survived; `make chaos` runs as many as wanted."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from tests.chaos import stack
from tests.chaos.cases import Case, draw_cases
from tests.chaos.report import CaseResult
from tests.chaos.runner import run_cases

SEED = 20
CASES = sorted(draw_cases(40, SEED), key=lambda case: case.pace != "slow")
"""Slow cases first, so that the others run beside them."""
CONCURRENCY = 4


@pytest.fixture(scope="module")
def case_results() -> Iterator[dict[str, CaseResult]]:
    """All cases, run concurrently on one stack."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    yield asyncio.run(_run_all())
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)


async def _run_all() -> dict[str, CaseResult]:
    async with stack.running(8 * CONCURRENCY, lambda _: None) as chaos_stack:
        found = await run_cases(chaos_stack, CASES, CONCURRENCY, lambda _: None)
    return {result.case.name: result for result in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_survived(case: Case, case_results: dict[str, CaseResult]) -> None:
    assert list(case_results[case.name].violations) == []


def test_a_fault_took_effect_in_nearly_all_cases(case_results: dict[str, CaseResult]) -> None:
    """A kill or a cancel may come after the end of the answer."""
    untouched = [name for name, result in case_results.items() if not result.fault_count]
    assert len(untouched) <= 3, untouched
