"""Questions to documents and tables together: cut into parts, each looked up where it belongs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from waypost_local.bedrock.model import Piece, TextPiece
from waypost_local.demo_model import data, documents
from waypost_local.demo_model.manners import manners
from waypost_local.demo_model.prompts import Turn, element, elements
from waypost_local.demo_model.routing import form
from waypost_local.demo_model.thesaurus import near
from waypost_local.demo_model.words import content, singular, words

NOTHING = "Neither the documents nor the tables that I was shown answer this."
_MOST_PARTS = 4
_OPENING = re.compile(
    r"^\W*(please |can you |could you )*(research|investigate|look into|analy[sz]e( in[- ]depth)?|"
    r"compare|assess|(write|give|make|put together)( me| us)? (a|an) [\w -]*?"
    r"(overview|briefing|report|summary|comparison) (of|on|about))\b[ ,:]*"
    r"((everything|all|what) (that )?(we|you) know (of|about)\b[ ,:]*)?",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"[, ]*\b(and )?((give|write|send|make) (me|us)?.*\b(report|summary|overview)\b.*|"
    r"with (its |their |the )?sources|in[- ]depth)\W*$",
    re.IGNORECASE,
)
_IMPACT = re.compile(r"\b(impact|consequences|costs?|damage)\b[^>]*$", re.IGNORECASE)
_IMPACT_WORDS = frozenset(
    content("impact business affect cost customer revenue money lose lost damage many much year")
)
_BETWEEN_QUESTIONS = re.compile(
    r"\s*(?:[;?]|[.:](?=\s)|,? (?:and|with|but|to) (?=(?:how|what|which|who|when|where)\b))\s*",
    re.IGNORECASE,
)
_EACH = re.compile(r"\beach( of (them|those|these|it))?( (has|have|is|are))?\b", re.IGNORECASE)
_A_TIME = re.compile(r"\ba (year|month|quarter)\b", re.IGNORECASE)
_VAGUE = frozenset(
    content("rules figures facts numbers everything thing matter know handle report")
)
_BETWEEN_MATTERS = re.compile(r"\s*(?:,|\b(?:and|with|to|relates? to|compare)\b)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class ResearchStep:
    """`query` is the part as SQL; None where the documents are searched for it."""

    text: str
    query: data.Understood | None


def answer(
    system: str, turns: Sequence[Turn], results: Sequence[dict[str, Any]], *, may_search: bool
) -> list[Piece]:
    """The next call of a tool, or what all of them together gave."""
    question = turns[-1].text
    if "impact" in manners(question) and (told_there := _impact(system, question)):
        return [TextPiece(told_there)]
    steps = _steps(system, turns, may_search=may_search)
    asked = [turn.text for turn in turns if turn.role == "user"]
    if len(steps) == 1:
        steps = _with_second_thought(system, turns, steps[0], results, may_search=may_search)
    if len(results) < len(steps):
        return _call(steps[len(results)], len(results) + 1)
    told = [
        _told(system, step, [*asked[:-1], step.text], result)
        for step, result in zip(steps, results, strict=False)
    ]
    if not steps or not any(told):
        told.append(documents.quoted(documents.shown(system, question), asked))
    return [TextPiece("\n\n".join(dict.fromkeys(filter(None, told))) or NOTHING)]


def parts(question: str) -> list[str]:
    """The questions that a question consists of; itself where it is one."""
    matter = _CLOSING.sub("", _OPENING.sub("", question.strip()))
    between = _BETWEEN_MATTERS if "study" in manners(question) else _BETWEEN_QUESTIONS
    found = [part.strip(" .?!") for part in _BETWEEN_QUESTIONS.split(matter)]
    if len([part for part in found if content(part)]) < 2:
        found = [part.strip(" .?!") for part in between.split(matter)]
    telling = [part for part in found if set(content(part)) - _VAGUE]
    whole = [_whole(part, earlier) for earlier, part in pairwise(["", *telling])]
    return whole[:_MOST_PARTS] or [question]


def _whole(part: str, earlier: str) -> str:
    """A part that says `each of them` of the one before, with what it means in its place."""
    noun = singular(words(earlier)[-1]) if words(earlier) else ""
    part = _EACH.sub(f"per {noun}", part) if noun else part
    return _A_TIME.sub(r"per \1", part)


def _steps(system: str, turns: Sequence[Turn], *, may_search: bool) -> list[ResearchStep]:
    """What to look up: figures in the tables, all else in the documents, unless they are here."""
    question = turns[-1].text
    steps: list[ResearchStep] = []
    for part in parts(question):
        query = _query(system, turns, part)
        if query and _is_of_tables(system, part):
            steps.append(ResearchStep(part, query))
        elif may_search and not documents.quoted(documents.shown(system, part), [part]):
            steps.append(ResearchStep(part, None))
    return steps


def _is_of_tables(system: str, part: str) -> bool:
    """Whether the tables, and not the documents, know what it speaks of."""
    known = _words_of_tables(system)
    strange = [w for w in content(part) if w not in known and not near(w) & known]
    if form(part) <= 0:
        return not strange
    passages = " ".join(found.inner for found in elements(system, "passage"))
    told = set(content(f"{passages} {' '.join(_names(system))}"))
    return not any(word in told for word in strange)


def _words_of_tables(system: str) -> set[str]:
    schema = element(system, "schema")
    return set(content(re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", schema.text if schema else "")))


def _names(system: str) -> list[str]:
    return [
        f"{found.attributes.get('document', '')} {found.attributes.get('heading', '')}"
        for found in elements(system, "passage")
    ]


def _with_second_thought(
    system: str,
    turns: Sequence[Turn],
    first: ResearchStep,
    results: Sequence[dict[str, Any]],
    *,
    may_search: bool,
) -> list[ResearchStep]:
    """Where one place gave nothing, the other is looked into as well."""
    if not results or _told(system, first, [first.text], results[0]):
        return [first]
    if first.query:
        return [first, replace(first, query=None)] if may_search else [first]
    query = _query(system, turns, first.text)
    counts = form(first.text) > 0 and "impact" not in manners(first.text)
    there = query and (counts or _is_of_tables(system, first.text))
    return [first, ResearchStep(first.text, query)] if there else [first]


def _query(system: str, turns: Sequence[Turn], part: str) -> data.Understood | None:
    return data.asked_of(system, [*turns[:-1], Turn("user", part)])


def _call(step: ResearchStep, number: int) -> list[Piece]:
    if step.query:
        return data.query(step.query.sql, number)
    return documents.search(step.text, number)


def _impact(system: str, question: str) -> str:
    """The sections on the impact of what the question names; `incidents` are all of them."""
    sections = [p for p in documents.everything(system) if _IMPACT.search(p.heading)]
    asked = set(content(question)) - _IMPACT_WORDS
    shared = [len(asked & set(content(p.place))) for p in sections]
    most = max(shared, default=0)
    chosen = [p for p, count in zip(sections, shared, strict=True) if count == most > 0]
    told = (" ".join(f"{unit.text} [{p.index}]" for unit in documents.units([p])) for p in chosen)
    return "\n\n".join(told)


def _told(system: str, step: ResearchStep, asked: Sequence[str], result: dict[str, Any]) -> str:
    if step.query:
        return data.told(step.query, result)
    found = documents.found([result])
    return documents.quoted([*found, *documents.shown(system, step.text)], asked)
