"""`make contracts`: every contract against a running stack, a row per endpoint and event.

Starts a stack of its own, or takes one that runs: URL=http://127.0.0.1:8080.
"""

import argparse
import contextlib
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.clients import conftest as started
from tests.contracts.checks import Check, Stack, checks
from tests.contracts.clients import Missing, chromium

ROOT = Path(__file__).parents[2]
_SHOWN = 150


@dataclass(frozen=True)
class Row:
    contract: str
    subject: str
    client: str
    result: str
    why: str = ""

    def __str__(self) -> str:
        line = f"{self.contract:4} {self.subject:62} {self.client:15} {self.result:8}"
        return f"{line}{self.why}".rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make contracts", description=__doc__)
    parser.add_argument("--url", default="", help="a stack that runs; else one is started")
    parser.add_argument("--only", default="", help="one contract, such as §4")
    asked = parser.parse_args()
    sys.stdout.write(str(Row("", "endpoint or event", "client", "result")))
    failed = skipped = count = 0
    for row in _rows(asked.url.rstrip("/"), asked.only):
        sys.stdout.write(str(row))
        sys.stdout.flush()
        count += 1
        failed += row.result == "failed"
        skipped += row.result == "skipped"
    sys.stdout.write(f"\n{count} checks: {failed} failed, {skipped} skipped\n")
    return 1 if failed else 0


def _rows(url: str, only: str) -> Iterator[Row]:
    with _stack(url) as stack:
        for check in checks():
            if only in ("", check.contract):
                yield _row(check, stack)
    if not only:
        yield from _clients()


def _row(check: Check, stack: Stack) -> Row:
    about = check.contract, check.subject, check.client
    try:
        check.run(stack)
    except Missing as missing:
        return Row(*about, "skipped", str(missing))
    except Exception as error:
        why = f"{type(error).__name__}: {error}".replace("\n", " ")
        return Row(*about, "failed", why[:_SHOWN])
    return Row(*about, "ok")


@contextlib.contextmanager
def _stack(url: str) -> Iterator[Stack]:
    with contextlib.ExitStack() as open_:
        stack = Stack(url) if url else open_.enter_context(_own())
        with contextlib.suppress(Missing):
            stack.browser = open_.enter_context(chromium(stack.url))
        yield stack


@contextlib.contextmanager
def _own() -> Iterator[Stack]:
    process = subprocess.Popen(
        [sys.executable, "-m", "waypost_local", "run", "--port", "0", "--token-rate", "0",
         "--verbose"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    running = started.Stack(process)
    threading.Thread(target=running.read, daemon=True).start()
    try:
        yield Stack(running.find(started._READY), running.find(started._BEDROCK))
    finally:
        process.terminate()
        process.wait(60)


def _clients() -> Iterator[Row]:
    """Other people's clients, whose tests start a stack of their own: a row for each test."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/clients",
             "--ignore=tests/clients/test_readers.py", f"--junitxml={report}"],
            cwd=ROOT, capture_output=True, check=False,
        )  # fmt: skip
        if not report.exists():
            yield Row("§6-§8", "tests/clients", "pytest", "failed", "it did not run")
            return
        cases = list(ET.parse(report).iter("testcase"))
    for case in cases:
        module = case.get("classname", "").rpartition(".")[2].removeprefix("test_")
        name = case.get("name", "").removeprefix("test_").replace("_", " ")
        bad = [part for part in case if part.tag in ("failure", "error", "skipped")]
        result = "ok" if not bad else "skipped" if bad[0].tag == "skipped" else "failed"
        why = (bad[0].get("message") or "").replace("\n", " ")[:_SHOWN] if bad else ""
        yield Row("§6-§8", name, module, result, why)


if __name__ == "__main__":
    sys.exit(main())
