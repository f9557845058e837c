"""What is known of models: prices, windows, and whether they cache a prompt's beginning.

Every function takes a model as Bedrock does: a model id, an inference profile of one
(`us.amazon.…`), or an ARN of either. The facts are in `catalogue.json`, each with its date.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from waypost.events import Usage

_UNKNOWN_WINDOW = 8_000
_GEOGRAPHIES = frozenset(
    ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "sa", "mx", "me", "il", "af", "global"]
)
"""How the ids of inference profiles begin.
https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html"""

_REGIONS = {
    "us": ("us-east-", "us-west-", "ca-central-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-", "il-"),
    "apac": ("ap-", "me-"),
    "jp": ("ap-northeast-",),
    "au": ("ap-southeast-",),
    "ca": ("ca-",),
}
"""How the regions begin that have the inference profiles of a geography."""
_bases: dict[str, str] = {}


def cost(model: str, usage: Usage, factor: float = 1.0) -> float | None:
    """US dollars, or None where the model's price is not known.

    Args:
        factor: What is paid of the price on demand.
    """
    price = _facts(model).get("price")
    if price is None:
        return None
    millionths = (
        usage.input_tokens * price["input"]
        + usage.output_tokens * price["output"]
        + usage.cache_read_tokens * price["cache_read"]
        + usage.cache_write_tokens * price["cache_write"]
    )
    return float(round(factor * millionths / 1_000_000, 9))


def is_in(model: str, region: str) -> bool:
    """Whether a region may have an inference profile; one that is not known may be anywhere."""
    starts = _REGIONS.get(model.partition(".")[0])
    return starts is None or not region or region.startswith(starts)


def has_price(model: str) -> bool:
    return "price" in _facts(model)


def prices_as_of() -> str:
    """The date of the prices."""
    return str(_catalogue()["prices"]["as_of"])


def window(model: str) -> int:
    """Tokens that fit into a call, its answer included; 8,000 where that is not known."""
    found: int = _facts(model).get("window", _UNKNOWN_WINDOW)
    return found


def history_tokens(models: Iterable[str]) -> int:
    """Tokens that earlier turns may have, whichever of `models` answers.

    Half of the smallest window: the other half is for the instructions with their context, the
    question and the answer.
    """
    return min(map(window, models)) // 2


def caches_prefix(model: str) -> bool:
    """Whether the beginning of a prompt may be marked as one to cache.

    A model that cannot cache refuses a request that marks a prefix. A prefix shorter than the
    model's minimum, 1,000 to 4,096 tokens, is read as if it were not marked.
    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    """
    return base_model(model).startswith(tuple(_catalogue()["prefix_caching"]))


def streams_tools(model: str) -> bool:
    """Whether a call with tools can be streamed; a model that is not known is taken to.

    https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
    """
    return not base_model(model).startswith(tuple(_catalogue()["tools_in_one_piece"]))


def know(model: str, base: str) -> None:
    """Says which model is behind an application inference profile: its ARN does not."""
    _bases[model] = base


def base_model(model: str) -> str:
    """The model id: `us.amazon.nova-lite-v1:0` → `amazon.nova-lite-v1:0`.

    A model that is known is found behind any prefix, also of a geography that is newer than this.
    """
    model = _bases.get(model, model)
    name = model.rpartition("/")[2]
    geography, _, rest = name.partition(".")
    is_profile = geography in _GEOGRAPHIES or rest in _catalogue()["models"]
    return rest if is_profile else name


def provider(model: str) -> str:
    """Who makes the model: `us.amazon.nova-lite-v1:0` → `amazon`; "" where that is not known."""
    maker, dot, _ = base_model(model).partition(".")
    return maker if dot else ""


def _facts(model: str) -> dict[str, Any]:
    models: dict[str, dict[str, Any]] = _catalogue()["models"]
    return models.get(base_model(model), {})


@cache
def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("catalogue.json").read_text())
    return found
