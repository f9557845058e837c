"""The prompt of the router's model, and how its reply is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from waypost.agents.definition import Agent
from waypost.models.turns import SystemPrompt

_NUMBER = re.compile(r"(?<![\w.])(?:0?\.\d+|[01](?:\.\d+)?)(?![\w.])")
_ID = re.compile(r"[a-z][a-z0-9-]*")
_WORD = re.compile(r"\w+")
_MAX_SEARCH_WORDS = 12


@dataclass(frozen=True)
class RouterChoice:
    agent: str
    confidence: float
    runner_up: str | None
    reason: str
    search: str = ""
    """Words to search the documents for; none where there is nothing to search."""


def system(
    agents: Mapping[str, Agent], coverage: Mapping[str, str], names: Mapping[str, str]
) -> SystemPrompt:
    """The agents with what each one's sources cover, the same for every question; behind that the
    names of this question that occur in an agent's tables.
    """
    prefix = (
        "You route questions to the agent that answers them best.\n"
        f"{described(agents, coverage)}\n"
        "Answer with one line and nothing else, its five parts separated by |: the best agent's "
        "id; your confidence from 0 to 1, below 0.4 where two agents fit equally well; "
        "the second best agent's id or -; the reason in at most eight words; three to eight words "
        "that the passage with the answer is likely to hold, in the language of the documents and "
        "without what only the question says, or - where no documents are needed\n"
        f"For example: {_example(agents)}"
    )
    found = "\n".join(
        f"<names agent={quoteattr(agent)}>{escape(text)}</names>" for agent, text in names.items()
    )
    return SystemPrompt(found, prefix)


def described(agents: Mapping[str, Agent], coverage: Mapping[str, str]) -> str:
    """The agents with what each one's sources cover."""
    found = (_described(agent, coverage.get(agent.id, "")) for agent in agents.values())
    return "<agents>\n{}\n</agents>".format("\n".join(found))


def question(text: str, previous: Sequence[tuple[str, str]]) -> str:
    """The question, after the previous ones with the agents that answered them."""
    earlier = (
        f"<previous{_named(agent)}>{escape(earlier_question)}</previous>\n"
        for agent, earlier_question in previous
    )
    return f"{''.join(earlier)}<question>{escape(text)}</question>"


def parse_choice(line: str, agents: Mapping[str, Agent]) -> RouterChoice | None:
    """The choice in a model's line, or None where it names no agent.

    Small models stray from the format: the ids are taken wherever they stand, and a confidence
    that is missing counts as 0.5.
    """
    parts = [part.strip() for part in line.split("|")]
    named = [word for word in _ID.findall("|".join(parts[:3]).lower()) if word in agents]
    first = parts[0].strip("`'\"*. ").lower()
    agent = first if first in agents else next(iter(named), None)
    if agent is None:
        return None
    number = _NUMBER.search(" ".join(parts[1:3]))
    runner_up = next((word for word in named if word != agent), None)
    reason = parts[3] if len(parts) > 3 else ""
    search = parts[4].strip("-") if len(parts) > 4 else ""
    confidence = float(number[0]) if number else 0.5
    return RouterChoice(agent, confidence, runner_up, reason[:200], _search_words(search))


def _named(agent: str) -> str:
    """A question that was asked elsewhere was answered by none of these."""
    return f" agent={quoteattr(agent)}" if agent else ""


def _example(agents: Mapping[str, Agent]) -> str:
    first, second, *_ = [*agents, "-", "-"]
    return f"{first} | 0.9 | {second} | asks for a rule | late payment fee reminder overdue"


def _search_words(text: str) -> str:
    return " ".join(_WORD.findall(text)[:_MAX_SEARCH_WORDS])


def _described(agent: Agent, coverage: str) -> str:
    examples = "\n".join(f"<example>{escape(example)}</example>" for example in agent.examples)
    covered = f"<covers>{escape(coverage)}</covers>\n" if coverage else ""
    return (
        f"<agent id={quoteattr(agent.id)}>\n<description>{escape(agent.description)}"
        f"</description>\n{covered}{examples}\n</agent>"
    )
