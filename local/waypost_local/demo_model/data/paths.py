"""Ways between tables along foreign keys, without one that only a shared parent gives.

A way goes down to tables that refer to the one before and then up to tables that are referred to:
technicians, their jobs, the jobs' customers. Up and down again, from a technician to their region
and to its customers, says nothing of a technician and a customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from waypost_local.demo_model.data.schema import Column, PromptTable, Schema

_LONGEST = 4


@dataclass(frozen=True)
class KeyStep:
    """From `source` to `target` over the foreign key `column` of one of them."""

    source: str
    target: str
    column: Column
    up: bool

    @property
    def key(self) -> str:
        assert self.column.references  # noqa: S101 - a foreign key has a target
        return self.column.references[1]


Path = tuple[KeyStep, ...]


def is_up(path: Path) -> bool:
    return all(step.up for step in path)


def ways(schema: Schema, source: str, target: str) -> list[Path]:
    """All ways, the shortest first."""
    found: list[Path] = []
    open_ways: list[Path] = [()]
    while open_ways:
        longer: list[Path] = []
        for way in open_ways:
            here = way[-1].target if way else source
            if here == target and (way or source == target):
                found.append(way)
            elif len(way) < _LONGEST:
                longer += [(*way, step) for step in _steps(schema, here, way)]
        open_ways = longer
    return found


def _steps(schema: Schema, here: str, way: Path) -> Iterable[KeyStep]:
    visited = {step.source for step in way} | {here}
    for column in schema.columns:
        if not column.references:
            continue
        parent = column.references[0]
        if column.table == here and parent not in visited:
            yield KeyStep(here, parent, column, up=True)
        if parent == here and column.table not in visited and not any(s.up for s in way):
            yield KeyStep(here, column.table, column, up=False)


def shortest(
    schema: Schema, source: PromptTable, target: PromptTable, via: Iterable[str] = ()
) -> list[Path]:
    """The shortest ways, of those that lead over the most of `via`."""
    found = ways(schema, source.name, target.name)
    if not found:
        return []
    wanted = set(via) - {source.name, target.name}
    over = [len(wanted & {step.target for step in way}) for way in found]
    found = [way for way, count in zip(found, over, strict=True) if count == max(over)]
    return [way for way in found if len(way) == len(found[0])]
