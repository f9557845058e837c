"""An agent's versions: listed, compared, and gone back to."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.administering import field, opened
from tests.browser.stage import Stage

LINES = [f"Rule {number}." for number in range(1, 13)]


def changed(stage: Stage, writer: str = "ada", **fields: Any) -> None:
    stage.registry.writer = writer
    stage.registry.keep({**stage.registry.current("sql"), **fields})
    stage.registry.writer = "me"


def test_versions_say_who_made_them_the_newest_first(page: Page, stage: Stage) -> None:
    changed(stage, description="Second.")
    changed(stage, "bob", description="Third.")

    opened(page, stage, "#agents/sql/versions")

    versions = page.get_by_role("list", name="Versions").get_by_role("listitem")
    expect(versions).to_have_text(
        [
            "Version 3currentSaved by bob, now",
            "Version 2Saved by ada, now",
            "Version 1From its file, now",
        ]
    )


def test_an_old_version_is_compared_with_the_current_one(page: Page, stage: Stage) -> None:
    changed(stage, instructions="\n".join(LINES))
    mended = [*LINES[:5], "Rule six.", *LINES[6:]]
    changed(stage, instructions="\n".join(mended), tools=[], max_steps=9)
    opened(page, stage, "#agents/sql/versions")

    page.get_by_role("link", name="Version 2").click()

    rows = page.get_by_label("Instructions: changes").locator("> *")
    expect(rows).to_have_text(
        [
            "3 lines alike",
            " Rule 4.",
            " Rule 5.",
            "-removed: Rule 6.",
            "+added: Rule six.",
            " Rule 7.",
            " Rule 8.",
            "4 lines alike",
        ]
    )
    expect(page.get_by_label("Tools: changes").locator("> *")).to_have_text(
        ["-removed: query_database"]
    )
    expect(page.locator(".comparison h3")).to_have_text(
        ["Instructions", "Tools", "Model calls in one run"]
    )
    assert page.url.endswith("#agents/sql/versions/2")
    page.get_by_role("link", name="Version 2").click()
    expect(page.locator(".comparison")).to_have_count(0)


def test_the_current_version_shows_what_it_changed(page: Page, stage: Stage) -> None:
    changed(stage, description="Second.")

    opened(page, stage, "#agents/sql/versions/2")

    expect(page.get_by_text("What it changed in version 1")).to_be_visible()
    expect(page.get_by_label("Description: changes").locator("> *")).to_have_text(
        ["-removed: Answers from rows.", "+added: Second."]
    )
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)


def test_rolling_back_makes_a_new_version_of_an_old_one(page: Page, stage: Stage) -> None:
    changed(stage, description="Second.")
    opened(page, stage, "#agents/sql/versions/1")

    page.get_by_role("button", name="Roll back to version 1").click()

    expect(page.get_by_text("Version 3 is current: it is as version 1 was.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Version 3")).to_contain_text("current")
    assert stage.registry.current("sql")["description"] == "Answers from rows."
    page.get_by_role("link", name="Definition").click()
    expect(field(page, "Description")).to_have_value("Answers from rows.")


def test_rolling_back_asks_before_it_drops_what_was_typed(page: Page, stage: Stage) -> None:
    changed(stage, description="Second.")
    opened(page, stage, "#agents/sql")
    field(page, "Description").fill("Mine.")
    opened(page, stage, "#agents/sql/versions/1")

    page.get_by_role("button", name="Roll back to version 1").click()
    page.get_by_role("button", name="Keep them").click()
    assert stage.registry.current("sql")["version"] == 2
    page.get_by_role("button", name="Roll back to version 1").click()
    page.get_by_role("button", name="Discard and roll back").click()

    expect(page.get_by_text("Version 3 is current: it is as version 1 was.")).to_be_visible()


def test_rolling_back_what_somebody_else_changed_is_refused(page: Page, stage: Stage) -> None:
    changed(stage, description="Second.")
    opened(page, stage, "#agents/sql/versions/1")
    expect(page.get_by_role("button", name="Roll back to version 1")).to_be_visible()
    changed(stage, description="Third.")

    page.get_by_role("button", name="Roll back to version 1").click()

    expect(page.get_by_role("alert")).to_contain_text("The agent was not rolled back.")
    page.get_by_role("button", name="Show it as it is now").click()
    expect(page.get_by_role("listitem").filter(has_text="Version 3")).to_contain_text("current")


def test_long_texts_are_compared_too(page: Page, stage: Stage) -> None:
    before = [f"Line {number}." for number in range(3000)]
    changed(stage, instructions="\n".join(before))
    after = [f"Row {number}." if number % 2 else line for number, line in enumerate(before)]
    changed(stage, instructions="\n".join(after))

    opened(page, stage, "#agents/sql/versions/2")

    expect(page.get_by_label("Instructions: changes").locator("ins")).to_have_count(3000 - 1)


def test_a_deleted_agent_can_be_rolled_back_to_any_version(page: Page, stage: Stage) -> None:
    changed(stage, description="Second.")
    stage.registry.delete("sql", 2)
    opened(page, stage, "#agents/sql/versions/1")

    page.get_by_role("button", name="Roll back to version 1").click()

    expect(page.get_by_role("listitem").filter(has_text="Version 4")).to_contain_text("current")
    expect(page.get_by_role("link", name="Try it")).to_be_visible()
    assert stage.registry.live("sql")["description"] == "Answers from rows."
