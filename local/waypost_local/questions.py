"""Asks a running stack a file of questions and prints how it did, a row a question."""

import json
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from waypost.agents.definition import Agents
from waypost.errors import Invalid

_COMPANY = "questions"


@dataclass(frozen=True)
class Asked:
    """A question with what a right answer contains; `route` is an agent's id or alias."""

    question: str
    route: str
    expect: list[str]


@dataclass(frozen=True)
class Answered:
    """Times are milliseconds since the question was sent."""

    route: str
    text: str
    failure: str
    first_token_ms: int | None
    total_ms: int


class QuestionsError(ValueError):
    """The file is no list of questions; the text names the line."""


def read(path: Path) -> list[Asked]:
    """A question a line, as JSON: `{"question", "route", "expect": […]}`."""
    found: list[Asked] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(Asked(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise QuestionsError(f"{path}, line {number}: {error}") from None
    return found


def run(asked: list[Asked], url: str, agents: Agents, at_least: int | None) -> int:
    """Prints the rows and the totals; the exit code is 0 where enough of them were right."""
    right: list[bool] = []
    answers: list[Answered] = []
    with httpx.Client(base_url=url, timeout=120) as client:
        for number, question in enumerate(asked, 1):
            answer = ask(client, question.question)
            answers.append(answer)
            right.append(is_right(question, answer, agents))
            _print_row(number, question, answer, right[-1])
    _print_totals(right, answers)
    return 0 if sum(right) >= (len(right) if at_least is None else at_least) else 1


def ask(client: httpx.Client, question: str) -> Answered:
    """One question in a conversation of its own, over the internal stream."""
    body = {
        "input": {"message": question},
        "conversation": {"id": str(uuid.uuid4()), "user_id": "asker", "company_id": _COMPANY},
    }
    began = time.monotonic()
    route, text, failure, first = "", "", "", None
    with client.stream("POST", "/internal/chat/stream", json=body) as response:
        if response.status_code != 200:
            failure = response.read().decode()[:200]
        for event in _events(response) if not failure else ():
            match event["event"]:
                case "route_decision":
                    route = event["route"]
                case "token" if event["channel"] == "final":
                    first = first if first is not None else _ms(began)
                    text += event["content"]
                case "error":
                    failure = event["message"]
    return Answered(route, text, failure, first, _ms(began))


def is_right(asked: Asked, answer: Answered, agents: Agents) -> bool:
    """Whether the agent is the right one and the answer holds every expected text."""
    try:
        wanted = agents.named(asked.route).id
    except Invalid:
        wanted = asked.route
    text = answer.text.casefold()
    return answer.route == wanted and all(part.casefold() in text for part in asked.expect)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _print_row(number: int, asked: Asked, answer: Answered, right: bool) -> None:
    first = "-" if answer.first_token_ms is None else str(answer.first_token_ms)
    times = f"{first:>6} ms  {answer.total_ms:>6} ms"
    verdict = "right" if right else "WRONG"
    _write(f"{number:>3}  {answer.route or '-':<10} {verdict}  {times}  {asked.question}")
    if not right:
        said = " ".join((answer.failure or answer.text).split())
        _write(f"     wanted {asked.route} with {asked.expect}, was told: {said[:300]}")


def _print_totals(right: list[bool], answers: list[Answered]) -> None:
    firsts = [a.first_token_ms for a in answers if a.first_token_ms is not None]
    _write(
        f"{sum(right)} of {len(right)} right; first token {median(firsts or [0]):.0f} ms and total "
        f"{median([a.total_ms for a in answers] or [0]):.0f} ms at the median"
    )


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
