"""The report: how many cases of each kind were survived, and the violations of the others."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cases import KINDS, Case
from tests.chaos.client import ClientRun


@dataclass(frozen=True)
class CaseResult:
    """`fault_count` is how many faults took effect, `violations` what did not hold afterwards."""

    case: Case
    fault_count: int
    violations: tuple[str, ...]
    seconds: float
    runs: tuple[ClientRun, ...] = ()

    @property
    def ended(self) -> str:
        """How the question's own run ended, before any continuation."""
        if not self.runs or not self.runs[0].over:
            return "unknown"
        end = self.runs[0].end
        return str(end.get("code") or end["type"].removeprefix("run."))


def table(results: Sequence[CaseResult]) -> Iterator[str]:
    drawn, hit, survived = Counter[str](), Counter[str](), Counter[str]()
    ended: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for result in results:
        drawn[result.case.kind] += 1
        hit[result.case.kind] += bool(result.fault_count)
        survived[result.case.kind] += not result.violations
        ended[result.case.kind][result.ended] += 1
    yield f"{'kind':14} {'drawn':>6} {'hit':>7} {'survived':>9}  the run ended"
    for kind in KINDS:
        if drawn[kind]:
            ends = ", ".join(f"{end} {n}" for end, n in ended[kind].most_common())
            yield f"{kind:14} {drawn[kind]:6} {hit[kind]:7} {survived[kind]:9}  {ends}"
    sums = drawn.total(), hit.total(), survived.total()
    yield f"{'all':14} {sums[0]:6} {sums[1]:7} {sums[2]:9}"


def failures(results: Sequence[CaseResult]) -> Iterator[str]:
    for result in results:
        if result.violations:
            yield f"{result.case.name}  (make chaos CASE={result.case.name})"
            yield from (f"    {violation}" for violation in result.violations)


def write_events(result: CaseResult, folder: Path) -> None:
    """Writes the events of each run of a case as the client received them, one a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, client_run in enumerate(result.runs):
        lines = [json.dumps(event, ensure_ascii=False) for event in client_run.events]
        dropped = [f"dropped: {json.dumps(event)}" for event in client_run.dropped]
        name = f"{result.case.kind}-{result.case.seed}-{number}.jsonl"
        (folder / name).write_text("\n".join([*dropped, *lines]), encoding="utf-8")
