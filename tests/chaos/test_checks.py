"""The checks see what they are there for: each of these is one thing lost, repeated or untold."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.chaos import checks
from tests.chaos.checks import Kept
from tests.chaos.client import Reading
from tests.chaos.ledger import Batch

RUN = "run_1"
USAGE = {"input_tokens": 9, "output_tokens": 4}
_EVENTS: list[dict[str, Any]] = [
    {"type": "run.started"},
    {"type": "step.started", "step_id": "s1"},
    {"type": "text.started", "text_id": "t1", "channel": "final"},
    {"type": "text.delta", "text_id": "t1", "delta": "One"},
    {"type": "text.delta", "text_id": "t1", "delta": " two."},
    {"type": "text.completed", "text_id": "t1"},
    {"type": "step.completed", "step_id": "s1"},
    {"type": "usage", **USAGE},
    {"type": "run.completed"},
]
EVENTS = [{"seq": n, "run_id": RUN, **event} for n, event in enumerate(_EVENTS, 1)]
MESSAGE = {"id": "msg_1", "role": "assistant", "text": "One two.", "partial": False}


def kept(events: list[dict[str, Any]], **run: Any) -> Kept:
    seen = deepcopy(EVENTS)
    told = [{k: v for k, v in event.items() if k != "run_id"} for event in events]
    made = {"id": RUN, "state": "completed", "message_id": "msg_1", "usage": USAGE,
            "steps": [{"usage": USAGE}], "output": MESSAGE, **run}  # fmt: skip
    stored = [Batch(1, 3, told[:3]), Batch(4, len(told), told[3:])]
    return Kept(Reading(RUN, "thread_1", seen), events, stored, made)


def thread(one: Kept, **more: Any) -> dict[str, Any]:
    run = {name: value for name, value in one.run.items() if name != "output"}
    return {"messages": [MESSAGE], "runs": [run], **more}


def found(one: Kept, there: dict[str, Any] | None = None, *, lossy: bool = False) -> list[str]:
    return list(checks._run(one, there or thread(one), lossy=lossy))


def test_a_run_that_is_as_it_should_be() -> None:
    assert found(kept(deepcopy(EVENTS))) == []


def _without(n: int) -> Callable[[list[Any]], list[Any]]:
    return lambda events: events[: n - 1] + events[n:]


def _twice(n: int) -> Callable[[list[Any]], list[Any]]:
    return lambda events: [*events[:n], events[n - 1], *events[n:]]


def _renumbered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**event, "seq": n} for n, event in enumerate(events, 1)]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (_without(5), "the journal's numbers are"),
        (_twice(5), "the journal's numbers are"),
        (_without(9), "the journal ends at []"),
        (lambda e: _renumbered(_twice(9)(e)), "the journal ends at [9, 10] of [10]"),
        (lambda e: _renumbered(_without(5)(e)), "the client's events differ from the replay's"),
        (lambda e: _renumbered(_without(5)(e)), "the message is 'One two.', the text 'One'"),
        (lambda e: _renumbered(_twice(4)(e)), "the text 'OneOne two.'"),
        (lambda e: _renumbered(_without(6)(e)), "text_id: begun {'t1': 1}"),
        (lambda e: _renumbered(_without(7)(e)), "step_id: begun {'s1': 1}"),
    ],
)
def test_a_journal_that_is_not(change: Callable[[list[Any]], list[Any]], wanted: str) -> None:
    assert any(wanted in what for what in found(kept(change(deepcopy(EVENTS)))))


def test_a_table_that_holds_something_else() -> None:
    one = kept(deepcopy(EVENTS))
    one.stored[1].events.pop()
    assert "the table holds other events than are read from it" in found(one)


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        ({"state": "cancelled"}, "the run is cancelled, its last event"),
        ({"usage": {"output_tokens": 5}}, "the run's usage is"),
        ({"steps": [], "usage": {"output_tokens": 0}}, "no tokens are counted"),
        ({"output": None}, "the run's output is not its text"),
    ],
)
def test_a_run_that_says_something_else(run: dict[str, Any], wanted: str) -> None:
    assert any(wanted in what for what in found(kept(deepcopy(EVENTS), **run)))


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"messages": []}, "0 messages for a text of 8 characters"),
        ({"messages": [MESSAGE, MESSAGE]}, "2 messages for a text of 8 characters"),
        ({"messages": [{**MESSAGE, "partial": True}]}, "has partial True"),
        ({"runs": []}, "the thread lists the run otherwise"),
    ],
)
def test_a_thread_that_says_something_else(more: dict[str, Any], wanted: str) -> None:
    one = kept(deepcopy(EVENTS))
    assert any(wanted in what for what in found(one, thread(one, **more)))


def test_only_a_run_that_nobody_could_end_may_have_lost_its_last_words() -> None:
    ended = [*deepcopy(EVENTS[:4]), *deepcopy(EVENTS[5:8])]
    ended.append({"type": "run.failed", "code": "interrupted", "run_id": RUN})
    message = {**MESSAGE, "text": "One", "partial": True}
    one = kept(_renumbered(ended), state="interrupted", output=message)
    there = thread(one, messages=[message])

    assert found(one, there, lossy=True) == []
    assert any("the client's events differ" in what for what in found(one, there))


def test_a_reader_notes_what_comes_twice_or_too_late() -> None:
    reading = Reading(RUN)
    for event in (EVENTS[0], EVENTS[0], EVENTS[-1], EVENTS[-1]):
        reading.take(str(event["seq"]), event["type"], event)

    assert reading.complaints[:2] == [
        "event 1 came where 2 was next",
        "event 9 came where 3 was next",
    ]
    assert "event 9 came after the end" in reading.complaints
