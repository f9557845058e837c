"""The process that runs queries: `main` answers requests, a line of JSON each, until they end.

It starts within a few milliseconds because it imports next to nothing. What it may use is bounded
by the system, also within a single step of SQLite that nothing else can interrupt.
"""

import json
import os
import resource
import signal
import sqlite3
import sys
import time
from contextlib import suppress
from math import ceil
from queue import SimpleQueue
from threading import Thread
from typing import Any, NoReturn

from waypost.warehouse.query import QueryError, QueryLimits, run

MAX_TEMPORARY_BYTES = 64_000_000
"""Of all files together that SQLite sorts in."""
MAX_MEMORY_BYTES = 128_000_000
"""SQLite's own memory."""
_MAX_FILES = 16
_MAX_ADDRESS_SPACE = 2 * MAX_MEMORY_BYTES
"""What may be added to what the process has at its start."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_process()
    _write({"ready": True})
    requests: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(requests,), daemon=True).start()
    while True:
        _write(_reply(json.loads(requests.get())))


def _read(requests: "SimpleQueue[bytes]") -> NoReturn:
    """In a thread of its own, which ends a query whose asking process is gone."""
    for line in sys.stdin.buffer:
        requests.put(line)
    with suppress(OSError):
        os.rmdir(os.environ["SQLITE_TMPDIR"])
    os._exit(0)


def _write(message: dict[str, Any]) -> None:
    line = json.dumps(message, ensure_ascii=False) + "\n"
    sys.stdout.buffer.write(line.encode(errors="replace"))
    sys.stdout.buffer.flush()


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    limits = QueryLimits(request["rows"], request["seconds"])
    _limit_processor_time(limits.seconds)
    try:
        tables = frozenset(request["tables"])
        result = run(request["source"], tables, request["sql"], limits, _disk_refusal)
    except QueryError as error:
        return {"code": error.code, "message": error.message}
    return result._asdict()


def _limit_process() -> None:
    _limit(resource.RLIMIT_FSIZE, MAX_TEMPORARY_BYTES)
    _limit(resource.RLIMIT_NOFILE, _MAX_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    # For all connections of the process: https://sqlite.org/pragma.html#pragma_hard_heap_limit
    sqlite3.connect(":memory:").execute(f"PRAGMA hard_heap_limit = {MAX_MEMORY_BYTES}")
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + _MAX_ADDRESS_SPACE)


def _limit_processor_time(seconds: float) -> None:
    """For the next query: the system ends a process that has used more."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(time.process_time() + seconds) + 1, hard))


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _disk_refusal() -> QueryError | None:
    if sum(map(_temporary_bytes, range(3, _MAX_FILES))) <= MAX_TEMPORARY_BYTES:
        return None
    return QueryError("too_large", "The query needs too much temporary space.")


def _temporary_bytes(descriptor: int) -> int:
    """SQLite removes a temporary file's name as soon as it is open."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return 0
    return status.st_size if status.st_nlink == 0 else 0
