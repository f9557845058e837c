"""How much a model can be told: tokens as they are estimated, and each model's window."""

import json
from functools import cache
from pathlib import Path

_CHARACTERS_PER_TOKEN = 3
_TOKENS_PER_OTHER = 2
_SMALLEST = 8_000


def tokens(text: str) -> int:
    """Tokens of `text`, rather too many than too few.

    English has about four characters to a token; other scripts have up to two tokens to a
    character.
    """
    plain = sum(map(str.isascii, text))
    return -(-plain // _CHARACTERS_PER_TOKEN) + _TOKENS_PER_OTHER * (len(text) - plain)


def window(model: str) -> int:
    """Tokens that fit into a call of a model, its answer included; few where it is not known.

    Args:
        model: A model id, an inference profile of one (`us.amazon.…`), or an ARN of either.
    """
    name = model.rpartition("/")[2]
    return _windows().get(name) or _windows().get(name.partition(".")[2]) or _SMALLEST


@cache
def _windows() -> dict[str, int]:
    table = json.loads(Path(__file__).with_name("windows.json").read_text())
    known: dict[str, int] = table["models"]
    return known
