"""Every dialect over every recorded run, to the byte; and the framing that all dialects share."""

import json

import pytest

from tests.dialects.recorded_runs import HERE, RUNS, assert_golden, wire
from waypost_chat.dialects import DIALECTS

EVERY_RUN = pytest.mark.parametrize("run", RUNS)
EVERY_DIALECT = pytest.mark.parametrize("dialect", DIALECTS)


@EVERY_RUN
@EVERY_DIALECT
def test_a_dialect_encodes_a_run_as_its_golden_file(dialect: str, run: str) -> None:
    assert_golden(dialect, run, wire(dialect, RUNS[run]))


@EVERY_RUN
@EVERY_DIALECT
def test_frames_are_valid_server_sent_events(dialect: str, run: str) -> None:
    """LF, a blank line after each frame, one line of data each, and no comment among them."""
    encoder = DIALECTS[dialect]()
    for event in RUNS[run]:
        encoded = encoder.encode(event).decode()
        assert "\r" not in encoded
        assert encoded == "" or encoded.endswith("\n\n")
        frames = encoded.split("\n\n")[:-1]
        for frame in frames:
            fields = [line.partition(": ")[0] for line in frame.split("\n")]
            assert fields in (["data"], ["id", "data"], ["event", "data"], ["id", "event", "data"])
        # A client cut off between two frames of an event is sent both again.
        assert not any(frame.startswith("id: ") for frame in frames[:-1])
        assert all(frame.startswith(f"id: {event.seq}\n") for frame in frames[-1:])


@EVERY_DIALECT
def test_data_is_json_or_the_sentinel(dialect: str) -> None:
    for events in RUNS.values():
        lines = wire(dialect, events).decode().split("\n")
        data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        assert all(json.loads(text) is not None for text in data if text != "[DONE]")
        assert "[DONE]" not in data[:-1]


def test_every_golden_file_has_a_dialect_and_a_run() -> None:
    stored = {(path.parent.name, path.stem) for path in (HERE / "golden").rglob("*.txt")}
    assert stored == {(dialect, run) for dialect in DIALECTS for run in RUNS}
