"""A run's projection and transcript, after any event at which the run may break off."""

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.run_strategies import RUN, broken_runs
from waypost.events import Event, RunFailed, any_event
from waypost.models.turns import AssistantTurn, ToolTurn
from waypost.runs.projection import RunProjection
from waypost.runs.transcript import transcript
from waypost.store import journals
from waypost_chat.dialects import DIALECTS


def project(events: list[Event]) -> RunProjection:
    projection = RunProjection(RUN)
    for event in events:
        projection.apply(event)
    return projection


def closing_events(projection: RunProjection) -> list[Event]:
    """The events that close a run that broke off, its end included."""
    added = [projection.append(event) for event in list(projection.close_open())]
    end = RunFailed(code="interrupted", message="x", retryable=True, partial=bool(projection.text))
    return [*added, projection.append(end)]


@given(broken_runs())
def test_a_run_read_back_is_the_run_that_was_written(events: list[Event]) -> None:
    stored = [json.loads(journals.encode(event)) for event in events]
    read = [any_event.validate_python(event) for event in stored]
    read = [event.stamped(event.seq, RUN.id, event.at) for event in read]
    assert read == events
    first, second = project(events), project(list(read))
    assert first.run() == second.run()
    assert first.steps() == second.steps()
    assert first.text == second.text


@given(broken_runs())
def test_a_run_that_broke_off_is_closed_and_gapless(events: list[Event]) -> None:
    projection = project(events)
    whole = [*events, *closing_events(projection)]
    assert [event.seq for event in whole] == list(range(1, len(whole) + 1))
    assert list(projection.close_open()) == []
    assert all(step.status for step in projection.steps())
    assert (projection.run().state, projection.message().partial) == ("interrupted", True)
    types = [event.type for event in whole]
    assert types.count("text.started") == types.count("text.completed")
    assert types.count("tool.started") == types.count("tool.output") + types.count("tool.failed")
    assert types.count("step.started") == types.count("step.completed")


@given(broken_runs())
def test_a_transcript_has_the_text_and_the_tool_calls_of_the_run(events: list[Event]) -> None:
    turns = transcript(events)
    text = "".join(turn.text for turn in turns if isinstance(turn, AssistantTurn))
    assert text == project(events).text
    calls = [call.id for t in turns if isinstance(t, AssistantTurn) for call in t.calls]
    results = [turn.call_id for turn in turns if isinstance(turn, ToolTurn)]
    assert calls == results
    assert results == [e.call_id for e in events if e.type in ("tool.output", "tool.failed")]  # type: ignore[attr-defined]
    for before, after in pairwise(turns):
        assert not (isinstance(before, AssistantTurn) and isinstance(after, AssistantTurn))


@settings(max_examples=50)
@given(broken_runs(), st.data())
def test_every_dialect_resumes_by_encoding_the_events_again(
    events: list[Event], data: st.DataObject
) -> None:
    """What a dialect encodes after an event is the rest of what it encodes of the whole run."""
    whole = [*events, *closing_events(project(events))]
    after = data.draw(st.integers(0, len(whole)))
    for new_dialect in DIALECTS.values():
        first, again = new_dialect(), new_dialect()
        sent = [first.encode(event) for event in whole]
        encoded = [(event.seq, again.encode(event)) for event in whole]
        assert sent == [data for _, data in encoded]
        rest = b"".join(data for seq, data in encoded if seq > after)
        assert b"".join(sent[:after]) + rest == b"".join(sent)
