"""The command as a real process, with signals, in front of the small stack."""

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

from tests.local.conftest import TEMPLATE, Gate, RawConnection
from waypost_local import cli

pytestmark = pytest.mark.server

READY = re.compile(r"Waypost is ready at http://127\.0\.0\.1:(\d+)\n")


class RunningCommand:
    """The process of `waypost-local run`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def line_with(self, text: str) -> str:
        assert self.process.stdout is not None
        output = ""
        while line := (await self.process.stdout.readline()).decode():
            output += line
            if text in line:
                return line
        raise AssertionError(f"no line has {text!r}:\n{output}")


StartCommand = Callable[..., Awaitable[RunningCommand]]


@pytest.fixture
async def start() -> AsyncIterator[StartCommand]:
    started: list[asyncio.subprocess.Process] = []

    async def run(*arguments: str) -> RunningCommand:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "waypost_local",
            "run",
            "--template",
            str(TEMPLATE),
            "--port",
            "0",
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        started.append(process)
        command = RunningCommand(process, 0)
        found = READY.fullmatch(await command.line_with("Waypost is ready"))
        assert found
        return RunningCommand(process, int(found[1]))

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


async def wait_for_exit(pid: int) -> None:
    """Returns when a process has exited."""
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


async def start_slow_request(command: RunningCommand, gate: Gate) -> RawConnection:
    """A request that the function finishes only when the gate ends it."""
    browser = await RawConnection.open(command.port)
    browser.send_request(f"/steps?gate={gate.port}")
    await browser.head()
    return browser


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


async def test_when_it_is_ready_the_function_reaches_moto_and_bedrock(start: StartCommand) -> None:
    command = await start("--parameter", "Mark=mine")
    async with httpx.AsyncClient(base_url=command.url, trust_env=False) as client:
        variables = (await client.get("/about")).json()["variables"]
        assert variables["MARK"] == "mine"
        assert (await client.get(variables["AWS_ENDPOINT_URL"])).status_code == 200
        bedrock = variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"]
        assert (await client.get(f"{bedrock}/_faults")).json() is None


@needs_proc
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_it_and_leaves_no_process(
    start: StartCommand, signal_number: int
) -> None:
    command = await start()
    below = descendants(command.process.pid)
    assert len(below) == 3  # moto, the MCP server and one environment
    command.process.send_signal(signal_number)
    assert await command.process.wait() == 0
    for pid in below:
        await wait_for_exit(pid)


@needs_proc
async def test_even_a_kill_leaves_no_process(start: StartCommand) -> None:
    command = await start()
    below = descendants(command.process.pid)
    command.process.kill()
    for pid in below:
        await wait_for_exit(pid)


async def test_the_first_signal_lets_a_running_response_finish(
    start: StartCommand, gate: Gate
) -> None:
    command = await start()
    browser = await start_slow_request(command, gate)
    function = await gate.arrived.get()
    command.process.send_signal(signal.SIGINT)
    await command.line_with("Stopping; 1 still running")
    function.writer.write(b"last line\n")
    function.writer.write_eof()
    assert await browser.chunk() == b"last line\n"
    assert await browser.reader.read() == b"0\r\n\r\n"
    assert await command.process.wait() == 0


@needs_proc
async def test_a_second_signal_exits_at_once(start: StartCommand, gate: Gate) -> None:
    command = await start()
    await start_slow_request(command, gate)
    below = descendants(command.process.pid)
    command.process.send_signal(signal.SIGINT)
    await command.line_with("Stopping; 1 still running")
    command.process.send_signal(signal.SIGINT)
    assert await command.process.wait() == 130
    for pid in below:
        await wait_for_exit(pid)


def error_line(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The only line of a command that cannot run; its exit code is 2."""
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def test_a_busy_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = error_line(capsys, "run", "--template", str(TEMPLATE), "--port", port)
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
def test_an_error_before_the_start_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    common = ["run", "--template", str(TEMPLATE), "--port", "0"]
    assert line in error_line(capsys, *common, *arguments)


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
def test_a_wrong_argument_is_explained(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert line in capsys.readouterr().err
