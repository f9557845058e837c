"""An agent's versions: listing, comparing, and rolling back."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.agent_actions import field, open_view
from tests.browser.fake_backend import FakeBackend

LINES = [f"Rule {number}." for number in range(1, 13)]


def changed(backend: FakeBackend, writer: str = "ada", **fields: Any) -> None:
    backend.agents.user = writer
    backend.agents.save_version({**backend.agents.current("sql"), **fields})
    backend.agents.user = "me"


def test_versions_show_who_saved_them_newest_first(page: Page, backend: FakeBackend) -> None:
    changed(backend, description="Second.")
    changed(backend, "bob", description="Third.")

    open_view(page, "#agents/sql/versions")

    versions = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(versions).to_have_text(
        [
            "Version 3currentSaved by bob, now",
            "Version 2Saved by ada, now",
            "Version 1From a file, now",
        ]
    )


def test_an_old_version_is_compared_with_the_current_one(page: Page, backend: FakeBackend) -> None:
    changed(backend, instructions="\n".join(LINES))
    mended = [*LINES[:5], "Rule six.", *LINES[6:]]
    changed(backend, instructions="\n".join(mended), tools=[], max_steps=9)
    open_view(page, "#agents/sql/versions")

    page.get_by_role("link", name="Version 2").click()

    rows = page.get_by_label("Instructions: changes").locator("> *")
    expect(rows).to_have_text(
        [
            "3 unchanged lines",
            " Rule 4.",
            " Rule 5.",
            "-removed: Rule 6.",
            "+added: Rule six.",
            " Rule 7.",
            " Rule 8.",
            "4 unchanged lines",
        ]
    )
    expect(page.get_by_label("Tools: changes").locator("> *")).to_have_text(
        ["-removed: query_database"]
    )
    expect(page.locator(".diff h3")).to_have_text(["Instructions", "Tools", "Max steps"])
    assert page.url.endswith("#agents/sql/versions/2")
    page.get_by_role("link", name="Version 2").click()
    expect(page.locator(".diff")).to_have_count(0)


def test_the_current_version_shows_what_it_changed(page: Page, backend: FakeBackend) -> None:
    changed(backend, description="Second.")

    open_view(page, "#agents/sql/versions/2")

    expect(page.get_by_text("Changes since version 1")).to_be_visible()
    expect(page.get_by_label("Description: changes").locator("> *")).to_have_text(
        ["-removed: Answers from rows.", "+added: Second."]
    )
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)


def test_rolling_back_makes_a_new_version_of_an_old_one(page: Page, backend: FakeBackend) -> None:
    changed(backend, description="Second.")
    open_view(page, "#agents/sql/versions/1")

    page.get_by_role("button", name="Roll back to version 1").click()

    expect(page.get_by_text("Rolled back: version 3 has the content of version 1.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Version 3")).to_contain_text("current")
    assert backend.agents.current("sql")["description"] == "Answers from rows."
    page.get_by_role("link", name="Definition").click()
    expect(field(page, "Description")).to_have_value("Answers from rows.")


def test_rolling_back_asks_before_it_discards_changes(page: Page, backend: FakeBackend) -> None:
    changed(backend, description="Second.")
    open_view(page, "#agents/sql")
    field(page, "Description").fill("Mine.")
    open_view(page, "#agents/sql/versions/1")

    page.get_by_role("button", name="Roll back to version 1").click()
    page.get_by_role("button", name="Keep editing").click()
    assert backend.agents.current("sql")["version"] == 2
    page.get_by_role("button", name="Roll back to version 1").click()
    page.get_by_role("button", name="Discard and roll back").click()

    expect(page.get_by_text("Rolled back: version 3 has the content of version 1.")).to_be_visible()


def test_rolling_back_after_another_change_is_an_error(page: Page, backend: FakeBackend) -> None:
    changed(backend, description="Second.")
    open_view(page, "#agents/sql/versions/1")
    expect(page.get_by_role("button", name="Roll back to version 1")).to_be_visible()
    changed(backend, description="Third.")

    page.get_by_role("button", name="Roll back to version 1").click()

    expect(page.get_by_role("alert")).to_contain_text("The agent was not rolled back.")
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("listitem").filter(has_text="Version 3")).to_contain_text("current")


def test_long_texts_are_compared_too(page: Page, backend: FakeBackend) -> None:
    before = [f"Line {number}." for number in range(3000)]
    changed(backend, instructions="\n".join(before))
    after = [f"Row {number}." if number % 2 else line for number, line in enumerate(before)]
    changed(backend, instructions="\n".join(after))

    open_view(page, "#agents/sql/versions/2")

    expect(page.get_by_label("Instructions: changes").locator("ins")).to_have_count(3000 - 1)


def test_a_deleted_agent_can_be_rolled_back_to_any_version(
    page: Page, backend: FakeBackend
) -> None:
    changed(backend, description="Second.")
    backend.agents.delete("sql", 2)
    open_view(page, "#agents/sql/versions/1")

    page.get_by_role("button", name="Roll back to version 1").click()

    expect(page.get_by_role("listitem").filter(has_text="Version 4")).to_contain_text("current")
    expect(page.get_by_role("link", name="Try it")).to_be_visible()
    assert backend.agents.existing("sql")["description"] == "Answers from rows."
