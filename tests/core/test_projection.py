"""What a run's events amount to, however they come and wherever they end."""

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.runs import RUN, broken_runs
from waypost.events import Event, RunFailed, any_event
from waypost.models.turns import AssistantTurn, ToolTurn
from waypost.runs.projection import RunProjection
from waypost.runs.transcript import transcript
from waypost.store import journals
from waypost_chat.dialects import DIALECTS


def kept(events: list[Event]) -> RunProjection:
    projection = RunProjection(RUN)
    for event in events:
        projection.apply(event)
    return projection


def ended(projection: RunProjection) -> list[Event]:
    """What is added where a run broke off, its end included."""
    added = [projection.append(event) for event in list(projection.close_open())]
    end = RunFailed(code="interrupted", message="x", retryable=True, partial=bool(projection.text))
    return [*added, projection.append(end)]


@given(broken_runs())
def test_a_run_read_back_is_the_run_that_was_written(events: list[Event]) -> None:
    stored = [json.loads(journals.encode(event)) for event in events]
    read = [any_event.validate_python(event) for event in stored]
    read = [event.stamped(event.seq, RUN.id, event.at) for event in read]
    assert read == events
    first, second = kept(events), kept(list(read))
    assert first.run() == second.run()
    assert first.steps() == second.steps()
    assert first.text == second.text


@given(broken_runs())
def test_a_run_that_broke_off_is_closed_and_gapless(events: list[Event]) -> None:
    projection = kept(events)
    whole = [*events, *ended(projection)]
    assert [event.seq for event in whole] == list(range(1, len(whole) + 1))
    assert list(projection.close_open()) == []
    assert all(step.status for step in projection.steps())
    assert (projection.run().state, projection.message().partial) == ("interrupted", True)
    kinds = [event.type for event in whole]
    assert kinds.count("text.started") == kinds.count("text.completed")
    assert kinds.count("tool.started") == kinds.count("tool.output") + kinds.count("tool.failed")
    assert kinds.count("step.started") == kinds.count("step.completed")


@given(broken_runs())
def test_what_is_told_again_is_what_was_said_and_done(events: list[Event]) -> None:
    turns = transcript(events)
    said = "".join(turn.text for turn in turns if isinstance(turn, AssistantTurn))
    assert said == kept(events).text
    made = [call.id for t in turns if isinstance(t, AssistantTurn) for call in t.calls]
    results = [turn.call_id for turn in turns if isinstance(turn, ToolTurn)]
    assert made == results
    assert results == [e.call_id for e in events if e.type in ("tool.output", "tool.failed")]  # type: ignore[attr-defined]
    for before, after in pairwise(turns):
        assert not (isinstance(before, AssistantTurn) and isinstance(after, AssistantTurn))


@settings(max_examples=50)
@given(broken_runs(), st.data())
def test_every_dialect_resumes_by_being_told_again(
    events: list[Event], data: st.DataObject
) -> None:
    """Frames of one event stay together; where they are cut, the rest is what was not sent."""
    whole = [*events, *ended(kept(events))]
    after = data.draw(st.integers(0, len(whole)))
    for make in DIALECTS.values():
        first, again = make(), make()
        sent = [first.encode(event) for event in whole]
        told = [(event.seq, again.encode(event)) for event in whole]
        assert sent == [data for _, data in told]
        rest = b"".join(data for seq, data in told if seq > after)
        assert b"".join(sent[:after]) + rest == b"".join(sent)
