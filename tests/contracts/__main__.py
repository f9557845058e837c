"""`make contracts`: checks every contract against a running stack, a row per endpoint and event.

Starts a stack of its own, or takes one that runs: URL=http://127.0.0.1:8080.
"""

import argparse
import contextlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.clients.conftest import started_stack
from tests.contracts.checks import Check, StackUnderTest, checks
from tests.contracts.clients import ClientUnavailable, chromium

ROOT = Path(__file__).parents[2]
_MAX_MESSAGE = 150


@dataclass(frozen=True)
class ReportRow:
    contract: str
    subject: str
    client: str
    result: str
    message: str = ""

    def __str__(self) -> str:
        line = f"{self.contract:4} {self.subject:62} {self.client:15} {self.result:8}"
        return f"{line}{self.message}".rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make contracts", description=__doc__)
    parser.add_argument("--url", default="", help="a stack that runs; else one is started")
    parser.add_argument("--only", default="", help="one contract, such as §4")
    options = parser.parse_args()
    sys.stdout.write(str(ReportRow("", "endpoint or event", "client", "result")))
    failed = skipped = count = 0
    for row in _rows(options.url.rstrip("/"), options.only):
        sys.stdout.write(str(row))
        sys.stdout.flush()
        count += 1
        failed += row.result == "failed"
        skipped += row.result == "skipped"
    sys.stdout.write(f"\n{count} checks: {failed} failed, {skipped} skipped\n")
    return 1 if failed else 0


def _rows(url: str, only: str) -> Iterator[ReportRow]:
    with _stack(url) as stack:
        for check in checks():
            if only in ("", check.contract):
                yield _row(check, stack)
    if not only:
        yield from _client_tests()


def _row(check: Check, stack: StackUnderTest) -> ReportRow:
    about = check.contract, check.subject, check.client
    try:
        check.run(stack)
    except ClientUnavailable as error:
        return ReportRow(*about, "skipped", str(error))
    except Exception as error:
        message = f"{type(error).__name__}: {error}".replace("\n", " ")
        return ReportRow(*about, "failed", message[:_MAX_MESSAGE])
    return ReportRow(*about, "ok")


@contextlib.contextmanager
def _stack(url: str) -> Iterator[StackUnderTest]:
    with contextlib.ExitStack() as contexts:
        stack = StackUnderTest(url)
        if not url:
            started = contexts.enter_context(started_stack())
            stack = StackUnderTest(started.url, started.bedrock)
        with contextlib.suppress(ClientUnavailable):
            stack.browser = contexts.enter_context(chromium(stack.url))
        yield stack


def _client_tests() -> Iterator[ReportRow]:
    """The tests of third-party clients, which start a stack of their own: a row for each test."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "tests/clients",
                "--ignore=tests/clients/test_stream_readers.py",
                f"--junitxml={report}",
            ],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        if not report.exists():
            yield ReportRow("§6-§8", "tests/clients", "pytest", "failed", "it did not run")
            return
        cases = list(ET.parse(report).iter("testcase"))
    for case in cases:
        module = case.get("classname", "").rpartition(".")[2].removeprefix("test_")
        name = case.get("name", "").removeprefix("test_").replace("_", " ")
        bad = [part for part in case if part.tag in ("failure", "error", "skipped")]
        result = "ok" if not bad else "skipped" if bad[0].tag == "skipped" else "failed"
        message = (bad[0].get("message") or "").replace("\n", " ")[:_MAX_MESSAGE] if bad else ""
        yield ReportRow("§6-§8", name, module, result, message)


if __name__ == "__main__":
    sys.exit(main())
