"""How much a model can be told: tokens as they are estimated, and each model's window."""

import json
import string
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_LETTERS_PER_TOKEN = 3
_TOKENS_PER_OTHER = 2
_SMALLEST = 8_000
_PROSE = (string.ascii_letters + " ").encode()


def tokens(text: str) -> int:
    """Tokens of `text`, rather too many than too few.

    English has about four letters to a token, spaces among them. Tokenizers cut figures and
    punctuation into single characters at worst, characters of other scripts into two tokens, and
    those outside the basic plane (emoji) into four, which are two of UTF-16's units.
    """
    plain = text.encode("ascii", "ignore")
    signs = len(plain.translate(None, _PROSE))
    others = len(text.encode("utf-16-le", "surrogatepass")) // 2 - len(plain)
    return -(-(len(plain) - signs) // _LETTERS_PER_TOKEN) + signs + _TOKENS_PER_OTHER * others


def window(model: str) -> int:
    """Tokens that fit into a call of a model, its answer included; few where it is not known.

    Args:
        model: A model id, an inference profile of one (`us.amazon.…`), or an ARN of either.
    """
    name = model.rpartition("/")[2]
    return _windows().get(name) or _windows().get(name.partition(".")[2]) or _SMALLEST


def room(models: Iterable[str]) -> int:
    """Tokens that earlier turns may have, whichever of `models` answers.

    Half of the smallest window: the other half is for instructions with what belongs to them, for
    the question and the answer.
    """
    return min(map(window, models)) // 2


@cache
def _windows() -> dict[str, int]:
    table = json.loads(Path(__file__).with_name("windows.json").read_text())
    known: dict[str, int] = table["models"]
    return known
