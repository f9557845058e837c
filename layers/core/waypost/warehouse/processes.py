"""Processes that run queries for this one: started ahead, ended with a query that goes too far."""

import asyncio
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from waypost.warehouse.query import QueryError, QueryLimits, QueryResult, too_slow

MAX_PROCESSES = 4
_START_SECONDS = 20.0
_GRACE_SECONDS = 0.25
"""A process that can stop a query itself does so, and lives on."""
_MAX_REPLY_BYTES = 4_000_000
_PACKAGES = Path(__file__).parents[2]
_MAIN = "from waypost.warehouse.query_process import main; main()"


class QueryProcess:
    """One query at a time. It ends by itself when this process does."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="waypost-query-")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and code of ours
                [sys.executable, "-s", "-S", "-P", "-c", _MAIN],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(self._folder),
                start_new_session=True,
            )
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._started = False
        self._broken_off = False
        self._killed = False
        self._in_use = Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it can take another query."""
        return not self._killed and not self._broken_off and self._process.poll() is None

    def run(
        self, source: str, tables: frozenset[str], sql: str, limits: QueryLimits
    ) -> QueryResult:
        """Blocks. Raises QueryError, also where the process is killed meanwhile."""
        request = {"source": source, "tables": sorted(tables), "sql": sql, **limits._asdict()}
        with self._in_use:
            self._broken_off = True
            self._wait_for_start()
            reply = self._reply(request, limits.seconds)
            self._broken_off = False
        if "code" in reply:
            raise QueryError(reply["code"], reply["message"])
        return QueryResult(**reply)

    def kill(self) -> None:
        """Returns at once; `close` waits for the end."""
        self._killed = True
        self._process.kill()

    def close(self) -> None:
        """Ends the process and removes what it has left."""
        self.kill()
        with self._in_use:
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    with suppress(OSError):
                        pipe.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_for_start(self) -> None:
        if not self._started:
            try:
                self._read_line(_START_SECONDS)
            except (OSError, EOFError) as error:
                raise _cannot_start() from error
            self._started = True

    def _reply(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self._process.stdin  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._read_line(seconds + _GRACE_SECONDS)
        except TimeoutError:
            raise too_slow(seconds) from None
        except (OSError, EOFError):
            raise self._death(seconds) from None
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _read_line(self, timeout: float) -> bytes:
        """Raises TimeoutError, and EOFError where the process ended or wrote too much."""
        assert self._process.stdout  # noqa: S101 - it is a pipe
        pipe = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN | select.POLLHUP)
        until = time.monotonic() + timeout
        line = b""
        while not line.endswith(b"\n"):
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise TimeoutError
            chunk = os.read(pipe, 1 << 16)
            line += chunk
            if not chunk or len(line) > _MAX_REPLY_BYTES:
                raise EOFError
        return line

    def _death(self, seconds: float) -> QueryError:
        self.kill()
        if self._process.wait() == -signal.SIGXCPU:
            return too_slow(seconds)
        return QueryError("too_large", "The query needs too much memory.")


class QueryProcesses:
    """At most `MAX_PROCESSES`, each kept for the next query; who comes later waits."""

    def __init__(self) -> None:
        self._idle: list[QueryProcess] = []
        self._free = asyncio.Semaphore(MAX_PROCESSES)
        self.close = weakref.finalize(self, _close_all, self._idle)
        """Also called when nobody refers to them any more."""

    @property
    def idle(self) -> tuple[QueryProcess, ...]:
        return tuple(self._idle)

    def start(self) -> None:
        """Starts one where none waits, and does not wait for it."""
        if not self._idle:
            # Whoever asks next tries again, and is told.
            with suppress(OSError):
                self._idle.append(QueryProcess())

    async def run(
        self, source: str, tables: frozenset[str], sql: str, limits: QueryLimits
    ) -> QueryResult:
        """Raises QueryError. Where the caller is cancelled, the query's process is killed."""
        async with self._free:
            process = self._take()
            try:
                return await asyncio.to_thread(process.run, source, tables, sql, limits)
            except asyncio.CancelledError:
                process.kill()
                raise
            finally:
                await self._give_back(process)

    def _take(self) -> QueryProcess:
        while self._idle:
            process = self._idle.pop()
            if process.usable:
                return process
            process.close()
        try:
            return QueryProcess()
        except OSError as error:
            raise _cannot_start() from error

    async def _give_back(self, process: QueryProcess) -> None:
        if process.usable:
            self._idle.append(process)
            return
        process.kill()
        await asyncio.shield(asyncio.to_thread(self._replace, process))

    def _replace(self, process: QueryProcess) -> None:
        process.close()
        self.start()


def _close_all(processes: list[QueryProcess]) -> None:
    while processes:
        processes.pop().close()


def _environment(folder: str) -> dict[str, str]:
    """What the process needs, and no credentials."""
    libraries = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    found = {name: os.environ[name] for name in libraries if name in os.environ}
    return {**found, "PYTHONPATH": str(_PACKAGES), "SQLITE_TMPDIR": folder}


def _cannot_start() -> QueryError:
    return QueryError("no_database", "The database cannot be queried at the moment.")
