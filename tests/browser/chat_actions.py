"""What a user does in the chat, and where to find the result."""

from playwright.sync_api import Locator, Page

from tests.browser.fake_backend import FakeBackend
from tests.browser.scripted_run import ScriptedRun


def send_question(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def ask(page: Page, backend: FakeBackend, question: str) -> ScriptedRun:
    """Sends a question, and starts its run."""
    send_question(page, question)
    return backend.next_run()


def exchange(page: Page, question: str) -> Locator:
    """A question with its answer."""
    return page.get_by_role("article", name=question)


def status_line(page: Page) -> Locator:
    """What is happening with the last answer."""
    return page.locator(".status-line").last


def answer_text(page: Page) -> Locator:
    return page.locator(".text").last


def reconnection(page: Page, run: ScriptedRun) -> int:
    """Waits for the next connection, with the delays before it cut short."""
    for _ in range(20):
        if (after := run.next_connection_within(0.2)) is not None:
            return after
        page.clock.run_for(500)
    return run.next_connection()
