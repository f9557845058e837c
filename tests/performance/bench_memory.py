"""`make bench`, last part: the memory of the local stack's processes over many questions.

It starts the stack as `make run` does and prints what all its processes hold after each hundred.
"""

import argparse
import asyncio
import re
import sys
from pathlib import Path

import httpx

QUESTIONS = 400
AT_ONCE = 4
QUESTION = {"input": "How many technicians are active?"}


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in descendants(int(child)))]


def megabytes(pid: int) -> float:
    """What a process and all below it hold in memory."""
    pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in descendants(pid)]
    return sum(pages) * 4096 / 1e6


async def ask(url: str, count: int) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False) as client:
        left = iter(range(count))

        async def work() -> None:
            for _ in left:
                response = await client.post("/v1/runs", json=QUESTION)
                assert "run.completed" in response.text, response.text[-300:]

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(questions: int) -> None:
    arguments = ["run", "--port", "0", "--token-rate", "0", "--environments", str(2 * AT_ONCE)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "waypost_local", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    ready = None
    while not ready:
        ready = re.search(r"ready at (\S+)", (await process.stdout.readline()).decode())
    reading = asyncio.create_task(process.stdout.read())
    try:
        await ask(ready[1], AT_ONCE * 5)
        first = megabytes(process.pid)
        _write(f"memory of the local stack: {first:.0f} MB after {AT_ONCE * 5} questions")
        for asked in range(100, questions + 1, 100):
            await ask(ready[1], 100)
            now = megabytes(process.pid)
            _write(f"  after {asked:>5} more: {now:.0f} MB, {now / first:.2f} of the first")
    finally:
        process.terminate()
        await process.wait()
        reading.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    asyncio.run(main(parser.parse_known_args()[0].questions))
