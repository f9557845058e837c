"""`make bench`, an answer's way through the whole function, against an ordinary LangChain app.

Both run under a Runtime API as on Lambda, in its version of Python with compiled packages. Ours has
its table in moto; the peer keeps nothing.
"""

import argparse
import asyncio
import gzip
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.performance.bench_runs import Figures, opened, write, write_row
from tests.performance.contestants import LambdaContestant, TimedResponse
from tests.performance.failures import Failures

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam/build"
TOKENS = 5_000
PACE, PACED = 100, 300
TIMEOUT = 180
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "waypost": ("/v1/runs", {"agent": "plain"}),
    "ai-sdk": ("/api/ai-sdk/chat", {}),
    "openai": ("/openai/v1/chat/completions", {"model": "plain", "stream": True}),
    "ag-ui": ("/api/ag-ui", {}),
}


class Function(LambdaContestant):
    """The chat function as it is deployed: Lambda's Python, and layers with their bytecode."""

    name = "waypost"
    handler = "waypost_chat.app.app"
    task_root = BUILD / "ChatFunction"


class LangChainApp(LambdaContestant):
    """On the same runtime, with the same packages."""

    name = "langchain"
    handler = "peer_langchain.app"


def python_of_lambda() -> str:
    found = [shutil.which("python3.13"), *Path.home().glob(".pyenv/versions/3.13*/bin/python")]
    for python in filter(None, map(str, filter(None, found))):
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    raise SystemExit("Python 3.13 is needed, as on Lambda.")


def build(folder: Path) -> None:
    """Builds what is deployed, and its packages for this machine's processor."""
    subprocess.run(["make", "build"], cwd=ROOT, check=True, capture_output=True)
    python = python_of_lambda()
    site, langchain = folder / "site", folder / "langchain"
    dependencies = ROOT / "layers/dependencies"
    install = [
        str(Path(sys.executable).with_name("uv")),
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        python,
    ]
    for target, layer in ((site, dependencies), (langchain, ROOT / "layers/runnables")):
        subprocess.run([*install, "--target", target, "-r", layer / "requirements.txt"], check=True)
    shipped = (BUILD / "DependenciesLayer/python/botocore/data").iterdir()
    services = [path.name for path in shipped if path.is_dir()]
    subprocess.run([python, dependencies / "slim.py", site, *services], check=True)
    compile_all = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([python, *compile_all, site, langchain], check=True)
    layers = [site, *(BUILD / name / "python" for name in ("CoreLayer", "RuntimeLayer"))]
    for contestant in (Function, LangChainApp):
        contestant.python = python
        contestant.paths = layers
    LangChainApp.paths = [*layers, langchain, HERE]


def body_of(dialect: str, text: str) -> dict[str, Any]:
    _, more = DIALECTS[dialect]
    match dialect:
        case "waypost":
            return {"input": text, **more}
        case "ai-sdk":
            part = {"type": "text", "text": text}
            message = {"id": "m", "role": "user", "parts": [part]}
            return {"id": f"c-{time.time_ns()}", "messages": [message], "agent": "plain"}
        case "ag-ui":
            return {
                "threadId": f"t-{time.time_ns()}",
                "runId": f"r-{time.time_ns()}",
                "messages": [{"id": "m", "role": "user", "content": text}],
                "tools": [],
                "context": [],
                "state": {},
                "forwardedProps": {"agent": "plain"},
            }
    return {**more, "messages": [{"role": "user", "content": text}]}


async def ask(one: Any, path: str, body: dict[str, Any]) -> tuple[TimedResponse, float]:
    """The response, and the CPU that the process took for it."""
    before = one.process.cpu
    timed = await one.ask(path, keep=True, body=body)
    return timed, one.process.cpu - before


def first_token(timed: TimedResponse) -> float:
    return next(at for at, data in timed.arrivals if b"token0" in data)


async def cold(contestant: Any, path: str, body: dict[str, Any]) -> float:
    """Seconds from spawning the process to the first token of its first answer."""
    spawned = time.time()
    async with contestant.running() as one:
        timed, _ = await ask(one, path, body)
        return first_token(timed) - spawned


