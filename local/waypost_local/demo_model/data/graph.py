"""How tables hang together: the shortest way from one to another along keys."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from waypost_local.demo_model.data.schema import Column, Schema

_BACK = 1.25
"""Going from a row to the many that refer to it costs more than going the other way."""


@dataclass(frozen=True)
class JoinStep:
    """From one table to the next. `up` goes from a row to the one that it refers to."""

    table: str
    own: str
    other: str
    target: str
    up: bool


Path = tuple[JoinStep, ...]


def path(schema: Schema, start: str, end: str) -> Path | None:
    """The cheapest steps from `start` to `end`, or None where there are none."""
    if not any(table.name == start for table in schema.tables):
        return None
    heap: list[tuple[float, int, str, Path]] = [(0.0, 0, start, ())]
    done: set[str] = set()
    count = 0
    while heap:
        cost, _, table, steps = heapq.heappop(heap)
        if table == end:
            return steps
        if table in done:
            continue
        done.add(table)
        for place, step in enumerate(_steps(schema, table)):
            count += 1
            more = (1.0 if step.up else _BACK) + place * 0.001
            heapq.heappush(heap, (cost + more, count, step.target, (*steps, step)))
    return None


def is_up(steps: Path | None) -> bool:
    """Whether each row at the start meets one row at the end at most."""
    return steps is not None and all(step.up for step in steps)


def distance(schema: Schema, start: str, end: str) -> float:
    steps = path(schema, start, end)
    if steps is None:
        return 99.0
    return sum(1.0 if step.up else _BACK for step in steps)


def self_reference(schema: Schema, table: str) -> Column | None:
    """The column by which rows of a table refer to rows of the same table."""
    columns = schema.table(table).columns
    return next((c for c in columns if c.references and c.references[0] == table), None)


def _steps(schema: Schema, table: str) -> Iterator[JoinStep]:
    for column in schema.table(table).columns:
        if column.references and column.references[0] != table:
            target, key = column.references
            yield JoinStep(table, column.name, key, target, up=True)
    for other in schema.tables:
        for column in other.columns:
            if column.references and column.references[0] == table and other.name != table:
                yield JoinStep(table, column.references[1], column.name, other.name, up=False)
