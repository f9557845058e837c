"""`make bench`, second part: what it costs to store every run, and how fast one is resumed.

The app runs in this process, so that its CPU is this process's; the model and the table are
processes of their own. Each round measures every contestant, one after the other.
"""

import argparse
import asyncio
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import template
from tests.performance.failures import Failures
from tests.performance.writes import WriteCounter
from waypost.events import Terminal
from waypost.identity import Identity
from waypost.runs import Backend, LiveRun, begin, follow
from waypost.runs.request import RunRequest
from waypost.settings import Settings
from waypost.store import journals
from waypost_local.aws import moto_server

TOKENS = 5000
PACE = 80
PACED = 240
TIMEOUT = 120
ME = Identity("bench", "bench")
Figures = dict[str, float]


async def read_to_end(run: Any) -> list[tuple[float, Any]]:
    """Every event, with the time of its arrival."""
    found: list[tuple[float, Any]] = []
    while not (found and isinstance(found[-1][1], Terminal)):
        events = await run.read(len(found), 30)
        found += [(time.time(), event) for event in events]
    return found


async def ask(backend: Backend, text: str) -> LiveRun:
    run = await begin(backend, ME, RunRequest(text, agent="plain"))
    assert isinstance(run, LiveRun)
    return run


async def journal(backend: Backend) -> Figures:
    """CPU of an answer without pauses, and writes of one at a model's pace."""
    before = time.process_time()
    await read_to_end(await ask(backend, f"{TOKENS} tokens at 0"))
    cpu = (time.process_time() - before) / TOKENS
    writes = WriteCounter(backend.table._client)
    with writes:
        await read_to_end(await ask(backend, f"{PACED} tokens at {PACE}"))
    return {"CPU per token": cpu, "write units per answer": writes.units, "writes": writes.calls}


async def first_token(backend: Backend) -> Figures:
    """From the question to its first token: through a run, and of the model alone."""
    started = time.time()
    run = await ask(backend, f"3 tokens at {PACE}")
    first = next(at for at, event in await read_to_end(run) if event.type == "text.delta")
    began = time.time()
    await asyncio.to_thread(_bare, backend.resources.bedrock)
    return {"first token": first - started, "first token, bare boto3": time.time() - began}


def _bare(client: Any) -> None:
    content = [{"text": f"3 tokens at {PACE}"}]
    messages = [{"role": "user", "content": content}]
    for event in client.converse_stream(modelId="m", messages=messages)["stream"]:
        if "contentBlockDelta" in event:
            return


async def resume(backend: Backend) -> Figures:
    """Seconds to read a finished run again, and how far a reader of the journal lags behind."""
    run = await ask(backend, f"{PACED} tokens at {PACE}")
    reader = asyncio.create_task(read_to_end(run))
    await asyncio.sleep(0.3)
    other_reader = asyncio.create_task(read_to_end(await follow(backend, ME, run.id)))
    arrived = {event.seq: at for at, event in await reader}
    lags = [
        at - arrived[event.seq] for at, event in await other_reader if event.type == "text.delta"
    ]
    started = time.time()
    again = await follow(backend, ME, run.id, 100)
    await again.read(100, 1)
    return {"resume, finished": time.time() - started, "resume, live lag": median(lags)}


async def cancel(backend: Backend) -> Figures:
    run = await ask(backend, f"{PACED * 10} tokens at {PACE}")
    await asyncio.sleep(0.5)
    started = time.time()
    await journals.request_cancel(backend.table, ME, run.id)
    await run.wait()
    return {"cancel to end": time.time() - started}


async def concurrent(backend: Backend) -> Figures:
    async def one() -> None:
        await read_to_end(await ask(backend, f"{PACED} tokens at {PACE}"))

    times = []
    for count in (1, 4):
        began = time.time()
        await asyncio.gather(*(one() for _ in range(count)))
        times.append(time.time() - began)
    return {"one run": times[0], "four runs at once": times[1]}


@asynccontextmanager
async def opened(folder: Path, more: Mapping[str, str] = {}) -> AsyncIterator[Backend]:
    """A backend over moto and the counted model, with an agent that has no tools.

    Args:
        more: Variables of its environment.
    """
    (folder / "plain.md").write_text(
        "---\nid: plain\nname: Plain\ndescription: Writes tokens.\nexamples: [x]\n"
        "max_tokens: 100000\n---\nWrite tokens.\n"
    )
    command = [sys.executable, str(Path(__file__).with_name("bench_model.py"))]
    model = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert model.stdout
    try:
        async with moto_server.serving() as endpoint:
            os.environ |= {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": (await model.stdout.readline())
                .decode()
                .strip(),
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
            table = f"bench-{uuid.uuid4()}"
            env = {"WAYPOST_TABLE": table, "WAYPOST_MODEL": "m", "WAYPOST_AGENTS": str(folder)}
            backend = await Backend.open(Settings.from_env({**env, **more}))
            backend.table._client.create_table(TableName=table, **template.table_definition())
            await read_to_end(await ask(backend, "3 tokens at 0"))
            yield backend
    finally:
        model.kill()
        await model.wait()


async def run(rounds: int, folder: Path) -> None:
    failures = Failures()
    results: list[Figures] = []
    async with opened(folder) as backend:
        at_the_end = replace(
            backend, settings=replace(backend.settings, journal_seconds=3600, journal_bytes=10**9)
        )
        for number in range(rounds):
            write(f"runs: round {number + 1} of {rounds}\r")
            figures: Figures = {"journal wait": backend.settings.journal_seconds, "beat": 1.0}
            results.append(figures)
            for measure in (first_token, resume, cancel, concurrent, journal):
                name = f"{measure.__name__}, round {number + 1}"
                async with failures.contained(name, TIMEOUT):
                    figures |= await measure(backend)
            async with failures.contained(f"journal at the end, round {number + 1}", TIMEOUT):
                peer = await journal(at_the_end)
                figures |= {f"{name}, at the end": value for name, value in peer.items()}
    _report(results)
    failures.exit()


def write_row(
    results: list[Figures], name: str, of: str, peer: str, unit: str, scale: float, note: str = ""
) -> None:
    """Medians of a figure and its peer's, and their ratio, over the rounds that have both."""
    results = [figures for figures in results if of in figures and figures.get(peer)]
    if not results:
        write(f"{name:<36} not measured\n")
        return
    ratios = sorted(f[of] / f[peer] for f in results)
    left, right = (median(f[key] for f in results) * scale for key in (of, peer))
    write(
        f"{name:<36} {left:>8.2f} {unit:<3} {right:>8.2f} {unit:<3} {median(ratios):>6.2f}"
        f"  {ratios[0]:.2f} to {ratios[-1]:.2f}{note}\n"
    )


def _report(results: list[Figures]) -> None:
    row = partial(write_row, results)
    write(f"\nruns, medians of {len(results)} rounds: ours, the peer's, ratio, min to max\n")
    end = ", at the end"
    row("CPU per token / one batch at end", "CPU per token", f"CPU per token{end}", "µs", 1e6)
    units = "write units per answer"
    row(f"{units} / one batch", units, f"{units}{end}", "", 1)
    row("first token / bare boto3", "first token", "first token, bare boto3", "ms", 1000)
    row("four runs at once / one", "four runs at once", "one run", "s", 1, "  (target ≤ 1.15)")
    row("resume, finished / first token", "resume, finished", "first token", "ms", 1000)
    row("resume, live lag / journal wait", "resume, live lag", "journal wait", "ms", 1000)
    row("cancel to end / beat", "cancel to end", "beat", "ms", 1000)


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(parser.parse_args().rounds, Path(folder)))
