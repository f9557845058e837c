"""Third-party clients against one running stack, started as `make run` does."""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.file_lock import file_lock
from tests.template import ROOT

NODE = Path(__file__).parent / "node"
_READY = re.compile(r"Waypost is ready at (http://\S+)")
_AWS = re.compile(r"AWS +(http://[^\s,]+)")
_BEDROCK = re.compile(r"Bedrock +(http://[^\s,]+)")
_TIMEOUT = 120
"""Seconds that the stack has to start, and npm to install."""
_MIN_NODE = 18


@dataclass
class LocalStack:
    """`url` is the function's URL; `bedrock` serves its models, and fails them on demand."""

    process: subprocess.Popen[str]
    url: str = ""
    bedrock: str = ""
    aws: str = ""
    _lines: queue.Queue[str | None] = field(default_factory=queue.Queue)

    def find(self, pattern: re.Pattern[str]) -> str:
        lines: list[str] = []
        while (line := self._lines.get(timeout=_TIMEOUT)) is not None:
            lines.append(line)
            if found := pattern.search(line):
                return found[1]
        raise AssertionError(f"the stack ended without {pattern.pattern!r}:\n{''.join(lines)}")

    def read(self) -> None:
        """Reads the process's output, so that it never blocks on a full pipe."""
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def fail(self, kind: str, **options: Any) -> None:
        """Sets the fault of the models' next answers; `after` counts the pieces sent before it."""
        fault = {"kind": kind, "operation": "converse-stream", **options}
        httpx.put(f"{self.bedrock}/_faults", json=fault).raise_for_status()

    def clear_faults(self) -> None:
        httpx.delete(f"{self.bedrock}/_faults").raise_for_status()


@contextmanager
def started_stack() -> Iterator[LocalStack]:
    """A stack of its own, once it is ready."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "waypost_local",
            "run",
            "--port",
            "0",
            "--token-rate",
            "0",
            "--verbose",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stack = LocalStack(process)
    threading.Thread(target=stack.read, daemon=True).start()
    try:
        stack.url = stack.find(_READY)
        stack.bedrock = stack.find(_BEDROCK)
        stack.aws = stack.find(_AWS)
        yield stack
    finally:
        process.terminate()
        process.wait(_TIMEOUT)


@pytest.fixture(scope="package")
def running_stack() -> Iterator[LocalStack]:
    with started_stack() as stack:
        yield stack


@pytest.fixture
def stack(running_stack: LocalStack) -> Iterator[LocalStack]:
    yield running_stack
    running_stack.clear_faults()


@dataclass(frozen=True)
class Node:
    """Runs scripts of `node/` under Node's own test runner."""

    path: str

    def run(self, script: str, stack: LocalStack) -> None:
        """Raises AssertionError with the script's output where one of its tests fails."""
        addresses = {"WAYPOST_URL": stack.url, "BEDROCK_URL": stack.bedrock}
        done = subprocess.run(
            [self.path, "--test", "--test-reporter=spec", str(NODE / script)],
            env={**os.environ, **addresses},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="package")
def node() -> Node:
    """Node with the clients that `node/package-lock.json` names, installed once."""
    path, npm = shutil.which("node"), shutil.which("npm")
    if not path or not npm:
        pytest.skip("needs Node and npm: apt-get install nodejs npm")
    version = subprocess.check_output([path, "--version"], text=True).strip()
    if int(version.removeprefix("v").partition(".")[0]) < _MIN_NODE:
        pytest.skip(f"needs Node {_MIN_NODE} or newer; this is {version}")
    with file_lock(ROOT / ".waypost/node.lock"):
        _install(npm)
    return Node(path)


def _install(npm: str) -> None:
    lock, installed = NODE / "package-lock.json", NODE / "node_modules/.waypost-lock"
    if installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=NODE, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("needs npm's registry, which did not answer in time")
    if done.returncode:
        pytest.skip(f"needs npm's registry: {done.stderr.strip().splitlines()[-1]}")
    installed.write_bytes(lock.read_bytes())
