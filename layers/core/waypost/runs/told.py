"""Turns that a client carries, as the exchanges of a thread that begins after them."""

from collections.abc import Sequence
from itertools import groupby

from waypost.records import Said
from waypost.runs.history import Exchange, fit

_NO_QUESTION, _NO_ANSWER = "Hello.", "Understood."
"""Roles take turns in a conversation, also where the client's do not."""


def fitting(told: Sequence[Said], budget: int) -> tuple[Said, ...]:
    """The newest of `told` that `budget` tokens hold."""
    kept = fit(exchanges(told), "", budget).recent
    return tuple(said for exchange in kept for said in _turns(exchange))


def exchanges(told: Sequence[Said]) -> list[Exchange]:
    """As they were taken: what one side said in several turns is one. Blank turns are left out.

    Each counts as older than every message of the thread.
    """
    spoken = [said for said in told if said.text.strip()]
    found: list[tuple[str, str]] = []
    for role, turns in groupby(spoken, lambda said: said.role):
        text = "\n\n".join(said.text for said in turns)
        if role == "user":
            found.append((text, ""))
        else:
            question, _ = found.pop() if found else (_NO_QUESTION, "")
            found.append((question, text))
    return [
        Exchange(question, answer or _NO_ANSWER, "", f"before_{number:04d}")
        for number, (question, answer) in enumerate(found)
    ]


def _turns(exchange: Exchange) -> tuple[Said, Said]:
    return (
        Said(role="user", text=exchange.question),
        Said(role="assistant", text=exchange.answer),
    )
