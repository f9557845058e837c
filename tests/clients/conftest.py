"""Other people's clients against one running stack: the command that `make run` runs."""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.file_lock import file_lock
from tests.template import ROOT

NODE = Path(__file__).parent / "node"
_READY = re.compile(r"Waypost is ready at (http://\S+)")
_BEDROCK = re.compile(r"Bedrock at (http://[^\s,]+[^\s.,])")
_PATIENCE = 120
"""Seconds that the stack has to start, and npm to install."""
_OLDEST_NODE = 18


@dataclass
class Stack:
    """`url` is the function's; `bedrock` plays its models, and fails them on demand."""

    process: subprocess.Popen[str]
    url: str = ""
    bedrock: str = ""
    _lines: queue.Queue[str | None] = field(default_factory=queue.Queue)

    def find(self, pattern: re.Pattern[str]) -> str:
        said: list[str] = []
        while (line := self._lines.get(timeout=_PATIENCE)) is not None:
            said.append(line)
            if found := pattern.search(line):
                return found[1]
        raise AssertionError(f"the stack ended without {pattern.pattern!r}:\n{''.join(said)}")

    def read(self) -> None:
        """Takes in what it says, so that it can go on saying things."""
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def fail(self, kind: str, **how: Any) -> None:
        """What the models' next answers meet; `after` counts the pieces that come through."""
        fault = {"kind": kind, "operation": "converse-stream", **how}
        httpx.put(f"{self.bedrock}/_faults", json=fault).raise_for_status()

    def mend(self) -> None:
        httpx.delete(f"{self.bedrock}/_faults").raise_for_status()


@pytest.fixture(scope="package")
def running_stack() -> Iterator[Stack]:
    process = subprocess.Popen(
        [sys.executable, "-m", "waypost_local", "run", "--port", "0", "--token-rate", "0",
         "--verbose"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    stack = Stack(process)
    threading.Thread(target=stack.read, daemon=True).start()
    try:
        stack.url = stack.find(_READY)
        stack.bedrock = stack.find(_BEDROCK)
        yield stack
    finally:
        process.terminate()
        process.wait(_PATIENCE)


@pytest.fixture
def stack(running_stack: Stack) -> Iterator[Stack]:
    yield running_stack
    running_stack.mend()


@dataclass(frozen=True)
class Node:
    """Runs scripts of `node/` under Node's own test runner."""

    path: str

    def run(self, script: str, stack: Stack) -> None:
        """Raises AssertionError with what the script said, where one of its tests fails."""
        told = {"WAYPOST_URL": stack.url, "BEDROCK_URL": stack.bedrock}
        done = subprocess.run(
            [self.path, "--test", "--test-reporter=spec", str(NODE / script)],
            env={**os.environ, **told}, capture_output=True, text=True, timeout=_PATIENCE,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="package")
def node() -> Node:
    """Node with the clients that `node/package-lock.json` names, installed once."""
    path, npm = shutil.which("node"), shutil.which("npm")
    if not path or not npm:
        pytest.skip("needs Node and npm: apt-get install nodejs npm")
    version = subprocess.check_output([path, "--version"], text=True).strip()
    if int(version.removeprefix("v").partition(".")[0]) < _OLDEST_NODE:
        pytest.skip(f"needs Node {_OLDEST_NODE} or newer; this is {version}")
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
            command, cwd=NODE, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("needs npm's registry, which did not answer in time")
    if done.returncode:
        pytest.skip(f"needs npm's registry: {done.stderr.strip().splitlines()[-1]}")
    installed.write_bytes(lock.read_bytes())
