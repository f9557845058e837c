"""What a model call costs, from a table with a date: `prices.json`."""

import json
from functools import cache
from pathlib import Path

from waypost.events import Usage


def cost(model: str, usage: Usage) -> float | None:
    """US dollars, or None where the table has no such model.

    Args:
        model: A model id, an inference profile of one (`us.amazon.…`), or an ARN of either.
    """
    name = model.rpartition("/")[2]
    price = _prices().get(name) or _prices().get(name.partition(".")[2])
    if price is None:
        return None
    millionths = (
        usage.input_tokens * price["input"]
        + usage.output_tokens * price["output"]
        + usage.cache_read_tokens * price["cache_read"]
        + usage.cache_write_tokens * price["cache_write"]
    )
    return round(millionths / 1_000_000, 9)


@cache
def _prices() -> dict[str, dict[str, float]]:
    table = json.loads(Path(__file__).with_name("prices.json").read_text())
    models: dict[str, dict[str, float]] = table["models"]
    return models
