"""One execution environment: a process of a function, started as Lambda starts it."""

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from waypost_local import processes
from waypost_local.intrinsics import REGION
from waypost_local.invocation import Invocation, InvocationFailed
from waypost_local.runtime_api import RuntimeApi
from waypost_local.template import Function

_INIT_SECONDS = 60
_BOOTSTRAP = "/var/runtime/bootstrap.py"
"""What Lambda would start; the wrapper starts something else."""
Output = Callable[[str, str], None]
"""Takes the environment's name and a line that it printed."""


class InitFailed(Exception):
    """The function did not start; the text says why."""


class Environment:
    """Serves one invocation at a time, until it is stopped or ends."""

    def __init__(self, function: Function, number: int, python: str, output: Output) -> None:
        self.function = function
        self.name = f"{function.logical_id}#{number}"
        self.retired = False
        self._python = python
        self._output = output
        self._api = RuntimeApi(self._failed_init)
        self._init_error = ""
        self.invocation: Invocation | None = None
        """What it is working on."""
        self._process: Process | None = None
        self._ended: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Of its process, which leads a process group of its own."""
        return self._process.pid if self._process else None

    def kill(self) -> None:
        """Ends the process at this instant, as a crash would; whatever it works on fails."""
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process and whatever it started, if it lives."""
        if self._process and self.alive:
            processes.signal_group(self._process, number)

    async def start(self, aws: Mapping[str, str]) -> None:
        """Starts the process and waits until it asks for its first invocation.

        Args:
            aws: Variables that say where AWS is and who calls it.

        Raises:
            InitFailed: It reported an error, ended, or took longer than a minute.
            CommandError: The interpreter or the wrapper is not there.
        """
        env = {**variables(self.function), **aws, **self.function.environment}
        env["AWS_LAMBDA_RUNTIME_API"] = await self._api.start()
        command = start_command(self.function, self._python)
        self._process = await processes.spawn(command, env, self.function.code)
        self._ended = asyncio.create_task(self._watch(self._process))
        ready = asyncio.create_task(self._api.ready.wait())
        await asyncio.wait([ready, self._ended], timeout=_INIT_SECONDS,
                           return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        if ready.done():
            return
        ready.cancel()
        late = f"it did not ask for an invocation within {_INIT_SECONDS} seconds"
        reason = late if self.alive else "it ended before it asked for an invocation"
        await self.stop()
        raise InitFailed(f"{self.function.logical_id} did not start: {self._init_error or reason}")

    async def invoke(self, invocation: Invocation) -> None:
        """Sees an invocation to its end; kills the process where it takes too long."""
        self.invocation = invocation
        try:
            await self._invoke(invocation)
        finally:
            self.invocation = None

    async def _invoke(self, invocation: Invocation) -> None:
        assert self._ended is not None  # noqa: S101
        served = asyncio.create_task(self._api.serve(invocation))
        left = max(0.0, invocation.deadline - time.time())
        await asyncio.wait([served, self._ended], timeout=left, return_when="FIRST_COMPLETED")
        if served.done() or self._ended.done():
            served.cancel()
            return
        served.cancel()
        message = f"Task timed out after {self.function.timeout:.2f} seconds"
        self._output(self.name, f"{invocation.id} {message}")
        self._api.fail_current("Sandbox.Timedout", message)
        await self.stop()

    async def stop(self) -> None:
        """Ends the process and whatever it started."""
        if self._process:
            await processes.kill(self._process)
        self._api.close()
        if self._ended:
            await asyncio.wait([self._ended])

    def _failed_init(self, error: InvocationFailed) -> None:
        self._init_error = str(error)

    async def _watch(self, process: Process) -> None:
        """Passes on what the process prints, and ends when it does."""
        printing = asyncio.create_task(self._print(process))
        code = await process.wait()
        # What it has started itself may hold its output open.
        await processes.kill(process)
        await printing
        await self._api.read_to_end()
        message = f"The process ended with exit code {code} before it had answered."
        self._api.fail_current("Runtime.ExitError", message)

    async def _print(self, process: Process) -> None:
        async for line in processes.lines(process):
            self._output(self.name, line)


def start_command(function: Function, python: str) -> list[str]:
    """What Lambda calls. Raises CommandError where the wrapper is in no layer."""
    command = [python, _BOOTSTRAP]
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    return [str(function.in_opt(wrapper)), *command] if wrapper else command


def variables(function: Function) -> dict[str, str]:
    """What Lambda sets, and the few variables of this machine that a process needs.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    day = datetime.now(UTC).strftime("%Y/%m/%d")
    paths = [str(path) for path in (function.code, *function.layers)]
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
        **function.logging,
    }
