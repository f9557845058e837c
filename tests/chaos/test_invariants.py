"""Each invariant is violated by a run with one thing lost, repeated or wrong."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.chaos import invariants
from tests.chaos.client import ClientRun
from tests.chaos.invariants import StoredRun
from tests.chaos.stored_journal import JournalBatch

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


def stored_run(events: list[dict[str, Any]], **run: Any) -> StoredRun:
    received = deepcopy(EVENTS)
    stored = [{k: v for k, v in event.items() if k != "run_id"} for event in events]
    run_view = {
        "id": RUN,
        "state": "completed",
        "message_id": "msg_1",
        "usage": USAGE,
        "steps": [{"usage": USAGE}],
        "output": MESSAGE,
        **run,
    }
    batches = [JournalBatch(1, 3, stored[:3]), JournalBatch(4, len(stored), stored[3:])]
    return StoredRun(ClientRun(RUN, "thread_1", received), events, batches, run_view)


def thread(one: StoredRun, **more: Any) -> dict[str, Any]:
    run = {name: value for name, value in one.run.items() if name != "output"}
    return {"messages": [MESSAGE], "runs": [run], **more}


def violations(
    one: StoredRun, thread_view: dict[str, Any] | None = None, *, lossy: bool = False
) -> list[str]:
    return list(invariants._run(one, thread_view or thread(one), lossy=lossy))


def test_a_correct_run_violates_nothing() -> None:
    assert violations(stored_run(deepcopy(EVENTS))) == []


def _without(n: int) -> Callable[[list[Any]], list[Any]]:
    return lambda events: events[: n - 1] + events[n:]


def _twice(n: int) -> Callable[[list[Any]], list[Any]]:
    return lambda events: [*events[:n], events[n - 1], *events[n:]]


def _renumbered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**event, "seq": n} for n, event in enumerate(events, 1)]


@pytest.mark.parametrize(
    ("change", "expected"),
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
def test_an_incorrect_journal_is_found(
    change: Callable[[list[Any]], list[Any]], expected: str
) -> None:
    assert any(
        expected in violation for violation in violations(stored_run(change(deepcopy(EVENTS))))
    )


def test_a_table_with_other_events_is_found() -> None:
    one = stored_run(deepcopy(EVENTS))
    one.stored[1].events.pop()
    assert "the table holds other events than are read from it" in violations(one)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ({"state": "cancelled"}, "the run is cancelled, its last event"),
        ({"usage": {"output_tokens": 5}}, "the run's usage is"),
        ({"steps": [], "usage": {"output_tokens": 0}}, "no tokens are counted"),
        ({"output": None}, "the run's output is not its text"),
    ],
)
def test_a_run_with_other_values_is_found(run: dict[str, Any], expected: str) -> None:
    assert any(
        expected in violation for violation in violations(stored_run(deepcopy(EVENTS), **run))
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"messages": []}, "0 messages for a text of 8 characters"),
        ({"messages": [MESSAGE, MESSAGE]}, "2 messages for a text of 8 characters"),
        ({"messages": [{**MESSAGE, "partial": True}]}, "has partial True"),
        ({"runs": []}, "the thread lists the run otherwise"),
    ],
)
def test_a_thread_with_other_values_is_found(more: dict[str, Any], expected: str) -> None:
    one = stored_run(deepcopy(EVENTS))
    assert any(expected in violation for violation in violations(one, thread(one, **more)))


def test_only_an_interrupted_run_may_have_lost_its_last_events() -> None:
    ended = [*deepcopy(EVENTS[:4]), *deepcopy(EVENTS[5:8])]
    ended.append({"type": "run.failed", "code": "interrupted", "run_id": RUN})
    message = {**MESSAGE, "text": "One", "partial": True}
    one = stored_run(_renumbered(ended), state="interrupted", output=message)
    thread_view = thread(one, messages=[message])

    assert violations(one, thread_view, lossy=True) == []
    assert any(
        "the client's events differ" in violation for violation in violations(one, thread_view)
    )


def test_a_client_notes_repeated_and_late_events() -> None:
    client_run = ClientRun(RUN)
    for event in (EVENTS[0], EVENTS[0], EVENTS[-1], EVENTS[-1]):
        client_run.add_event(str(event["seq"]), event["type"], event)

    assert client_run.problems[:2] == [
        "event 1 came where 2 was next",
        "event 9 came where 3 was next",
    ]
    assert "event 9 came after the end" in client_run.problems
