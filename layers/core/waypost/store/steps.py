"""Steps of a run: what went in and what came out is JSON text, which is exact.

DynamoDB's own numbers have 38 digits and its maps 32 levels; JSON has neither bound. Steps lie in
the run's own item, as one text, or where that would be too long each in an item of its own.
"""

import json
from collections.abc import Sequence

from waypost.json_values import dumped as json_dumped
from waypost.records import Step
from waypost.store.keys import TenantKeys
from waypost.store.table import Values, dumped

MAX_CONTENT_BYTES = 150_000
"""Bytes of what went into a step, and of what came out: both fit into one item."""
_CONTENT = ("input", "output")
_TOGETHER = "steps_json"
_TOGETHER_BYTES = 200_000
"""Bytes of steps in the run's item at most."""


def step_item(
    keys: TenantKeys, thread_id: str, number: int, step: Step, *, content: bool = True
) -> Values:
    """Args: content: Whether what went in and came out is stored too."""
    return {**keys.step(thread_id, step.run_id, number), **_values(step, content=content)}


def together(steps: Sequence[Step], *, content: bool = True) -> Values | None:
    """Steps as an attribute of their run's item; None where they are too long for that."""
    text = json.dumps([_values(step, content=content) for step in steps], ensure_ascii=False)
    return {_TOGETHER: text} if len(text.encode()) <= _TOGETHER_BYTES else None


def steps_of(item: Values) -> list[Step]:
    """Those in a run's item."""
    return list(map(step, json.loads(item.get(_TOGETHER, "[]"))))


def _values(step: Step, *, content: bool) -> Values:
    values = dumped(step)
    for name in _CONTENT:
        value = values.pop(name, None)
        if content and value is not None:
            values[f"{name}_json"] = json_dumped(value, MAX_CONTENT_BYTES)
    return values


def step(item: Values) -> Step:
    """Also of an item whose content is a map, as earlier versions have written it."""
    texts = {name: item.get(f"{name}_json") for name in _CONTENT}
    parsed = {name: json.loads(text) for name, text in texts.items() if text is not None}
    return Step.model_validate({**item, **parsed})
