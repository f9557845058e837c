"""A few dozen drawn cases, each survived; the same that `make chaos` plays by the thousand."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from tests.chaos import stack
from tests.chaos.cases import KINDS, Case, drawn
from tests.chaos.judge import judge_all
from tests.chaos.report import Verdict

SEED = 20
CASES = sorted(drawn(len(KINDS), SEED), key=lambda case: case.pace != "slow")
"""The longest one first, so that nobody waits for it at the end."""
AT_ONCE = 4


@pytest.fixture(scope="module")
def verdicts() -> Iterator[dict[str, Verdict]]:
    """All cases, played side by side on one stack."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    yield asyncio.run(_played())
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)


async def _played() -> dict[str, Verdict]:
    async with stack.running(8 * AT_ONCE, lambda _: None) as world:
        found = await judge_all(world, CASES, AT_ONCE, lambda _: None)
    return {verdict.case.name: verdict for verdict in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_a_case_is_survived(case: Case, verdicts: dict[str, Verdict]) -> None:
    assert list(verdicts[case.name].found) == []


def test_something_has_gone_wrong_in_nearly_all_of_them(verdicts: dict[str, Verdict]) -> None:
    """A kill or a cancel may come when the answer is over already."""
    untouched = [name for name, verdict in verdicts.items() if not verdict.struck]
    assert len(untouched) <= 3, untouched
