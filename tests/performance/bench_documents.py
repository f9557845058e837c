"""`make bench`: what documents cost: an index built, the same opened again, a search."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.performance.bench_runs import write
from waypost.knowledge import Folder

COUNTS = (17, 300, 3_000)
SECTIONS = 4
WORDS = 120
SEARCHES = 30


def write_documents(root: Path, count: int) -> None:
    """Markdown of made-up words, the same for the same count."""
    rng = random.Random(count)
    letters = "abcdefghijklmnoprstuvw"
    words = ["".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(3_000)]
    for number in range(count):
        sections = (
            f"## {' '.join(rng.choices(words, k=3))}\n\n{' '.join(rng.choices(words, k=WORDS))}"
            for _ in range(SECTIONS)
        )
        (root / f"{number:05}.md").write_text(f"# Document {number}\n\n" + "\n\n".join(sections))


async def timed(work: Awaitable[object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000


async def run() -> None:
    write("documents: milliseconds\n")
    write(f"{'':>8} {'built':>8} {'opened':>8} {'search':>8} {'outline':>8}\n")
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            root, cache = Path(name) / "documents", Path(name) / "cache"
            root.mkdir()
            cache.mkdir()
            write_documents(root, count)
            built = await timed(Folder(root, cache).names())
            folder = Folder(root, cache)
            opened = await timed(folder.names())
            question = (root / "00003.md").read_text().split("\n\n")[2][:60]
            searches = [await timed(folder.search(question)) for _ in range(SEARCHES)]
            outline = await timed(folder.outline())
            row = (built, opened, median(searches), outline)
            write(f"{count:>8} " + " ".join(f"{value:>8.1f}" for value in row) + "\n")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_known_args()
    asyncio.run(run())
