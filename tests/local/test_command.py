"""The command itself: a real process, signals and all, in front of the small stack."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.local.conftest import TEMPLATE, Gate, Wire
from waypost_local import cli

READY = re.compile(r"Waypost is ready at http://127\.0\.0\.1:(\d+)\n")


class Command:
    """`waypost-local run`, started."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def line_with(self, text: str) -> str:
        assert self.process.stdout is not None
        said = ""
        while line := (await self.process.stdout.readline()).decode():
            said += line
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}, but said:\n{said}")


Start = Callable[..., Awaitable[Command]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    started: list[asyncio.subprocess.Process] = []

    async def run(*arguments: str) -> Command:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "waypost_local", "run", "--template", str(TEMPLATE),
            "--port", "0", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        started.append(process)
        command = Command(process, 0)
        found = READY.fullmatch(await command.line_with("Waypost is ready"))
        assert found
        return Command(process, int(found[1]))

    yield run
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


def descendants(pid: int) -> set[int]:
    """Processes below one, as Linux knows them."""
    children: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        children |= {int(child) for child in (task / "children").read_text().split()}
    return children.union(*map(descendants, children))


async def gone(pid: int) -> None:
    """Returns when a process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), 20)
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def hold(command: Command, gate: Gate) -> Wire:
    """A request that the function does not finish before the gate says so."""
    browser = Wire(*await asyncio.open_connection("127.0.0.1", command.port))
    browser.ask(f"/steps?gate={gate.port}")
    await browser.head()
    return browser


linux = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


async def test_it_is_ready_when_it_says_so_and_the_function_reaches_moto(start: Start) -> None:
    command = await start("--parameter", "Mark=mine")
    async with httpx.AsyncClient(base_url=command.url, trust_env=False) as client:
        variables = (await client.get("/about")).json()["variables"]
        assert variables["MARK"] == "mine"
        assert (await client.get(variables["AWS_ENDPOINT_URL"])).status_code == 200
        bedrock = variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]
        assert (await client.get(f"{bedrock}/_faults")).json() is None


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_it_and_leaves_no_process(start: Start, number: int) -> None:
    command = await start()
    below = descendants(command.process.pid)
    assert len(below) == 2  # moto and one environment
    command.process.send_signal(number)
    assert await command.process.wait() == 0
    for pid in below:
        await gone(pid)


@linux
async def test_even_a_kill_leaves_no_process(start: Start) -> None:
    command = await start()
    below = descendants(command.process.pid)
    command.process.kill()
    for pid in below:
        await gone(pid)


async def test_the_first_signal_lets_a_running_answer_finish(start: Start, gate: Gate) -> None:
    command = await start()
    browser = await hold(command, gate)
    function = await gate.arrived.get()
    command.process.send_signal(signal.SIGINT)
    await command.line_with("Stopping; 1 still running")
    function.writer.write(b"last words\n")
    function.writer.write_eof()
    assert await browser.chunk() == b"last words\n"
    assert await browser.reader.read() == b"0\r\n\r\n"
    assert await command.process.wait() == 0


@linux
async def test_a_second_signal_waits_for_nobody(start: Start, gate: Gate) -> None:
    command = await start()
    await hold(command, gate)
    below = descendants(command.process.pid)
    command.process.send_signal(signal.SIGINT)
    await command.line_with("Stopping; 1 still running")
    command.process.send_signal(signal.SIGINT)
    assert await command.process.wait() == 130
    for pid in below:
        await gone(pid)


def failing(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that cannot run says; it must be one line, and exit code 2."""
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def test_a_busy_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = failing(capsys, "run", "--template", str(TEMPLATE), "--port", port)
    start = f"waypost-local: port {port} on 127.0.0.1: Address already in use; name another"
    assert line.startswith(start)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--template", "/nowhere.yaml"], "/nowhere.yaml: No such file or directory"),
        (["--python", "python9"], "there is no interpreter python9"),
        (["--parameter", "Nope=1"], "there is no parameter Nope; there are: Handler, Seconds,"),
        (["--model", "gpt"], "MODEL is one of: builtin, "),
        (["--port", "99999"], "there is no port 99999"),
    ],
)
def test_what_keeps_it_from_running_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    common = ["run", "--template", str(TEMPLATE), "--port", "0"]
    assert line in failing(capsys, *common, *arguments)


def test_a_function_that_does_not_start_ends_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    common = ["run", "--template", str(TEMPLATE), "--port", "0"]
    assert cli.main([*common, "--parameter", "Handler=tiny.missing"]) == 2
    captured = capsys.readouterr()
    assert "Waypost is ready" not in captured.out
    (line,) = captured.err.splitlines()
    assert line.startswith("waypost-local: Tiny did not start: Runtime.")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run", "--parameter", "Nope"], "'Nope' is not KEY=VALUE"),
        (["run", "--environments", "0"], "'0' is not a number from 1 on"),
        ([], "required: COMMAND"),
    ],
)
def test_what_was_mistyped_is_explained(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert line in capsys.readouterr().err
