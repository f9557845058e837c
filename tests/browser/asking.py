"""What a person does on the page, and where its parts are found."""

from playwright.sync_api import Locator, Page

from tests.browser.stage import Performance, Stage


def ask(page: Page, stage: Stage, question: str) -> Performance:
    """Types a question and sends it; its run has started."""
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    return stage.next_run()


def exchange(page: Page, question: str) -> Locator:
    return page.get_by_role("article", name=question)


def answer_text(page: Page) -> Locator:
    return page.locator(".text").last
