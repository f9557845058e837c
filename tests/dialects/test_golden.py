"""Every dialect over every recorded run, to the byte; and what holds for all of their bytes."""

import json

import pytest

from tests.dialects.recorded import HERE, RUNS, matches_golden, wire
from waypost_chat.dialects import DIALECTS

EVERY_RUN = pytest.mark.parametrize("run", RUNS)
EVERY_DIALECT = pytest.mark.parametrize("dialect", DIALECTS)


@EVERY_RUN
@EVERY_DIALECT
def test_a_dialect_says_what_it_is_known_to_say(dialect: str, run: str) -> None:
    matches_golden(dialect, run, wire(dialect, RUNS[run]))


@EVERY_RUN
@EVERY_DIALECT
def test_frames_are_what_every_reader_takes(dialect: str, run: str) -> None:
    """LF, a blank line after each frame, one line of data each, and no comment among them."""
    encoder = DIALECTS[dialect]()
    for event in RUNS[run]:
        told = encoder.encode(event).decode()
        assert "\r" not in told
        assert told == "" or told.endswith("\n\n")
        frames = told.split("\n\n")[:-1]
        for frame in frames:
            fields = [line.partition(": ")[0] for line in frame.split("\n")]
            assert fields in (["data"], ["id", "data"], ["event", "data"], ["id", "event", "data"])
        # Who was cut off between two frames of an event is sent both again.
        assert not any(frame.startswith("id: ") for frame in frames[:-1])
        assert all(frame.startswith(f"id: {event.seq}\n") for frame in frames[-1:])


@EVERY_DIALECT
def test_data_is_json_or_the_sentinel(dialect: str) -> None:
    for events in RUNS.values():
        lines = wire(dialect, events).decode().split("\n")
        data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        assert all(json.loads(text) is not None for text in data if text != "[DONE]")
        assert "[DONE]" not in data[:-1]


def test_no_transcript_is_of_nothing() -> None:
    kept = {(path.parent.name, path.stem) for path in (HERE / "golden").rglob("*.txt")}
    assert kept == {(dialect, run) for dialect in DIALECTS for run in RUNS}
