"""What a model call has cost that ended before Bedrock counted it."""

from collections.abc import Sequence

from waypost.events import Usage
from waypost.models.turns import AssistantTurn, System, ToolTurn, Turn, UserTurn

_BYTES_PER_TOKEN = 4
"""Of English text, on average. Bedrock tells the true number only at the end of a stream."""


def estimate(system: System, turns: Sequence[Turn], received: str) -> Usage:
    """Tokens of a call whose stream gave `received` and then no more."""
    prompt = system.whole + "".join(map(_text, turns))
    return Usage(input_tokens=_tokens(prompt), output_tokens=_tokens(received))


def _tokens(text: str) -> int:
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def _text(turn: Turn) -> str:
    match turn:
        case UserTurn(text) | ToolTurn(_, text):
            return text
        case AssistantTurn(text, calls):
            return text + "".join(str(call.arguments) for call in calls)
