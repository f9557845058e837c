"""Which agent a question is for: by shared words, by likeness to examples, by how it asks."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from waypost_local.demo_model import introduction
from waypost_local.demo_model.manners import manners, shares
from waypost_local.demo_model.prompts import Element, element, elements
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content, stem, words

_HELP = "help"
"""The id of the agent for small talk and for what nobody here answers."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_DATA_FORM = re.compile(
    r"\b(how many (?!(minute|hour|day|week|month|year)s\b)|revenue|turnover|"
    r"number of|count|average|mean|sum|total|top|most|least|fewest|highest|lowest|"
    r"largest|smallest|longest|shortest|newest|oldest|latest|earliest|cheapest|best|list|show|"
    r"per|each|percentage|share of|which|who)\b",
    re.IGNORECASE,
)
_RULE_FORM = re.compile(
    r"^(how (do|can|should|must|would) (i|we|you)\b|how to|what happens|what if|what should|"
    r"can |may |am i|are we|is it|is there|do (i|you|we)\b|does|should|must|what counts|why|"
    r"what do (i|we|you) (do|need|have to)|who (can|may|must|should|approves|decides|is allowed)|"
    r"how often|how long (is|are|do|does|can|must|after|before)|"
    r"when (is|are|do|does|must|should|can|will)|"
    r"(how many|how much) \w+ (can|may|must|should))|"
    r"\b(policy|policies|rules?|allowed|may (i|we)|require[ds]?|permitted|procedure|"
    r"guidelines?|in (the )?case|how many (minute|hour|day|week|month)s\b|may\b(?! \d)|due\b|"
    r"if (i|we|you|my|a|an|the|somebody|someone)|"
    r"what happens)\b",
    re.IGNORECASE,
)
_YOU = re.compile(r"\b(you|your|yours|i|my|me)\b(?!['\u2019])", re.IGNORECASE)
_POLITE = re.compile(
    r"^(please |hi,? |hello,? |hey,? )*((can|could|would|will) you (please )?"
    r"(tell|show|list|give|find|name|count)( me| us)?|(please )?(tell|show|give|find) (me|us)|"
    r"(i('d| would) like|i want) to (know|see)|do you know|i need( to know)?)\b[ ,:]*",
    re.IGNORECASE,
)
_DATA_DESCRIPTION = frozenset(
    content("database rows records counts sums averages rankings tables query sql look-ups")
)
_RULE_DESCRIPTION = frozenset(
    content(
        "documents policies policy rules terms guides procedures promises handbook manual "
        "documentation how-to instructions knowledge"
    )
)
_LEANING = re.compile(
    r"^(and|but|or|so|also|why|what about|how about|how come|tell me (more )?about (it|that|this|"
    r"them|those|the)|more|go on|explain|really|are you sure|what else|which one|the (first|second|"
    r"third|last|other)|show (me )?(them|those|it)|list (them|those))\b|"
    r"\b(it|they|them|those|that one|the (first|second|third|last|other|same) ?(one)?|"
    r"his|her|their|its|him)\b(?! (is|are) (a|an|the)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Agent:
    id: str
    description: frozenset[str]
    covers: frozenset[str]
    examples: tuple[str, ...]
    keeps_rows: float
    keeps_rules: float
    manners: dict[str, float]
    """The manners that its examples are put in, with their shares."""


@dataclass(frozen=True)
class _Score:
    agent: _Agent
    value: float
    grip: float
    """How much of the value is from shared words, and not from the form of the question."""
    shared: tuple[str, ...]


def is_asked(system: str) -> bool:
    """Whether this is the router's prompt, and not that of an agent which is told who there is."""
    return "<agents>" in system and "route questions" in system


def route(system: str, asked: str) -> str:
    """The line that the router asks for: id, confidence, runner-up, reason and search words."""
    names = {found.attributes.get("agent", ""): found.text for found in elements(system, "names")}
    agents = [_agent(found, names) for found in elements(system, "agent")]
    question = element(asked, "question")
    text = question.text if question else asked
    if not agents:
        return "- | 0 | - | there is no agent to choose from"
    if introduction.is_small_talk(text):
        # Whoever has tables can name questions that they answer.
        best = max(
            agents, key=lambda agent: (agent.id == _HELP, bool(agent.covers), agent.keeps_rows)
        )
        return f"{best.id} | 0.95 | - | greets, or asks what can be asked | -"
    if introduction.is_foreign(text) and any(agent.id == _HELP for agent in agents):
        return f"{_HELP} | 0.95 | - | asks for what no company's sources hold | -"
    agents = [agent for agent in agents if agent.id != _HELP] or agents
    ranked = sorted(_scores(agents, text), key=lambda score: -score.value)
    ranked, leaning = _leaning(ranked, elements(asked, "previous"), text)
    runner_up = ranked[1].agent.id if len(ranked) > 1 else "-"
    reason = "follows up on the question before" if leaning else _reason(ranked[0], text)
    search = [] if leaning else dict.fromkeys(w.lower() for w in words(text) if content(w))
    parts = (ranked[0].agent.id, f"{_confidence(ranked):.2f}", runner_up, reason)
    return " | ".join([*parts, " ".join(search) or "-"])


def _agent(found: Element, names: dict[str, str]) -> _Agent:
    description = element(found.inner, "description")
    outline = element(found.inner, "covers")
    named = names.get(found.attributes.get("id", ""), "")
    covers = f"{outline.text if outline else ''}\n{named}"
    examples = tuple(example.text for example in elements(found.inner, "example"))
    described = frozenset(content(description.text if description else ""))
    forms = [form(example) for example in examples] or [0.0]
    rows = sum(form > 0 for form in forms) / len(forms)
    rules = sum(form < 0 for form in forms) / len(forms)
    return _Agent(
        found.attributes.get("id", "-"),
        described,
        frozenset(content(_CAMEL.sub(" ", covers))),
        examples,
        rows + (1.0 if described & _DATA_DESCRIPTION else 0.0),
        rules + (1.0 if described & _RULE_DESCRIPTION else 0.0),
        shares(examples),
    )


def _scores(agents: list[_Agent], text: str) -> Iterable[_Score]:
    text = _POLITE.sub("", text.strip())
    asked = content(text)
    weights = {word: _rarity(word, agents) for word in asked}
    # Where nobody answers from rows, it says little that a question is none for rows.
    asks_rows = form(text) * (1.0 if any(a.keeps_rows > a.keeps_rules for a in agents) else 0.7)
    asked_in = manners(text)
    for agent in agents:
        shared = [word for word in asked if _covers(agent.covers, word) == 1.0]
        value = sum(weights[word] * _covers(agent.covers, word) for word in asked) * 1.2
        value += sum(0.8 * weights[word] * _covers(agent.description, word) for word in asked)
        value += 3.0 * max((_likeness(text, example) for example in agent.examples), default=0.0)
        value += _mannered(agent, asked_in)
        grip = value
        value += asks_rows * (agent.keeps_rows - agent.keeps_rules) * 0.75
        if agent.covers and agent.keeps_rows and not any(_covers(agent.covers, w) for w in asked):
            # Rows can only tell of what there is a table, a column or a value for.
            value -= 0.6 + max(asks_rows, 0.0) * agent.keeps_rows * 0.5
        if not agent.covers and any(other.covers for other in agents):
            # What it is for is not here.
            value -= 0.8
        yield _Score(agent, value, grip, tuple(shared))


def _mannered(agent: _Agent, asked_in: frozenset[str]) -> float:
    """What an agent gains that is for what is asked so; it loses where it is not asked so."""
    gained = sum(2.0 * share for name, share in agent.manners.items() if name in asked_in)
    most = max(agent.manners.values(), default=0.0)
    return gained if gained >= 0.4 else gained - 2.5 * most


def _rarity(word: str, agents: list[_Agent]) -> float:
    holding = sum(word in agent.covers or word in agent.description for agent in agents)
    return math.log(1 + len(agents) / max(holding, 1)) if holding else 0.4


def _covers(covered: frozenset[str], word: str) -> float:
    if word in covered:
        return 1.0
    return 0.5 if near(word) & covered else 0.0


def form(text: str) -> float:
    """Above 0 for questions to rows, below 0 for questions to rules."""
    text = _POLITE.sub("", text.strip())
    found = 0.0
    if _DATA_FORM.search(text):
        found += 1.0
    if re.match(
        r"(how many|list|show|count|top|which|who|what is the (total|average))\b", text, re.I
    ):
        found += 0.4
    if _RULE_FORM.search(text):
        found -= 1.2
    if _YOU.search(text):
        found -= 1.0
    return found


def _likeness(one: str, other: str) -> float:
    """Cosine of their words and of the three-letter pieces of those words."""
    left, right = _pieces(one), _pieces(other)
    dot = sum(count * right[piece] for piece, count in left.items())
    size = math.sqrt(sum(c * c for c in left.values()) * sum(c * c for c in right.values()))
    return dot / size if size else 0.0


def _pieces(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in words(text.lower()):
        weight = 1 if word in {"the", "a", "an", "of", "is", "are", "do", "to", "in"} else 2
        found[f" {stem(word)} "] += weight
        if weight > 1:
            found.update(word[i : i + 3] for i in range(len(word) - 2))
    return found


def _leaning(ranked: list[_Score], previous: list[Element], text: str) -> tuple[list[_Score], bool]:
    """A question that leans on the one before stays with its agent."""
    if not previous:
        return ranked, False
    agent = previous[-1].attributes.get("agent")
    if agent is None:
        # It was asked elsewhere: of whom it would have been asked here.
        agents = [score.agent for score in ranked]
        agent = max(_scores(agents, previous[-1].text), key=lambda score: score.value).agent.id
    held = next((score for score in ranked if score.agent.id == agent), None)
    short = len(words(text)) <= 3
    if held is None or not (_LEANING.search(text) or short):
        return ranked, False
    others = [score for score in ranked if score is not held]
    own_topic = len(held.shared) == 0 and any(len(score.shared) >= 2 for score in others)
    if own_topic and not re.match(r"(and|what about|how about)\b", text, re.IGNORECASE):
        return ranked, False
    best = max((score.value for score in others), default=0.0)
    return [_Score(held.agent, max(held.value, best) + 1.5, 1.6, held.shared), *others], True


def _confidence(ranked: list[_Score]) -> float:
    best = ranked[0].value
    margin = best - ranked[1].value if len(ranked) > 1 else best
    sure = 1 / (1 + math.exp(-1.1 * margin))
    # A question that shares nothing with anybody is a guess, however far the others are behind.
    grip = min(1.0, max(ranked[0].grip, 0.0) / 1.6)
    return max(0.05, min(0.99, sure * (0.35 + 0.65 * grip)))


def _reason(best: _Score, text: str) -> str:
    named = [w.lower() for w in words(text) if stem(w) in best.shared and len(w) > 2][:3]
    about = f" about {', '.join(dict.fromkeys(named))}" if named else ""
    if re.search(r"\bhow many\b", text, re.IGNORECASE):
        return f"asks for a number{about}"
    if re.search(r"\b(average|total|most|highest|lowest|top|least)\b", text, re.IGNORECASE):
        return f"asks for a figure or ranking{about}"
    if _RULE_FORM.search(text):
        return f"asks for a rule or procedure{about}"
    return f"asks{about}" if named else "is closest to what it answers"
