"""Sends a file of questions to a running stack, and prints which answers are right."""

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

_TENANT = "questions"


@dataclass(frozen=True)
class QuestionCase:
    """A question, the id or alias of its agent, and texts that a right answer contains."""

    question: str
    route: str
    expect: list[str]


@dataclass(frozen=True)
class ReceivedAnswer:
    """Times are milliseconds since the question was sent."""

    route: str
    text: str
    error: str
    first_token_ms: int | None
    total_ms: int


class QuestionsError(ValueError):
    """The file is not a list of questions. The message names the line."""


def read(path: Path) -> list[QuestionCase]:
    """One question per line, as JSON: `{"question", "route", "expect": […]}`."""
    cases: list[QuestionCase] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            cases.append(QuestionCase(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise QuestionsError(f"{path}, line {number}: {error}") from None
    return cases


def run(cases: list[QuestionCase], url: str, agents: Agents, at_least: int | None) -> int:
    """Prints a row per question and the totals. Exit code 0 where enough are right."""
    right: list[bool] = []
    answers: list[ReceivedAnswer] = []
    with httpx.Client(base_url=url, timeout=120) as client:
        for number, case in enumerate(cases, 1):
            answer = ask(client, case.question)
            answers.append(answer)
            right.append(is_right(case, answer, agents))
            _print_row(number, case, answer, right[-1])
    _print_totals(right, answers)
    return 0 if sum(right) >= (len(right) if at_least is None else at_least) else 1


def ask(client: httpx.Client, question: str) -> ReceivedAnswer:
    """Sends one question in a new conversation, over the internal stream."""
    body = {
        "input": {"message": question},
        "conversation": {"id": str(uuid.uuid4()), "user_id": "asker", "company_id": _TENANT},
    }
    started = time.monotonic()
    route, text, error, first_token = "", "", "", None
    with client.stream("POST", "/internal/chat/stream", json=body) as response:
        if response.status_code != 200:
            error = response.read().decode()[:200]
        for event in _events(response) if not error else ():
            match event["event"]:
                case "route_decision":
                    route = event["route"]
                case "token" if event["channel"] == "final":
                    if first_token is None:
                        first_token = _milliseconds_since(started)
                    text += event["content"]
                case "error":
                    error = event["message"]
    return ReceivedAnswer(route, text, error, first_token, _milliseconds_since(started))


def is_right(case: QuestionCase, answer: ReceivedAnswer, agents: Agents) -> bool:
    """Whether the agent is the expected one and the answer contains every expected text."""
    try:
        expected = agents.named(case.route).id
    except Invalid:
        expected = case.route
    text = answer.text.casefold()
    return answer.route == expected and all(part.casefold() in text for part in case.expect)


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _print_row(number: int, case: QuestionCase, answer: ReceivedAnswer, right: bool) -> None:
    first = "-" if answer.first_token_ms is None else str(answer.first_token_ms)
    times = f"{first:>6} ms  {answer.total_ms:>6} ms"
    verdict = "right" if right else "WRONG"
    _write(f"{number:>3}  {answer.route or '-':<10} {verdict}  {times}  {case.question}")
    if not right:
        text = " ".join((answer.error or answer.text).split())
        _write(f"     expected {case.route} with {case.expect}, got: {text[:300]}")


def _print_totals(right: list[bool], answers: list[ReceivedAnswer]) -> None:
    firsts = [a.first_token_ms for a in answers if a.first_token_ms is not None]
    _write(
        f"{sum(right)} of {len(right)} right; first token {median(firsts or [0]):.0f} ms and total "
        f"{median([a.total_ms for a in answers] or [0]):.0f} ms at the median"
    )


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
