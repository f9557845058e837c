"""The processes that run queries: kept, limited, ended and replaced."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from waypost.warehouse import Database, QueryError
from waypost.warehouse.processes import MAX_PROCESSES, QueryProcess, QueryProcesses
from waypost.warehouse.query import QueryLimits, uri

ONE_LONG_STEP = (
    "SELECT length(replace(printf('%.3000000c', 'z'), printf('%.1500000c', 'z') || 'y', ''))"
)
"""SQLite asks nobody before it is done with it, after minutes."""
ENDLESS = {"source": ":memory:", "tables": [], "sql": ONE_LONG_STEP, "rows": 1, "seconds": 600}
LIMITS = QueryLimits(rows=10, seconds=0.3)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "boats.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE boats (id INTEGER PRIMARY KEY, name TEXT)")
        db.execute("INSERT INTO boats VALUES (1, 'Argo'), (2, 'Vasa')")
    db.close()
    return file


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the processes' temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def processes() -> Iterator[QueryProcesses]:
    started = QueryProcesses()
    yield started
    started.close()


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def names(processes: QueryProcesses, path: Path, sql: str) -> list[list[object]]:
    return (await processes.run(uri(path), frozenset({"boats"}), sql, LIMITS)).rows


async def test_a_process_is_started_ahead_and_kept(processes: QueryProcesses, path: Path) -> None:
    processes.start()
    (ahead,) = processes.idle
    for _ in range(3):
        assert await names(processes, path, "SELECT name FROM boats") == [["Argo"], ["Vasa"]]
    assert processes.idle == (ahead,)


async def test_a_refused_query_leaves_its_process(processes: QueryProcesses, path: Path) -> None:
    processes.start()
    ahead = processes.idle
    with pytest.raises(QueryError, match="not allowed"):
        await names(processes, path, "SELECT load_extension('x')")
    assert processes.idle == ahead


async def test_what_nothing_can_interrupt_is_killed_and_replaced(
    processes: QueryProcesses, path: Path, folders: Path
) -> None:
    processes.start()
    (killed,) = processes.idle
    with pytest.raises(QueryError) as error:
        await names(processes, path, ONE_LONG_STEP)
    assert error.value.code == "too_slow"
    assert not exists(killed.pid)
    (fresh,) = processes.idle
    assert fresh.pid != killed.pid
    assert len(list(folders.iterdir())) == 1, "the folder of the killed one is removed"
    assert await names(processes, path, "SELECT max(id) FROM boats") == [[2]]


async def test_cancelling_whoever_waits_for_a_query_kills_it(path: Path, tmp_path: Path) -> None:
    limits = QueryLimits(rows=10, seconds=600)
    database = Database(path, frozenset({"boats"}), limits, tmp_path)
    await database.query("SELECT 1")
    idle = database._processes.idle
    running = asyncio.create_task(database.query(ONE_LONG_STEP))
    for _ in range(20):
        await asyncio.sleep(0)
    (process,) = set(idle) - set(database._processes.idle)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not exists(process.pid)
    assert (await database.query("SELECT count(*) FROM boats")).rows == [[2]]
    database.close()


async def test_few_run_at_once_and_the_others_wait(processes: QueryProcesses, path: Path) -> None:
    sql = "SELECT count(*) FROM boats a, boats b"
    found = await asyncio.gather(*(names(processes, path, sql) for _ in range(MAX_PROCESSES * 3)))
    assert found == [[[4]]] * MAX_PROCESSES * 3
    assert 1 <= len(processes.idle) <= MAX_PROCESSES


async def test_one_that_has_died_is_not_asked(processes: QueryProcesses, path: Path) -> None:
    processes.start()
    (dead,) = processes.idle
    dead._process.kill()
    dead._process.wait()
    assert await names(processes, path, "SELECT name FROM boats LIMIT 1") == [["Argo"]]
    assert dead not in processes.idle


async def test_memory_is_bounded(processes: QueryProcesses, path: Path) -> None:
    columns = ", ".join(f"printf('%.{15_000_000 + n}c', 'q')" for n in range(20))
    limits = QueryLimits(rows=10, seconds=60)
    with pytest.raises(QueryError) as error:
        await processes.run(uri(path), frozenset({"boats"}), f"SELECT {columns}", limits)
    assert error.value.code == "too_large"
    assert await names(processes, path, "SELECT 7") == [[7]]


async def test_closing_ends_those_that_wait(folders: Path) -> None:
    processes = QueryProcesses()
    processes.start()
    (process,) = processes.idle
    processes.close()
    assert not exists(process.pid)
    assert list(folders.iterdir()) == []


async def test_one_that_cannot_start_is_an_error(
    processes: QueryProcesses, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    processes.start()
    with pytest.raises(QueryError) as error:
        await names(processes, path, "SELECT 1")
    assert error.value.code == "no_database"


@pytest.mark.parametrize("request_line", ["", json.dumps(ENDLESS)], ids=["idle", "in a query"])
def test_a_process_ends_with_the_one_that_started_it(tmp_path: Path, request_line: str) -> None:
    code = (
        "import os; from waypost.warehouse.processes import QueryProcess; "
        "process = QueryProcess(); process._wait_for_start(); pipe = process._process.stdin; "
        f"pipe.write({request_line + os.linesep!r}.encode().lstrip()); pipe.flush(); "
        "print(process.pid, flush=True); os._exit(1)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    pid = int(run.stdout)
    until = time.monotonic() + 20
    while exists(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not exists(pid)
    assert list(tmp_path.iterdir()) == []


def test_a_process_imports_next_to_nothing() -> None:
    code = "import sys, waypost.warehouse.query_process; print(' '.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-s", "-S", "-P", "-c", code],
        env={"PYTHONPATH": str(ROOT / "layers/core")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(run.stdout.split())
    assert {name for name in loaded if name.startswith("waypost")} == {
        "waypost",
        "waypost.warehouse",
        "waypost.warehouse.authorizer",
        "waypost.warehouse.names",
        "waypost.warehouse.query",
        "waypost.warehouse.query_process",
    }
    assert not loaded & {
        "asyncio",
        "dataclasses",
        "inspect",
        "pathlib",
        "subprocess",
        "socket",
        "logging",
    }


def test_a_process_has_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-queries")
    process = QueryProcess()
    try:
        if sys.platform == "linux":
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            assert b"SQLITE_TMPDIR" in environment
            assert b"not-for-queries" not in environment
    finally:
        process.close()


def test_importing_the_chat_app_starts_no_process() -> None:
    code = (
        "import subprocess\n"
        "def refuse(*_, **__): raise AssertionError('a process was started')\n"
        "subprocess.Popen.__init__ = refuse\n"
        "import waypost_chat.app\n"
    )
    env = {**os.environ, "WAYPOST_TABLE": "t", "WAYPOST_MODEL": "m", "WAYPOST_AGENTS": "agents"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
