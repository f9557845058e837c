"""Earlier turns that a client carries, as the exchanges of a thread that begins after them."""

from collections.abc import Sequence
from itertools import groupby

from waypost.records import PriorTurn
from waypost.runs.history import Exchange, fit

_NO_QUESTION, _NO_ANSWER = "Hello.", "Understood."
"""Roles alternate in a conversation, also where the client's do not."""


def newest_that_fit(prior_turns: Sequence[PriorTurn], budget: int) -> tuple[PriorTurn, ...]:
    """The newest of `prior_turns` that `budget` tokens hold."""
    fitting = fit(to_exchanges(prior_turns), "", budget).recent
    return tuple(turn for exchange in fitting for turn in _turns(exchange))


def to_exchanges(prior_turns: Sequence[PriorTurn]) -> list[Exchange]:
    """Turns in a row of one role are joined, blank ones left out.

    Each exchange counts as older than every message of the thread.
    """
    written = [turn for turn in prior_turns if turn.text.strip()]
    found: list[tuple[str, str]] = []
    for role, turns in groupby(written, lambda turn: turn.role):
        text = "\n\n".join(turn.text for turn in turns)
        if role == "user":
            found.append((text, ""))
        else:
            question, _ = found.pop() if found else (_NO_QUESTION, "")
            found.append((question, text))
    return [
        Exchange(question, answer or _NO_ANSWER, "", f"before_{number:04d}")
        for number, (question, answer) in enumerate(found)
    ]


def _turns(exchange: Exchange) -> tuple[PriorTurn, PriorTurn]:
    return (
        PriorTurn(role="user", text=exchange.question),
        PriorTurn(role="assistant", text=exchange.answer),
    )
