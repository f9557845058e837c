"""What a person does on the page, and where its parts are found."""

from playwright.sync_api import Locator, Page

from tests.browser.performance import Performance
from tests.browser.stage import Stage


def send(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def ask(page: Page, stage: Stage, question: str) -> Performance:
    """Types a question and sends it; its run has started."""
    send(page, question)
    return stage.next_run()


def exchange(page: Page, question: str) -> Locator:
    return page.get_by_role("article", name=question)


def status(page: Page) -> Locator:
    """What is going on with the last answer."""
    return page.locator(".status").last


def answer_text(page: Page) -> Locator:
    return page.locator(".text").last
