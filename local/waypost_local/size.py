"""The unzipped size of what `sam build` made: Lambda takes 250 MB, we keep to 100."""

import sys
from pathlib import Path

MAX_BYTES = 100_000_000


def run(build: Path) -> int:
    """Prints a line for each artifact and the total. Exit code 1 where that is too much."""
    if not build.is_dir():
        sys.stderr.write(f"There is no {build}: run `make build` first.\n")
        return 2
    sizes = {path.name: _size(path) for path in sorted(build.iterdir()) if path.is_dir()}
    for name, size in sizes.items():
        sys.stdout.write(f"{name:<20} {size / 1e6:7.1f} MB\n")
    total = sum(sizes.values())
    sys.stdout.write(f"{'total, unzipped':<20} {total / 1e6:7.1f} MB of {MAX_BYTES / 1e6:.0f}\n")
    return 0 if total <= MAX_BYTES else 1


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
