"""Steps of a run, each an item: what went in and what came out is JSON text, which is exact.

DynamoDB's own numbers have 38 digits and its maps 32 levels; JSON has neither bound.
"""

import json

from waypost.json_values import dumped as json_dumped
from waypost.records import Step
from waypost.store.keys import TenantKeys
from waypost.store.table import Values, dumped

MAX_CONTENT_BYTES = 150_000
"""Bytes of what went into a step, and of what came out: both fit into one item."""
_CONTENT = ("input", "output")


def step_item(
    keys: TenantKeys, thread_id: str, number: int, step: Step, *, content: bool = True
) -> Values:
    """Args: content: Whether what went in and came out is stored too."""
    item = {**keys.step(thread_id, step.run_id, number), **dumped(step)}
    for name in _CONTENT:
        value = item.pop(name, None)
        if content and value is not None:
            item[f"{name}_json"] = json_dumped(value, MAX_CONTENT_BYTES)
    return item


def step(item: Values) -> Step:
    """Also of an item whose content is a map, as earlier versions have written it."""
    texts = {name: item.get(f"{name}_json") for name in _CONTENT}
    parsed = {name: json.loads(text) for name, text in texts.items() if text is not None}
    return Step.model_validate({**item, **parsed})
