"""One execution environment: a process of a function, started as Lambda starts it."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from waypost_local.failure import CommandError
from waypost_local.invocation import Invocation
from waypost_local.runtime_api import RuntimeApi
from waypost_local.template import REGION, Function

_INIT_SECONDS = 60
_PR_SET_PDEATHSIG = 1
Output = Callable[[str, str], None]
"""Takes the environment's name and a line that it printed."""


class InitFailed(Exception):
    """The function did not start; the text says why."""


class Environment:
    """Serves one invocation at a time, until it is stopped or dies."""

    def __init__(self, function: Function, number: int, python: str, output: Output) -> None:
        self.function = function
        self.name = f"{function.logical_id}#{number}"
        self.retired = False
        self._python = python
        self._output = output
        self._api = RuntimeApi(self._failed_init)
        self._process: asyncio.subprocess.Process
        self._init_error = ""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def start(self, aws: Mapping[str, str]) -> None:
        """Starts the process and waits until it asks for its first invocation.

        Raises:
            InitFailed: It reported an error, ended, or took longer than a minute.
            CommandError: The interpreter or the wrapper is not there.
        """
        address = await self._api.start()
        await self._spawn({**aws, "AWS_LAMBDA_RUNTIME_API": address})
        self._tasks = [
            asyncio.create_task(self._read_output()),
            asyncio.create_task(self._watch()),
        ]
        ready = asyncio.create_task(self._api.ready.wait())
        ended = asyncio.create_task(self._process.wait())
        await asyncio.wait([ready, ended], timeout=_INIT_SECONDS, return_when="FIRST_COMPLETED")
        if ready.done():
            return
        await self.stop()
        reason = self._init_error or "it ended before it asked for an invocation"
        raise InitFailed(f"{self.function.logical_id} did not start: {reason}")

    async def invoke(self, invocation: Invocation) -> None:
        """Sees an invocation to its end; kills the process where it takes too long."""
        self._api.hand_over(invocation)
        seconds = self.function.timeout
        try:
            async with asyncio.timeout(seconds):
                await invocation.over.wait()
                await self._api.ready.wait()
        except TimeoutError:
            message = f"Task timed out after {seconds:.2f} seconds"
            self._output(self.name, f"{invocation.id} {message}")
            self._api.fail_current("Sandbox.Timedout", message)
            await self.stop()

    async def stop(self) -> None:
        """Ends the process and whatever it started."""
        self._api.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _spawn(self, aws: Mapping[str, str]) -> None:
        command = self.command()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self.function.code,
                env=self.variables(aws),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=1024 * 1024,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        except OSError as error:
            raise CommandError(f"{command[0]}: {error.strerror}") from None

    def command(self) -> list[str]:
        """What Lambda starts: the interpreter with its own loop, through the wrapper."""
        command = [self._python, "/var/runtime/bootstrap.py"]
        wrapper = self.function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
        return [str(self.function.in_opt(wrapper)), *command] if wrapper else command

    def variables(self, aws: Mapping[str, str]) -> dict[str, str]:
        """The process's environment; what this machine says goes before what the template says."""
        function = self.function
        day = datetime.now(UTC).strftime("%Y/%m/%d")
        paths = [str(function.code), *map(str, function.layers)]
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": os.environ.get("HOME", "/tmp"),  # noqa: S108
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
            "LAMBDA_TASK_ROOT": str(function.code),
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{day}/[$LATEST]{uuid4().hex}",
            "_HANDLER": function.handler,
            **function.environment,
            **aws,
        }

    def _failed_init(self, kind: str, message: str) -> None:
        self._init_error = f"{kind}: {message}"

    async def _read_output(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        async for line in self._process.stdout:
            self._output(self.name, line.decode(errors="replace").rstrip())

    async def _watch(self) -> None:
        code = await self._process.wait()
        message = f"The process ended with exit code {code} before it had answered."
        self._api.fail_current("Runtime.ExitError", message)


def _die_with_parent() -> None:
    """Asks Linux to kill this process when its parent ends, however that ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
