"""Sends a file of questions to a running stack, and prints which answers are right."""

import json
import re
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import httpx

from waypost.agents.definition import Agents
from waypost.errors import Invalid
from waypost_local import json_lines

Verdict = Literal["right", "declined", "WRONG"]

_TENANT = "questions"
_POINTS: dict[Verdict, int] = {"right": 1, "declined": 0, "WRONG": -3}
_REFUSAL = re.compile(
    r"\b(cannot|can['\u2019]t|unable to|not able to|"
    r"do(es)?( not|n['\u2019]t) (answer|know|mention|hold|say)|"
    r"hold nothing|say nothing|no information|nothing to answer|not a language model)\b",
    re.IGNORECASE,
)
_BEGINNING = 200
"""Characters in which an answer that declines says so."""


@dataclass(frozen=True)
class QuestionCase:
    """A question, the agent that it is for (any if empty) and the texts of a right answer.

    `declined` is a question that nothing here answers: only an answer that says so is right.
    `after` are questions that are asked before it in the same conversation.
    """

    question: str
    route: str = ""
    expect: Sequence[str] = ()
    declined: bool = False
    after: Sequence[str] = ()


@dataclass(frozen=True)
class ReceivedAnswer:
    """Times are milliseconds since the question was sent."""

    route: str
    text: str
    error: str
    first_token_ms: int | None
    total_ms: int


def read(path: Path) -> list[QuestionCase]:
    """One question per line, as JSON, with the fields of `QuestionCase`. Raises JsonLinesError."""
    return json_lines.read(path, lambda fields: QuestionCase(**fields))


def run(cases: list[QuestionCase], url: str, agents: Agents, at_least: int | None) -> int:
    """Prints a row per question and the totals. Exit code 0 where enough are right."""
    verdicts: list[Verdict] = []
    answers: list[ReceivedAnswer] = []
    with httpx.Client(base_url=url, timeout=120) as client:
        for number, case in enumerate(cases, 1):
            conversation = str(uuid.uuid4())
            for earlier in case.after:
                ask(client, earlier, conversation)
            answer = ask(client, case.question, conversation)
            answers.append(answer)
            verdicts.append(verdict(case, answer, agents))
            _print_row(number, case, answer, verdicts[-1])
    _print_totals(verdicts, answers)
    right = verdicts.count("right")
    return 0 if right >= (len(verdicts) if at_least is None else at_least) else 1


def ask(client: httpx.Client, question: str, conversation: str) -> ReceivedAnswer:
    """Sends one question over the internal stream."""
    body = {
        "input": {"message": question},
        "conversation": {"id": conversation, "user_id": "asker", "company_id": _TENANT},
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


def verdict(case: QuestionCase, answer: ReceivedAnswer, agents: Agents) -> Verdict:
    """Whether the agent is the expected one and the answer says what is expected."""
    if answer.error:
        return "WRONG"
    declines = is_refusal(answer.text)
    if case.declined:
        return "right" if declines else "WRONG"
    routed = not case.route or answer.route == _agent(case.route, agents)
    if routed and says(answer.text, case.expect):
        return "right"
    return "declined" if declines else "WRONG"


def is_refusal(text: str) -> bool:
    """Whether an answer says at its beginning that it has none."""
    return bool(_REFUSAL.search(text[:_BEGINNING]))


def says(text: str, expected: Sequence[str]) -> bool:
    """Whether a text holds all that is expected; 5 is not in 15, and 89 is in 89.00."""
    low = text.casefold()
    return all(
        re.search(rf"(?<![\w.]){re.escape(part.casefold())}(?:0+|\.0+)?(?!\d|\.\d)", low)
        if part[:1].isdigit()
        else part.casefold() in low
        for part in expected
    )


def _agent(route: str, agents: Agents) -> str:
    try:
        return agents.named(route).id
    except Invalid:
        return route


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _print_row(number: int, case: QuestionCase, answer: ReceivedAnswer, found: Verdict) -> None:
    first = "-" if answer.first_token_ms is None else str(answer.first_token_ms)
    times = f"{first:>6} ms  {answer.total_ms:>6} ms"
    asked = " > ".join([*case.after, case.question])
    _write(f"{number:>3}  {answer.route or '-':<10} {found:<8} {times}  {asked}")
    if found != "right":
        text = " ".join((answer.error or answer.text).split())
        expected = (
            "a refusal" if case.declined else f"{case.route or 'any agent'} with {case.expect}"
        )
        _write(f"     expected {expected}, got: {text[:300]}")


def _print_totals(verdicts: list[Verdict], answers: list[ReceivedAnswer]) -> None:
    count = Counter(verdicts)
    points = sum(_POINTS[one] for one in verdicts)
    firsts = [a.first_token_ms for a in answers if a.first_token_ms is not None]
    _write(
        f"{count['right']} of {len(verdicts)} right, {count['declined']} declined, "
        f"{count['WRONG']} wrong: {points} points (a wrong answer is worth {_POINTS['WRONG']}); "
        f"first token {median(firsts or [0]):.0f} ms and total "
        f"{median([a.total_ms for a in answers] or [0]):.0f} ms at the median"
    )


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
