"""Debian's Chromium, driven by Playwright, over a scripted stage."""

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

from tests.browser.served import served
from tests.browser.stage import Stage
from waypost.settings import Settings
from waypost_chat.factory import create

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH = """
document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""
NewPage = Callable[..., Page]
READY = re.compile(r"Waypost is ready at (http://\S+)")
TOKENS_A_SECOND = "100"


# Torn down with this folder: Playwright's loop must not run under other tests' loops.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or "/usr/bin/chromium"
    if not os.access(path, os.X_OK):
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def served_stage() -> Iterator[Stage]:
    environment = {
        "WAYPOST_TABLE": "t",
        "WAYPOST_MODEL": "m",
        "WAYPOST_AGENTS": str(ROOT / "agents"),
    }
    description = create(Settings.from_env(environment)).openapi()
    with served(Stage(description=description)) as stage:
        yield stage


@pytest.fixture
def stage(served_stage: Stage) -> Stage:
    served_stage.clear()
    return served_stage


@pytest.fixture
def stack_url(stage: Stage) -> str:
    return stage.url


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes pages with settings of their own; none may break the policy or raise."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A refused request is reported there too, and is no fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def make(**settings: object) -> Page:
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("console", heard)
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(new_page: NewPage, stack_url: str) -> Page:
    """The page as somebody finds it who comes for the first time."""
    made = new_page()
    made.goto(stack_url)
    return made


@pytest.fixture(scope="package")
def running_stack() -> Iterator[str]:
    """The whole stack, as `make run` starts it: its URL."""
    command = [sys.executable, "-m", "waypost_local", "run", "--port", "0"]
    stack = subprocess.Popen(
        [*command, "--token-rate", TOKENS_A_SECOND], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert stack.stdout
        lines = iter(stack.stdout.readline, "")
        yield next(found[1] for line in lines if (found := READY.search(line)))
    finally:
        stack.send_signal(signal.SIGINT)
        stack.communicate()
