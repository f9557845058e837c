"""A runtime, in this process or in one of its own, under Lambda's side of the Runtime API."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.runtime.lambda_api import LambdaApi
from waypost_runtime.channel import Channel
from waypost_runtime.loop import run

ROOT = Path(__file__).parents[2]
WRAPPER = ROOT / "layers/runtime/waypost"
EVENTS = Path(__file__).parent / "events"
MODULE = "function_under_test"
Start = Callable[..., "asyncio.Task[None]"]
Spawn = Callable[..., Awaitable[asyncio.subprocess.Process]]


def recorded(name: str) -> dict[str, Any]:
    """An event as AWS sends it."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def url_event(method: str = "GET", path: str = "/", **fields: Any) -> dict[str, Any]:
    """A small function-URL event."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "abc.lambda-url.us-east-1.on.aws"},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False,
        **fields,
    }


@pytest.fixture
async def api() -> AsyncIterator[LambdaApi]:
    async with LambdaApi() as running:
        yield running


@pytest.fixture
async def start(api: LambdaApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Starts the runtime in this process: `start(app)`, `start(app, on_event=…, NAME="value")`."""
    tasks: list[asyncio.Task[None]] = []

    def start(handler: Any, on_event: Any = None, **env: str) -> "asyncio.Task[None]":
        module = ModuleType(MODULE)
        module.handler, module.on_event = handler, on_event  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, MODULE, module)
        monkeypatch.setenv("_X_AMZN_TRACE_ID", "")
        if on_event:
            env["WAYPOST_EVENT_HANDLER"] = f"{MODULE}.on_event"
        task = asyncio.create_task(
            run(Channel(api.address), {"_HANDLER": f"{MODULE}.handler", **env})
        )
        tasks.append(task)
        return task

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def spawn(api: LambdaApi, tmp_path: Path) -> AsyncIterator[Spawn]:
    """Starts the runtime as Lambda does: `await spawn(source)`, a module with a `handler`."""
    processes: list[asyncio.subprocess.Process] = []

    async def spawn(
        source: str, handler: str = f"{MODULE}.handler", pass_fds: tuple[int, ...] = (), **env: str
    ) -> asyncio.subprocess.Process:
        write_function(tmp_path, source)
        environment = {"AWS_LAMBDA_RUNTIME_API": api.address, "_HANDLER": handler, **env}
        process = await asyncio.create_subprocess_exec(
            str(WRAPPER),
            sys.executable,
            "/var/runtime/bootstrap.py",
            cwd=tmp_path,
            pass_fds=pass_fds,
            env=variables(tmp_path, environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        processes.append(process)
        return process

    yield spawn
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def write_function(folder: Path, source: str) -> None:
    (folder / f"{MODULE}.py").write_text(source)


def variables(root: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The variables that Lambda sets. Without PYTHONPATH the wrapper has to find the runtime."""
    return {"PATH": os.environ["PATH"], "LAMBDA_TASK_ROOT": str(root), **env}
