"""What an admin does in the Agents section, and where to find the result."""

from playwright.sync_api import Locator, Page, expect


def open_view(page: Page, hash_: str) -> None:
    """Goes to an address of the Agents section, as a link within the page does."""
    page.evaluate("(hash) => { location.hash = hash; }", hash_)
    expect(page.locator("#agents")).to_be_visible()
    expect(page.locator("#agents")).not_to_have_attribute("aria-busy", "true")


def field(page: Page, label: str) -> Locator:
    return page.locator("#agent-form").get_by_label(label, exact=True)


def field_error(page: Page, name: str) -> Locator:
    return page.locator(f"[data-field={name}] .field-error")


def save_state(page: Page) -> Locator:
    """Whether there are unsaved changes, or the version that is shown."""
    return page.locator(".save-bar .state")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def expect_saved(page: Page, version: int) -> None:
    expect(save_state(page)).to_have_text(f"Saved as version {version}")


def page_title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)
