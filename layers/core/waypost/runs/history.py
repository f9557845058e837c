"""What a model is told of a thread: the newest turns whole, older ones as a summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from waypost.models.budget import tokens
from waypost.models.turns import AssistantTurn, Turn, UserTurn
from waypost.records import Message

MOST_EXCHANGES = 40
"""More are not told whole, however short they are."""
_OVERHEAD = 8
"""Tokens of a turn beside its text."""
_CUT = " […] "


@dataclass(frozen=True)
class Exchange:
    """A question and its answer, which may have been written by several runs."""

    question: str
    answer: str
    agent: str
    through: str
    """The id of its last message."""

    @property
    def cost(self) -> int:
        return tokens(self.question) + tokens(self.answer) + 2 * _OVERHEAD


@dataclass(frozen=True)
class History:
    """`older` are the exchanges that do not fit and are in no summary yet."""

    recent: tuple[Exchange, ...] = ()
    older: tuple[Exchange, ...] = ()
    summary: str = ""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What stands before the question: it begins with a user's turn, and ends with none."""
        told: list[Turn] = [*_told(self.summary)]
        for exchange in self.recent:
            told += [UserTurn(exchange.question), AssistantTurn(exchange.answer)]
        return tuple(told)

    @property
    def previous(self) -> tuple[tuple[str, str], ...]:
        """The last two questions with the agents that answered them: (agent id, question)."""
        return tuple((exchange.agent, exchange.question) for exchange in self.recent[-2:])


def fit(exchanges: Sequence[Exchange], summary: str, budget: int) -> History:
    """As many of the newest exchanges as `budget` tokens hold beside the summary.

    The newest is always there: where it is too long for itself, its middle is cut out.
    """
    left = budget - sum(tokens(turn.text) + _OVERHEAD for turn in _told(summary))
    recent: list[Exchange] = []
    for exchange in reversed(exchanges[-MOST_EXCHANGES:]):
        if exchange.cost > left:
            break
        recent.insert(0, exchange)
        left -= exchange.cost
    older = tuple(exchanges[: len(exchanges) - len(recent)])
    if older and not recent and (short := _shortened(older[-1], left)):
        return History((short,), older[:-1], summary)
    return History(tuple(recent), older, summary)


def exchanges(messages: Sequence[Message]) -> list[Exchange]:
    """Messages, oldest first, as exchanges. A question that got no answer is left out."""
    found: list[Exchange] = []
    question = ""
    answer: list[Message] = []
    for message in [*messages, None]:
        if message is not None and message.role == "assistant":
            answer.append(message)
            continue
        text = "".join(part.text for part in answer)
        if question and text:
            found.append(Exchange(question, text, answer[-1].agent or "", answer[-1].id))
        question, answer = message.text if message else "", []
    return found


def _told(summary: str) -> list[UserTurn | AssistantTurn]:
    """Roles take turns in a conversation, so that a summary needs an answer."""
    if not summary:
        return []
    return [UserTurn(f"<summary>\n{escape(summary)}\n</summary>"), AssistantTurn("Understood.")]


def _shortened(exchange: Exchange, budget: int) -> Exchange | None:
    """An exchange that fits, or None where there is no room for anything of it."""
    room = budget - 2 * _OVERHEAD
    question = without_middle(exchange.question, room // 2)
    answer = without_middle(exchange.answer, room - tokens(question))
    if not (question and answer):
        return None
    return Exchange(question, answer, exchange.agent, exchange.through)


def without_middle(text: str, budget: int) -> str:
    """`text`, or its beginning and its end where it has more than `budget` tokens."""
    if tokens(text) <= budget:
        return text
    keep = len(text)
    while keep > 0:
        keep = min(keep - 1, keep * 3 // 4)
        head = keep - keep // 3
        cut = text[:head] + _CUT + text[len(text) - keep // 3 :]
        if tokens(cut) <= budget:
            return cut
    return ""
