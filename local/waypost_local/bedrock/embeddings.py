"""Titan's embedding call, answered with hashed n-grams: texts that share words are similar."""

import hashlib
import itertools
import math
import re
from typing import Any

from waypost_local.bedrock.model import invalid
from waypost_local.bedrock.tokens import tokens

_SIZES = (256, 512, 1024)


def titan(body: dict[str, Any]) -> dict[str, Any]:
    """The response to `{"inputText", "dimensions"?, "normalize"?}`. Raises BedrockError."""
    text, size = body.get("inputText"), body.get("dimensions", 1024)
    if not isinstance(text, str) or not text:
        raise invalid("inputText is required.")
    if size not in _SIZES:
        raise invalid(f"dimensions must be one of {_SIZES}.")
    return {"embedding": _embedding(text, size), "inputTextTokenCount": len(tokens(text))}


def _embedding(text: str, size: int) -> list[float]:
    values = [0.0] * size
    for feature in _features(text.lower()):
        digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest())
        values[digest % size] += 1.0 if digest >> 63 else -1.0
    length = math.sqrt(sum(v * v for v in values)) or 1.0
    return [v / length for v in values]


def _features(text: str) -> list[str]:
    words = re.findall(r"\w+", text)
    pairs = [f"{a} {b}" for a, b in itertools.pairwise(words)]
    letters = [word[i : i + 4] for word in words for i in range(len(word) - 3)]
    return words + pairs + letters