ENDLESS = {"input": f"{TOKENS} tokens at 0"}
PACED_QUESTION = {"input": f"{PACED} tokens at {PACE}"}


async def measure_ours(figures: Figures) -> None:
    """Fills in one figure after the other."""
    figures["cold"] = await cold(Function, "/v1/runs", {"input": "3 tokens at 0"})
    async with Function.running() as one:
        for dialect, (path, _) in DIALECTS.items():
            await ask(one, path, body_of(dialect, "3 tokens at 0"))
            timed, cpu = await ask(one, path, body_of(dialect, ENDLESS["input"]))
            sent = b"".join(data for _, data in timed.arrivals)
            figures[f"CPU, {dialect}"] = cpu / TOKENS
            figures[f"bytes, {dialect}"] = len(sent) / TOKENS
            figures[f"gzip, {dialect}"] = len(gzip.compress(sent, 5)) / TOKENS
        _, cpu = await ask(one, "/v1/runs", body_of("waypost", PACED_QUESTION["input"]))
        figures["paced"] = cpu / PACED


async def measure_peer(figures: Figures) -> None:
    routed = {"input": "3 tokens at 0", "routed": True}
    figures["cold, peer"] = await cold(LangChainApp, "/ask", routed)
    async with LangChainApp.running() as one:
        for name, path in (("astream", "/ask"), ("raw", "/raw")):
            await ask(one, path, {"input": "3 tokens at 0"})
            _, cpu = await ask(one, path, ENDLESS)
            figures[f"CPU, {name}"] = cpu / TOKENS
            _, cpu = await ask(one, path, PACED_QUESTION)
            figures[f"paced, {name}"] = cpu / PACED


@asynccontextmanager
async def stack(folder: Path) -> AsyncIterator[None]:
    """The table and the model, with their addresses in this process's environment."""
    import os

    (folder / "other.md").write_text(
        "---\nid: other\nname: Other\ndescription: Other things.\nexamples: [y]\n---\nAnswer.\n"
    )
    async with opened(folder) as backend:
        os.environ |= {
            "WAYPOST_TABLE": backend.settings.table,
            "WAYPOST_MODEL": "us.amazon.nova-lite-v1:0",
            "WAYPOST_AGENTS": str(folder),
            "WAYPOST_IDENTITY": "development",
            "WAYPOST_DEFAULT_IDENTITY": "bench/bench",
        }
        yield


async def run(rounds: int, folder: Path) -> None:
    (folder / "agents").mkdir()
    write("answers: building\r")
    build(folder)
    async with stack(folder / "agents"):
        failures = Failures()
        results: list[Figures] = []
        for number in range(rounds):
            write(f"answers: round {number + 1} of {rounds}\r")
            results.append({})
            for contestant, measure in ((Function, measure_ours), (LangChainApp, measure_peer)):
                name = f"{contestant.name}, round {number + 1}"
                async with failures.contained(name, TIMEOUT):
                    await measure(results[-1])
    _report(results)
    failures.exit()


def _report(results: list[Figures]) -> None:
    row = partial(write_row, results)
    write(f"\nanswers, medians of {len(results)} rounds: ours, the peer's, ratio, min to max\n")
    row("cold first token / LangChain app", "cold", "cold, peer", "ms", 1e3, "  (aim ≤ 0.65)")
    for dialect in DIALECTS:
        aim = "  (aim ≤ 90 µs)" if dialect == "waypost" else ""
        row(f"CPU a token, {dialect} / astream", f"CPU, {dialect}", "CPU, astream", "µs", 1e6, aim)
    row("CPU a token, waypost / raw boto3", "CPU, waypost", "CPU, raw", "µs", 1e6)
    row(f"CPU a token at {PACE}/s / astream", "paced", "paced, astream", "µs", 1e6)
    row(f"CPU a token at {PACE}/s / raw boto3", "paced", "paced, raw", "µs", 1e6)
    for dialect in DIALECTS:
        row(f"bytes a token, {dialect} / gzip", f"bytes, {dialect}", f"gzip, {dialect}", "B", 1)


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    with tempfile.TemporaryDirectory() as found:
        asyncio.run(run(parser.parse_known_args()[0].rounds, Path(found)))
