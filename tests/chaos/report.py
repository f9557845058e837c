"""How many of each kind were survived, and what was lost or repeated."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cases import KINDS, Case
from tests.chaos.client import Reading


@dataclass(frozen=True)
class Verdict:
    """`struck` tells how often something went wrong; `found` what did not hold after it."""

    case: Case
    struck: int
    found: tuple[str, ...]
    seconds: float
    runs: tuple[Reading, ...] = ()

    @property
    def ended(self) -> str:
        """How the question's own run has ended, before anything went on with it."""
        if not self.runs or not self.runs[0].over:
            return "unknown"
        end = self.runs[0].end
        return str(end.get("code") or end["type"].removeprefix("run."))


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    drawn, struck, survived = Counter[str](), Counter[str](), Counter[str]()
    ended: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for verdict in verdicts:
        drawn[verdict.case.kind] += 1
        struck[verdict.case.kind] += bool(verdict.struck)
        survived[verdict.case.kind] += not verdict.found
        ended[verdict.case.kind][verdict.ended] += 1
    yield f"{'kind':14} {'drawn':>6} {'struck':>7} {'survived':>9}  the run ended"
    for kind in KINDS:
        if drawn[kind]:
            ends = ", ".join(f"{end} {n}" for end, n in ended[kind].most_common())
            yield f"{kind:14} {drawn[kind]:6} {struck[kind]:7} {survived[kind]:9}  {ends}"
    sums = drawn.total(), struck.total(), survived.total()
    yield f"{'all':14} {sums[0]:6} {sums[1]:7} {sums[2]:9}"


def failures(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        if verdict.found:
            yield f"{verdict.case.name}  (make chaos CASE={verdict.case.name})"
            yield from (f"    {what}" for what in verdict.found)


def keep(verdict: Verdict, folder: Path) -> None:
    """Writes what the client has seen of each run of a case, an event a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, reading in enumerate(verdict.runs):
        lines = [json.dumps(event, ensure_ascii=False) for event in reading.events]
        dropped = [f"dropped: {json.dumps(event)}" for event in reading.before]
        name = f"{verdict.case.kind}-{verdict.case.seed}-{number}.jsonl"
        (folder / name).write_text("\n".join([*dropped, *lines]), encoding="utf-8")
