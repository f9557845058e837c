"""Questions to documents and tables together: cut into parts, each looked up where it belongs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from waypost_local.bedrock.model import Piece, Text
from waypost_local.builtin import data, documents
from waypost_local.builtin.manners import manners
from waypost_local.builtin.prompts import Turn
from waypost_local.builtin.routing import form
from waypost_local.builtin.words import content

NOTHING = "Neither the documents nor the tables that I was shown answer this."
_MOST_PARTS = 4
_OPENING = re.compile(
    r"^\W*(please |can you |could you )*(research|investigate|look into|analy[sz]e( in[- ]depth)?|"
    r"compare|assess|(write|give|make|put together)( me| us)? (a|an) [\w -]*?"
    r"(overview|briefing|report|summary|comparison) (of|on|about))\b[ ,:]*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"[, ]*\b(and )?((give|write|send|make) (me|us)?.*\b(report|summary|overview)\b.*|"
    r"with (its |their |the )?sources|in[- ]depth)\W*$",
    re.IGNORECASE,
)
_BETWEEN_QUESTIONS = re.compile(
    r"\s*(?:[;?]|[.:](?=\s)|,? (?:and|with|but|to) (?=(?:how|what|which|who|when|where)\b))\s*",
    re.IGNORECASE,
)
_BETWEEN_MATTERS = re.compile(r"\s*(?:,|\b(?:and|with|to|relates? to|compare)\b)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Step:
    """`query` is the part as SQL; None where the documents are searched for it."""

    text: str
    query: data.Understood | None


def answer(
    system: str, turns: Sequence[Turn], results: Sequence[dict[str, Any]], *, may_search: bool
) -> list[Piece]:
    """The next call of a tool, or what all of them together gave."""
    question = turns[-1].text
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
    return [Text("\n\n".join(dict.fromkeys(filter(None, told))) or NOTHING)]


def parts(question: str) -> list[str]:
    """The questions that a question consists of; itself where it is one."""
    matter = _CLOSING.sub("", _OPENING.sub("", question.strip()))
    between = _BETWEEN_MATTERS if "study" in manners(question) else _BETWEEN_QUESTIONS
    found = [part.strip(" .?!") for part in _BETWEEN_QUESTIONS.split(matter)]
    if len([part for part in found if content(part)]) < 2:
        found = [part.strip(" .?!") for part in between.split(matter)]
    return [part for part in found if content(part)][:_MOST_PARTS] or [question]


def _steps(system: str, turns: Sequence[Turn], *, may_search: bool) -> list[Step]:
    """What to look up: figures in the tables, all else in the documents, unless they are here."""
    question = turns[-1].text
    steps: list[Step] = []
    for part in parts(question):
        query = _query(system, turns, part)
        if query and (form(part) > 0 or not may_search):
            steps.append(Step(part, query))
        elif may_search and not documents.quoted(documents.shown(system, part), [part]):
            steps.append(Step(part, None))
    return steps


def _with_second_thought(
    system: str,
    turns: Sequence[Turn],
    first: Step,
    results: Sequence[dict[str, Any]],
    *,
    may_search: bool,
) -> list[Step]:
    """Where one place gave nothing, the other is looked into as well."""
    if not results or _told(system, first, [first.text], results[0]):
        return [first]
    if first.query:
        return [first, replace(first, query=None)] if may_search else [first]
    query = _query(system, turns, first.text)
    return [first, Step(first.text, query)] if query else [first]


def _query(system: str, turns: Sequence[Turn], part: str) -> data.Understood | None:
    return data.asked_of(system, [*turns[:-1], Turn("user", part)])


def _call(step: Step, number: int) -> list[Piece]:
    if step.query:
        return data.query(step.query.sql, number)
    return documents.search(step.text, number)


def _told(system: str, step: Step, asked: Sequence[str], result: dict[str, Any]) -> str:
    if step.query:
        return data.told(step.query, result)
    found = documents.found([result])
    return documents.quoted([*found, *documents.shown(system, step.text)], asked)
