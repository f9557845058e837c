"""One execution environment: a function's process, started as Lambda starts it."""

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from waypost_local.aws.account import REGION
from waypost_local.lambda_ import processes
from waypost_local.lambda_.function import LambdaFunction
from waypost_local.lambda_.invocation import InvocationFailed, LambdaInvocation
from waypost_local.lambda_.runtime_api import RuntimeApi

_INIT_TIMEOUT = 60
_BOOTSTRAP = "/var/runtime/bootstrap.py"
"""What Lambda passes to the exec wrapper, which starts its own runtime instead."""
Output = Callable[[str, str], None]
"""Takes the environment's name and a line that it printed."""


class InitFailed(Exception):
    """The function did not start. The message says why."""


class Environment:
    """Runs invocations, one or several at a time, until it is stopped or its process ends."""

    def __init__(self, function: LambdaFunction, number: int, python: str, output: Output) -> None:
        self.function = function
        self.name = f"{function.logical_id}#{number}"
        self.retired = False
        self._python = python
        self._output = output
        self._api = RuntimeApi(self._report_init_error)
        self._init_error = ""
        self.invocations: set[LambdaInvocation] = set()
        """Those that are running."""
        self._process: Process | None = None
        self._exited: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The id of its process, which leads a process group."""
        return self._process.pid if self._process else None

    def kill(self) -> None:
        """Ends the process as a crash would. A running invocation fails."""
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process and whatever it started, if it still runs."""
        if self._process and self.alive:
            processes.signal_group(self._process, number)

    async def start(self, aws_variables: Mapping[str, str]) -> None:
        """Starts the process and waits until it asks for its first invocation.

        Args:
            aws_variables: AWS's endpoints, and the credentials for them.

        Raises:
            InitFailed: It reported an error, ended, or took longer than a minute.
            CommandError: The interpreter or the wrapper is not there.
        """
        self._api.slots = int(aws_variables.get("AWS_LAMBDA_MAX_CONCURRENCY", "1"))
        env = {**variables(self.function), **aws_variables, **self.function.environment}
        env["AWS_LAMBDA_RUNTIME_API"] = await self._api.start()
        command = start_command(self.function, self._python)
        self._process = await processes.spawn(command, env, self.function.code)
        self._exited = asyncio.create_task(self._watch(self._process))
        ready = asyncio.create_task(self._api.ready.wait())
        await asyncio.wait(
            [ready, self._exited], timeout=_INIT_TIMEOUT, return_when=asyncio.FIRST_COMPLETED
        )
        if ready.done():
            return
        ready.cancel()
        timed_out = f"it did not ask for an invocation within {_INIT_TIMEOUT} seconds"
        reason = timed_out if self.alive else "it ended before it asked for an invocation"
        await self.stop()
        raise InitFailed(f"{self.function.logical_id} did not start: {self._init_error or reason}")

    async def invoke(self, invocation: LambdaInvocation) -> None:
        """Runs an invocation to its end. Kills the process where it takes too long."""
        self.invocations.add(invocation)
        try:
            await self._invoke(invocation)
        finally:
            self.invocations.discard(invocation)

    async def _invoke(self, invocation: LambdaInvocation) -> None:
        assert self._exited is not None  # noqa: S101
        run = asyncio.create_task(self._api.run(invocation))
        remaining = max(0.0, invocation.deadline - time.time())
        await asyncio.wait([run, self._exited], timeout=remaining, return_when="FIRST_COMPLETED")
        run.cancel()
        if run.done() or self._exited.done():
            return
        message = f"Task timed out after {self.function.timeout:.2f} seconds"
        self._output(self.name, f"{invocation.id} {message}")
        self._api.fail_all("Sandbox.Timedout", message)
        await self.stop()

    async def stop(self) -> None:
        """Ends the process and whatever it started."""
        if self._process:
            await processes.kill(self._process)
        self._api.close()
        if self._exited:
            await asyncio.wait([self._exited])

    def _report_init_error(self, error: InvocationFailed) -> None:
        self._init_error = str(error)

    async def _watch(self, process: Process) -> None:
        """Passes on what the process prints, until it exits."""
        printing = asyncio.create_task(self._print(process))
        code = await process.wait()
        # A process that it started may hold its output open.
        await processes.kill(process)
        await printing
        await self._api.read_to_end()
        message = f"The process ended with exit code {code} before it had answered."
        self._api.fail_all("Runtime.ExitError", message)

    async def _print(self, process: Process) -> None:
        async for line in processes.lines(process):
            self._output(self.name, line)


def start_command(function: LambdaFunction, python: str) -> list[str]:
    """The exec wrapper with its arguments, or where there is none Lambda's own client.

    Raises:
        CommandError: No layer holds the wrapper.
    """
    if wrapper := function.environment.get("AWS_LAMBDA_EXEC_WRAPPER"):
        return [str(function.layer_file(wrapper)), python, _BOOTSTRAP]
    return [python, "-m", "awslambdaric", function.handler]


def variables(function: LambdaFunction) -> dict[str, str]:
    """What Lambda sets, and the variables of this machine that a process needs.

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
