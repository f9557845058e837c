"""Debian's Chromium, driven by Playwright, and the servers that it visits.

A worker process has one browser and one fake server. Each test has a browser context and a
backend of its own, so that tests may run in any order and beside each other.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.fake_backend import FakeBackend
from tests.browser.fake_server import FakeServer, running
from waypost.settings import Settings
from waypost_chat.factory import create

ROOT = Path(__file__).parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_POLICY_VIOLATIONS = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""
NewPage = Callable[..., Page]
READY = re.compile(r"Waypost is ready at (http://\S+)")
TOKENS_PER_SECOND = "50"


# Not of session scope: Playwright's event loop counts as running until it is closed, and tests of
# other packages run their own in the same thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or "/usr/bin/chromium"
    if not os.access(path, os.X_OK):
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def fake_server() -> Iterator[FakeServer]:
    environment = {
        "WAYPOST_TABLE": "t",
        "WAYPOST_MODEL": "m",
        "WAYPOST_AGENTS": str(ROOT / "agents"),
    }
    description = create(Settings.from_env(environment)).openapi()
    with running(FakeServer(description)) as server:
        yield server


@pytest.fixture
def backend(fake_server: FakeServer) -> FakeBackend:
    return fake_server.new_backend()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes pages with the given context options; none may violate the policy or raise."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def report(message: ConsoleMessage) -> None:
        # A failed request is logged as an error too, and some tests want one.
        if message.type == "error" and "Failed to load resource" not in message.text:
            errors.append(message.text)

    def make(**options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(REPORT_POLICY_VIOLATIONS)
        page.on("console", report)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page: NewPage, backend: FakeBackend) -> Page:
    """The page on a first visit."""
    page = new_page()
    page.goto(backend.url)
    return page


@pytest.fixture(scope="package")
def local_stack_url() -> Iterator[str]:
    """The URL of the whole stack, as `make run` starts it."""
    command = [sys.executable, "-m", "waypost_local", "run", "--port", "0"]
    stack = subprocess.Popen(
        [*command, "--token-rate", TOKENS_PER_SECOND], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert stack.stdout
        lines = iter(stack.stdout.readline, "")
        yield next(match[1] for line in lines if (match := READY.search(line)))
    finally:
        stack.send_signal(signal.SIGINT)
        stack.communicate()
