"""Event streams over sockets, read by curl, httpx-sse, a browser's fetch and its EventSource."""

from collections.abc import Callable

import pytest

from tests.clients.conftest import Stack
from tests.contracts import checks
from tests.contracts.clients import Missing, chromium


@pytest.fixture(scope="package")
def opened(running_stack: Stack) -> checks.Stack:
    return checks.Stack(running_stack.url, running_stack.bedrock)


def _of(*clients: str) -> list[checks.Check]:
    return [check for check in checks.checks() if check.client in clients]


@pytest.mark.parametrize(
    "check", _of("curl -N", "httpx-sse"), ids=lambda check: f"{check.client} {check.subject}"
)
def test_a_reader_hears_each_kind_of_event(check: checks.Check, opened: checks.Stack) -> None:
    if "heartbeat" in check.subject:
        pytest.skip("takes 15 silent seconds: make contracts waits for them")
    _run(check.run, opened)


def test_a_browser_reads_every_stream_and_its_replay(opened: checks.Stack) -> None:
    try:
        with chromium(opened.url) as opened.browser:
            for check in _of("Chromium fetch", "EventSource"):
                _run(check.run, opened)
    except Missing as missing:
        pytest.skip(str(missing))
    finally:
        opened.browser = None


def _run(run: Callable[[checks.Stack], None], stack: checks.Stack) -> None:
    try:
        run(stack)
    except Missing as missing:
        pytest.skip(str(missing))
