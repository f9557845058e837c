"""The commands of README.md and CONTRIBUTING.md, run as they stand as far as a test can wait.

`RUN` are run whole; of `CHECKED`, which take minutes, build or deploy, it is checked that they
would run: the target is there with its tools, or the program knows the arguments.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.markdown import commands
from tests.template import ROOT
from waypost_local import invoke
from waypost_local.errors import CommandError

pytestmark = pytest.mark.server
BIN = Path(sys.executable).parent
README = commands(ROOT / "README.md")
CONTRIBUTING = commands(ROOT / "CONTRIBUTING.md")
ADDRESS = "http://127.0.0.1:8080"
STACK = "make run"
CURLS = {
    "/v1/runs": ("event: run.completed", "13 active technicians"),
    "/internal/chat/stream": ('"event":"complete"', "overtime"),
}
"""By path: what is in the frames, and what is in the answer's text."""
INVOKE = "make invoke EVENT=events/ask-json.json"
MAKE = {
    "make chaos N=100": "-m tests.chaos",
    "make contracts": "-m tests.contracts",
    "make build": "sam build",
    "make check": "mypy",
    "make unit": "not server",
    "make test": "--durations=15",
    "make test FLAGS=tests/chat/test_runs.py": "pytest tests/chat/test_runs.py",
}
DEPLOY = ".venv/bin/sam deploy --guided"
SAM_INVOKE = (
    "sam local invoke ChatFunction --event events/health.json --env-vars events/env/buffered.json"
)


def environment() -> dict[str, str]:
    """This one, but not inside another make: then it would print where it is."""
    inherited = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    return {name: value for name, value in os.environ.items() if name not in inherited}


def run(command: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def text_of(stream: str) -> str:
    """The text of a stream, whatever the dialect calls its pieces."""
    data = [
        line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: ")
    ]
    frames = [json.loads(line) for line in data]
    return "".join(frame.get("delta") or frame.get("content") or "" for frame in frames)


def is_curl(command: str) -> bool:
    return command.startswith("curl ")


def test_every_command_is_checked_here() -> None:
    known = {STACK, INVOKE, *MAKE, DEPLOY, SAM_INVOKE}
    assert {c for c in (*README, *CONTRIBUTING) if not is_curl(c)} == known
    assert len([c for c in README if is_curl(c)]) == len(CURLS)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A stack that `make run` has started, by the address that it prints."""
    process = subprocess.Popen(
        [*shlex.split(STACK), "PORT=0"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        for line in process.stdout:
            if ready := re.search(r"Waypost is ready at (http://\S+)", line):
                yield ready[1]
                break
        else:
            pytest.fail("the stack did not start")
    finally:
        # As Ctrl-C does in a terminal: make and all that it started.
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


@pytest.mark.parametrize("path", CURLS)
def test_the_stack_answers_the_readmes_requests(address: str, path: str) -> None:
    (command,) = [c for c in README if is_curl(c) and f"{ADDRESS}{path} " in c]
    stream = run(command.replace(ADDRESS, address))
    frame, words = CURLS[path]
    assert frame in stream
    assert words in text_of(stream)


def test_one_event_goes_through_lambdas_emulator() -> None:
    try:
        invoke.emulator_path()
    except CommandError as error:
        pytest.skip(str(error))
    answer = run(INVOKE)
    assert json.loads(answer.partition("\n\n")[0])["statusCode"] == 200
    assert "13 active technicians" in answer


@pytest.mark.parametrize("command", MAKE)
def test_make_has_the_target(command: str) -> None:
    assert MAKE[command] in run(f"{command} --dry-run")


def test_sam_knows_how_to_deploy() -> None:
    program, *arguments = shlex.split(DEPLOY)
    assert program == ".venv/bin/sam"
    usage = run(f"SAM_CLI_TELEMETRY=0 {BIN / 'sam'} {arguments[0]} --help")
    assert arguments[1] in usage


def test_sam_local_invoke_names_what_is_there() -> None:
    words = shlex.split(SAM_INVOKE)
    files = dict(zip(words[4::2], words[5::2], strict=True))
    for name in files.values():
        json.loads((ROOT / name).read_text())
    template = (ROOT / "template.yaml").read_text()
    assert re.search(rf"^  {words[3]}:$", template, re.MULTILINE)
    assert json.loads((ROOT / files["--env-vars"]).read_text()).keys() <= {"Parameters", words[3]}


def test_the_settings_of_make_run_are_those_of_the_makefile() -> None:
    table = re.findall(r"^\| `([A-Z]+)=", (ROOT / "README.md").read_text(), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert set(table) == {"PORT", "DATABASE", "DOCUMENTS", "DATA", "MODEL", "FLAGS"}
    assert all(f"$({name})" in makefile for name in table)


def test_ci_runs_what_contributors_run() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    steps = workflow["jobs"]["test"]["steps"]
    assert steps[-1] == {"run": "bash .ci/run"}
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("make test")
