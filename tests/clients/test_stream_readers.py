"""Event streams over sockets, read by curl, httpx-sse, a browser's fetch and its EventSource."""

from collections.abc import Callable

import pytest

from tests.clients.conftest import LocalStack
from tests.contracts import checks
from tests.contracts.clients import ClientUnavailable, chromium


@pytest.fixture(scope="package")
def contract_stack(running_stack: LocalStack) -> checks.StackUnderTest:
    return checks.StackUnderTest(running_stack.url, running_stack.bedrock)


def _checks_of(*clients: str) -> list[checks.Check]:
    return [check for check in checks.checks() if check.client in clients]


@pytest.mark.parametrize(
    "check", _checks_of("curl -N", "httpx-sse"), ids=lambda check: f"{check.client} {check.subject}"
)
def test_a_client_reads_each_event(
    check: checks.Check, contract_stack: checks.StackUnderTest
) -> None:
    if "heartbeat" in check.subject:
        pytest.skip("takes 15 seconds: only make contracts checks it")
    _run(check.run, contract_stack)


def test_a_browser_reads_every_stream_and_its_replay(contract_stack: checks.StackUnderTest) -> None:
    try:
        with chromium(contract_stack.url) as contract_stack.browser:
            for check in _checks_of("Chromium fetch", "EventSource"):
                _run(check.run, contract_stack)
    except ClientUnavailable as error:
        pytest.skip(str(error))
    finally:
        contract_stack.browser = None


def _run(run: Callable[[checks.StackUnderTest], None], stack: checks.StackUnderTest) -> None:
    try:
        run(stack)
    except ClientUnavailable as error:
        pytest.skip(str(error))
