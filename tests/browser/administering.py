"""What an operator does among the agents, and where its parts are found."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.stage import Stage


def opened(page: Page, stage: Stage, place: str) -> None:
    """Follows an address among the agents, as a link inside the page would."""
    page.evaluate("(place) => { location.hash = place; }", place)
    expect(page.locator("#agents")).to_be_visible()
    expect(page.locator("#agents")).not_to_have_attribute("aria-busy", "true")


def field(page: Page, label: str) -> Locator:
    return page.locator("#definition").get_by_label(label, exact=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def saved_as(page: Page, version: int) -> None:
    expect(page.locator(".saving .state")).to_have_text(f"Saved as version {version}")


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)
