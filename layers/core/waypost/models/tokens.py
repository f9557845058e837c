"""Tokens, estimated where no model has counted them."""

import string
from collections.abc import Sequence

from waypost.events import Usage
from waypost.models.turns import AssistantTurn, SystemPrompt, ToolTurn, Turn, UserTurn

_LETTERS_PER_TOKEN = 3
_TOKENS_PER_OTHER = 2
_PROSE = (string.ascii_letters + " ").encode()
_BYTES_PER_TOKEN = 4
"""Of English text, on average."""


def estimate_tokens(text: str) -> int:
    """Tokens of `text`, too many rather than too few.

    English has about four letters to a token, spaces among them. Tokenizers cut figures and
    punctuation into single characters at worst, characters of other scripts into two tokens, and
    those outside the basic plane (emoji) into four, which are two of UTF-16's units.
    """
    plain = text.encode("ascii", "ignore")
    signs = len(plain.translate(None, _PROSE))
    others = len(text.encode("utf-16-le", "surrogatepass")) // 2 - len(plain)
    return -(-(len(plain) - signs) // _LETTERS_PER_TOKEN) + signs + _TOKENS_PER_OTHER * others


def estimate_usage(system: SystemPrompt, turns: Sequence[Turn], received: str) -> Usage:
    """The average usage of a model call whose stream gave `received` and then no more.

    Bedrock reports the true numbers only at the end of a stream.
    """
    prompt = system.whole + "".join(map(_text, turns))
    return Usage(input_tokens=_average(prompt), output_tokens=_average(received))


def _average(text: str) -> int:
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def _text(turn: Turn) -> str:
    match turn:
        case UserTurn(text) | ToolTurn(_, text):
            return text
        case AssistantTurn(text, calls):
            return text + "".join(str(call.arguments) for call in calls)
