"""A few batches survive what is drawn for them; `make chaos-batch` runs as many as wanted."""

import asyncio
import logging
from typing import Any

import pytest

from tests.chaos.batch import invariants, stack
from tests.chaos.batch.cases import WAYS, BatchCase, draw_batch
from tests.chaos.batch.runner import BatchCaseRun, run_batches
from tests.chaos.model_script import question, script_for

pytestmark = pytest.mark.server
CASES = [next(c for c in map(draw_batch, range(100)) if c.way == way) for way in WAYS]
SMALL = BatchCase(1, "file", ("batch:1:0", b"no json"), (), {})


def test_a_batch_is_survived() -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    found = asyncio.run(_run_all())
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)

    assert {result.case.seed: result.violations for result in found if result.violations} == {}
    assert sum(result.hits for result in found) > len(found)


async def _run_all() -> list[BatchCaseRun]:
    async with stack.running(lambda _: None) as chaos_stack:
        return await run_batches(chaos_stack, CASES, len(CASES), lambda _: None)


def results(**changed: Any) -> list[dict[str, Any]]:
    answered = {
        "line": 1,
        "state": "answered",
        "question": question("batch:1:0"),
        "answer": script_for("batch:1:0").answer,
        "run_id": "run_1",
        "cost_usd": 0.5,
    }
    rejected = {"line": 2, "state": "rejected", "reason": "not_json", "question": ""}
    return [{**answered, **changed}, rejected]


def head(**changed: Any) -> dict[str, Any]:
    counts = dict.fromkeys(["failed", "cancelled", "skipped"], 0) | {"answered": 1, "rejected": 1}
    return {"id": "b", "total": 2, "counts": counts, "cost_usd": 0.5, **changed}


def test_a_sound_batch_has_no_violation() -> None:
    assert invariants.of_file(SMALL, head(), results()) == []


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        (head(), results()[:1]),
        (head(), [*results(), *results()]),
        (head(), results()[::-1]),
        (head(), results(answer="half")),
        (head(), results(answer=f"{script_for('batch:1:0').answer} twice")),
        (head(), results(state="failed")),
        (head(), results(state="failed", reason="worker_died")),
        (head(), results(state="rejected", reason="not_json")),
        (head(total=3), results()),
        (head(cost_usd=0.4), results()),
        (head(counts={**head()["counts"], "answered": 2}), results()),
    ],
)
def test_a_batch_that_is_not_sound_is_found(shown: dict[str, Any], written: list[Any]) -> None:
    assert invariants.of_file(SMALL, shown, written) != []
