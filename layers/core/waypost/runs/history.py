"""What a model is given of a thread: the newest turns whole, older ones as a summary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from waypost.models.tokens import estimate_tokens
from waypost.models.turns import AssistantTurn, Turn, UserTurn
from waypost.records import Message

MAX_EXCHANGES = 40
"""More are not given whole, however short they are."""
MIN_BUDGET = 200
"""Tokens that hold a summary and one exchange, if only with their middles cut out."""
SUMMARY_SHARE = 4
"""A summary may have a quarter of the budget."""
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
        return estimate_tokens(self.question) + estimate_tokens(self.answer) + 2 * _OVERHEAD


@dataclass(frozen=True)
class History:
    """`older` are the exchanges that do not fit and are in no summary yet."""

    recent: tuple[Exchange, ...] = ()
    older: tuple[Exchange, ...] = ()
    summary: str = ""
    budget: int = 0
    """Tokens that the turns may have together."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns before the question, from one of the user's to one of the assistant's."""
        turns: list[Turn] = [*_summary_turns(self.summary, self.budget)]
        for exchange in self.recent:
            turns += [UserTurn(exchange.question), AssistantTurn(exchange.answer)]
        return tuple(turns)

    @property
    def previous(self) -> tuple[tuple[str, str], ...]:
        """The last two questions with the agents that answered them: (agent id, question)."""
        return tuple((exchange.agent, exchange.question) for exchange in self.recent[-2:])


def fit(
    exchanges: Sequence[Exchange], summary: str, budget: int, max_exchanges: int = MAX_EXCHANGES
) -> History:
    """As many of the newest exchanges as `budget` tokens hold beside the summary, up to
    `max_exchanges`.

    The newest is always included: where it is too long, its middle is cut out.

    Args:
        budget: At least `MIN_BUDGET`.
    """
    left = budget - sum(map(_cost, _summary_turns(summary, budget)))
    recent: list[Exchange] = []
    for exchange in reversed(exchanges[-max_exchanges:]):
        if exchange.cost > left:
            break
        recent.insert(0, exchange)
        left -= exchange.cost
    if exchanges and not recent:
        recent = [_shortened(exchanges[-1], left)]
    older = tuple(exchanges[: len(exchanges) - len(recent)])
    return History(tuple(recent), older, summary, budget)


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
        if question.strip() and text.strip():
            found.append(Exchange(question, text, answer[-1].agent or "", answer[-1].id))
        question, answer = message.text if message else "", []
    return found


def without_middle(text: str, budget: int, written: Callable[[str], str] = str) -> str:
    """`text`, or its beginning and its end where it has more than `budget` tokens as `written`."""
    if estimate_tokens(written(text)) <= budget:
        return text
    keep = len(text)
    while keep > 0:
        keep = min(keep - 1, keep * 3 // 4)
        head = keep - keep // 3
        cut = text[:head] + _CUT + text[len(text) - keep // 3 :]
        if estimate_tokens(written(cut)) <= budget:
            return cut
    return ""


def _summary_turns(summary: str, budget: int) -> list[UserTurn | AssistantTurn]:
    """The summary, which may have a quarter of the budget.

    Roles alternate in a conversation, so a summary needs an answer.
    """
    short = without_middle(summary, budget // SUMMARY_SHARE, escape)
    if not short:
        return []
    return [UserTurn(f"<summary>\n{escape(short)}\n</summary>"), AssistantTurn("Understood.")]


def _cost(turn: UserTurn | AssistantTurn) -> int:
    return estimate_tokens(turn.text) + _OVERHEAD


def _shortened(exchange: Exchange, budget: int) -> Exchange:
    """Cuts both, the answer more than the question; some of each remains."""
    room = budget - 2 * _OVERHEAD
    question = without_middle(
        exchange.question, max(room // 2, room - estimate_tokens(exchange.answer))
    )
    answer = without_middle(exchange.answer, room - estimate_tokens(question))
    return replace(exchange, question=question, answer=answer)
