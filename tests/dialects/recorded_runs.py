"""Recorded runs, and the golden bytes of each dialect.

`events/*.json` are the events of real runs: an answer from the database with reasoning, a tool
call and a table; one from documents with sources; failed before the first token, failed after
some; the run that continued that one; cancelled; and one whose first try broke off.

`GOLDEN=write pytest tests/dialects` writes the golden files anew: read the diff before you
commit it.
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
    """The bytes that a dialect encodes these events to."""
    encoder = DIALECTS[dialect]() if isinstance(dialect, str) else dialect
    return b"".join(map(encoder.encode, events))


def assert_golden(name: str, run: str, encoded: bytes) -> None:
    """Compares with the golden file, or writes it where GOLDEN is `write`."""
    path = HERE / "golden" / name / f"{run}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded)
    assert path.exists(), f"no golden file {path.name} of {name}: write it with GOLDEN=write"
    assert encoded.decode() == path.read_bytes().decode()
