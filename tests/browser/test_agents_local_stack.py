"""The Agents section over the whole stack."""

from playwright.sync_api import Page, expect

from tests.browser.agent_actions import expect_saved, field, page_title, save, save_state
from tests.browser.chat_actions import answer_text
from tests.browser.conftest import NewPage

SLOW = 20_000
"""Milliseconds: each function starts as a process of its own."""


def make_fleet(page: Page) -> None:
    field(page, "Name").fill("Fleet")
    field(page, "Description").fill("Answers about vans.")
    field(page, "Example questions").fill("Which van is free?")
    field(page, "Instructions").fill("Answer from the passages below, and name them as in [1].")
    field(page, "Strategy").select_option("rag")
    save(page)


def change(page: Page, description: str) -> None:
    field(page, "Description").fill(description)
    save(page)


def try_out(page: Page, question: str) -> None:
    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Your question to Fleet").fill(question)
    page.keyboard.press("Enter")


def test_an_agent_is_created_tried_changed_rolled_back_and_deleted(
    new_page: NewPage, local_stack_url: str
) -> None:
    page = new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{local_stack_url}/#new-agent")
    make_fleet(page)
    expect(page_title(page)).to_have_text("Fleet", timeout=SLOW)

    try_out(page, "What are the overtime rules?")
    expect(page.locator(".agent-badge")).to_have_text("Fleet", timeout=SLOW)
    expect(page.locator(".routing")).to_contain_text("chosen by you")
    expect(page.locator(".usage")).to_be_visible(timeout=SLOW)
    expect(answer_text(page)).to_contain_text("38")

    other = new_page()
    other.goto(f"{local_stack_url}/#agents/fleet")
    change(other, "Theirs.")
    expect_saved(other, 2)
    page.get_by_role("link", name="Definition").click()
    change(page, "Mine.")
    expect(page.get_by_role("alert").locator("ins")).to_contain_text("Theirs.", timeout=SLOW)
    page.get_by_role("button", name="Overwrite with mine").click()
    expect_saved(page, 3)

    page.get_by_role("link", name="Versions").click()
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_label("Description: changes").locator("ins")).to_contain_text("Mine.")
    page.get_by_role("button", name="Roll back to version 1").click()
    expect(page.get_by_text("Rolled back: version 4 has the content of version 1.")).to_be_visible()

    page.get_by_role("button", name="Delete “Fleet”").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Fleet")).to_have_count(0, timeout=SLOW)
    page.get_by_role("button", name="Undo").click()
    expect(field(page, "Description")).to_have_value("Answers about vans.", timeout=SLOW)
    expect(save_state(page)).to_contain_text("version 6, saved by developer")


def test_a_saved_version_answers_the_next_question(new_page: NewPage, local_stack_url: str) -> None:
    page = new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{local_stack_url}/#agents/rag")
    field(page, "Example questions").fill("What are the rules?")
    save(page)
    expect_saved(page, 2)

    page.get_by_role("button", name="New question").click()
    page.get_by_role("button", name="Agent: Automatic").click()
    page.get_by_role("combobox").fill("docum")
    page.keyboard.press("Enter")
    page.get_by_label("Your question").fill("What are the overtime rules?")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="version 2")).to_be_visible(timeout=SLOW)
    expect(page.locator(".usage")).to_be_visible(timeout=SLOW)
