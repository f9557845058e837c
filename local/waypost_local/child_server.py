"""A server in a process of its own, which ends when this one does."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping

from waypost_local import sockets


@contextlib.asynccontextmanager
async def serving(
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    goodbye: float = 0,
) -> AsyncIterator[str]:
    """Runs `python -m module <descriptor> <arguments>`; yields the address that it listens on.

    The socket accepts connections at once; they are answered when the module is imported. The end
    of its standard input tells the process to end: it has `goodbye` seconds for that.
    """
    with sockets.listening("127.0.0.1", 0) as listening:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            str(listening.fileno()),
            *arguments,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield address
    finally:
        if goodbye and process.stdin:
            process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), goodbye)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def end_with_parent(before: Callable[[], None] = lambda: None) -> None:
    """In the process: ends it when its standard input is closed, after a last call."""

    def wait() -> None:
        sys.stdin.buffer.read()
        before()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
