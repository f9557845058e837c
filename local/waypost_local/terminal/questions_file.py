"""A file of questions as batches take it: JSON lines, or CSV with a column `question`."""

import csv
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

_FIELDS = ("id", "question", "agent", "model", "thread_id", "user_id")


@contextmanager
def json_lines(path: Path) -> Iterator[Path]:
    """The file itself, or for CSV one that is gone again afterwards."""
    if path.suffix.lower() != ".csv":
        yield path
        return
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as lines:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if "question" not in (rows.fieldnames or ()):
                raise click.ClickException(f"{path} has no column `question`.")
            for row in rows:
                fields = {name: row[name] for name in _FIELDS if row.get(name)}
                lines.write(json.dumps(fields) + "\n")
        lines.flush()
        yield Path(lines.name)
