"""Runs as they were once recorded, and what each dialect is known to make of them.

`events/*.json` are the events of real runs: an answer from the database with reasoning, a tool
call and a table; one from documents with sources; failed before the first word, failed after
some; the run that went on with that one; cancelled; and one whose first try broke off.

`GOLDEN=write pytest tests/dialects` writes the transcripts anew: read the difference before you
keep it.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from waypost.events import Event, any_event
from waypost_chat.dialects import DIALECTS, Dialect

HERE = Path(__file__).parent


def _events(path: Path) -> list[Event]:
    return [any_event.validate_python(event) for event in json.loads(path.read_text())]


RUNS: dict[str, list[Event]] = {
    path.stem: _events(path) for path in sorted((HERE / "events").glob("*.json"))
}


def wire(dialect: Dialect | str, events: Iterable[Event]) -> bytes:
    """All that a dialect says of these events."""
    encoder = DIALECTS[dialect]() if isinstance(dialect, str) else dialect
    return b"".join(map(encoder.encode, events))


def matches_golden(name: str, run: str, told: bytes) -> None:
    """Compares with the transcript, or writes it where that is asked for."""
    path = HERE / "golden" / name / f"{run}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(told)
    assert path.exists(), f"no transcript {path.name} of {name}: make it with GOLDEN=write"
    assert told.decode() == path.read_bytes().decode()
