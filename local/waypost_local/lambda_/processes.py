"""Child processes that end when this one ends, however it ends."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from waypost_local.errors import CommandError

_PR_SET_PDEATHSIG = 1
_MAX_LINE = 1024 * 1024
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


async def spawn(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> Process:
    """Starts a process in a group of its own, both of its outputs in one pipe.

    Raises:
        CommandError: It cannot be started.
    """
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            env=dict(env),
            cwd=cwd,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            limit=_MAX_LINE,
            start_new_session=True,
            preexec_fn=_exit_with_parent if _LIBC else None,
        )
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from None


async def lines(process: Process) -> AsyncIterator[str]:
    """What a process prints, line by line. A line of more than a megabyte is left out."""
    assert process.stdout is not None  # noqa: S101
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:
            continue
        if not line:
            return
        yield line.decode(errors="replace").rstrip()


async def kill(process: Process) -> None:
    """Ends a process, and whatever it started in its group."""
    signal_group(process, signal.SIGKILL)
    await process.wait()


def signal_group(process: Process, number: signal.Signals) -> None:
    """Sends a signal to a process and whatever it started in its group, if they still run."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _exit_with_parent() -> None:
    """Asks Linux to kill this process when its parent ends.

    Elsewhere a function ends when its Runtime API closes the connection.
    """
    assert _LIBC is not None  # noqa: S101
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
