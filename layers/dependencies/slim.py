"""Leaves out of botocore's data what only people read, and other services' endpoints.

Run by the Makefile: `python slim.py <site-packages> <service> …`. A cold start parses this data.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any


def without_documentation(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: without_documentation(part)
            for name, part in value.items()
            if not (name == "documentation" and isinstance(part, str))
        }
    return [without_documentation(part) for part in value] if isinstance(value, list) else value


def slim(site: Path, services: set[str]) -> None:
    data = site / "botocore/data"
    for path in data.glob("*/*/service-2.json.gz"):
        model = json.loads(gzip.decompress(path.read_bytes()))
        _write(path.with_suffix(""), without_documentation(model))
        path.unlink()
    endpoints = json.loads((data / "endpoints.json").read_text())
    for partition in endpoints["partitions"]:
        found = partition["services"]
        partition["services"] = {name: found[name] for name in sorted(services & set(found))}
    _write(data / "endpoints.json", endpoints)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")))


if __name__ == "__main__":
    slim(Path(sys.argv[1]), set(sys.argv[2:]))
