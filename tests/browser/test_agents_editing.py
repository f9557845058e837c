"""An agent's form: made, changed, refused, and changed by two at once."""

import re

from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.administering import field, opened, save, saved_as, title
from tests.browser.asking import answer_text
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage


def test_a_new_agent_is_there_with_all_that_was_typed(page: Page, stage: Stage) -> None:
    opened(page, stage, "#new-agent")
    field(page, "Name").fill("Fleet & vans")
    expect(field(page, "Id")).to_have_value("fleet-vans")
    field(page, "Id").fill("fleet")
    field(page, "Other names").fill("vans, cars")
    field(page, "Description").fill("Knows the vans.")
    field(page, "Example questions").fill("Which van is free?\n\n  Who drives today?  \n")
    field(page, "The router may choose it").uncheck()
    field(page, "Instructions").fill("You know vans.\nBe brief.")
    field(page, "Strategy").select_option("hybrid")
    field(page, "query_database").check()
    field(page, "Documents").fill("fleet/*.md")
    field(page, "Model").select_option("gpt-oss")
    field(page, "Fallback models, number 1").select_option("nova-pro")
    field(page, "Fallback models, number 2").select_option("nova-lite")
    field(page, "Tokens").fill("900")
    field(page, "Steps").fill("3")
    field(page, "Dollars").fill(".05")

    save(page)

    expect(page.get_by_role("link", name="Try it")).to_be_visible()
    assert page.url.endswith("#agents/fleet")
    made = stage.registry.current("fleet")
    assert {key: made[key] for key in made if key not in ("created_at", "created_by")} == {
        "id": "fleet",
        "name": "Fleet & vans",
        "description": "Knows the vans.",
        "examples": ["Which van is free?", "Who drives today?"],
        "aliases": ["vans", "cars"],
        "version": 1,
        "routed": False,
        "strategy": "hybrid",
        "documents": ["fleet/*.md"],
        "tools": ["query_database"],
        "model": "gpt-oss",
        "fallbacks": ["nova-pro", "nova-lite"],
        "max_tokens": 900,
        "max_steps": 3,
        "max_cost_usd": 0.05,
        "runnable": None,
        "instructions": "You know vans.\nBe brief.",
        "source": "api",
        "deleted": False,
    }
    page.go_back()
    expect(page.get_by_label("Your question")).to_be_visible()
    page.get_by_role("button", name="Agent: Automatic").click()
    expect(page.get_by_role("option", name="Fleet & vans")).to_be_visible()


def test_a_change_is_the_next_version_and_changes_nothing_else(page: Page, stage: Stage) -> None:
    before = stage.registry.seed(
        "desk", "Desk", aliases=["counter"], fallbacks=["nova-pro"], max_tokens=77, routed=False
    )
    opened(page, stage, "#agents/desk")
    expect(page.locator(".saving .state")).to_have_text("desk, version 1, from its file, now")

    field(page, "Description").fill("At your service.")
    expect(page.locator(".saving .state")).to_have_text("Unsaved changes")
    page.keyboard.press("Control+s")

    saved_as(page, 2)
    after = stage.registry.current("desk")
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"description", "version", "source", "created_at", "created_by"}


def test_the_length_of_instructions_is_counted_as_they_are_typed(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    length = page.locator(".length")
    expect(length).to_have_text("29 characters, 2 lines")

    field(page, "Instructions").press_sequentially("!")

    expect(length).to_have_text("30 characters, 2 lines")


def test_what_is_missing_is_said_at_its_field(page: Page, stage: Stage) -> None:
    opened(page, stage, "#new-agent")
    field(page, "Name").fill("Fleet")

    save(page)

    wrong = page.locator(".wrong:visible")
    expect(wrong).to_have_text(["This is needed."] * 3)
    expect(field(page, "Description")).to_be_focused()
    expect(field(page, "Description")).to_have_attribute("aria-invalid", "true")
    field(page, "Description").fill("Vans.")
    expect(wrong).to_have_count(2)
    assert "fleet" not in stage.registry.kept


def test_what_the_api_refuses_is_said_at_its_field(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Tokens").fill("0")
    field(page, "Steps").fill("many")
    save(page)

    expect(field(page, "Tokens")).to_be_focused()
    expect(page.locator("[data-part=max_tokens] .wrong")).to_contain_text("greater than or equal")
    expect(page.locator("[data-part=max_steps] .wrong")).to_contain_text("valid integer")

    field(page, "Tokens").fill("10")
    field(page, "Steps").fill("2")
    save(page)
    saved_as(page, 2)


def test_a_model_that_is_gone_is_refused_with_those_that_there_are(
    page: Page, stage: Stage
) -> None:
    stage.registry.seed("desk", "Desk", model="retired")
    opened(page, stage, "#agents/desk")
    expect(field(page, "Model").locator("option:checked")).to_have_text(
        "retired (no longer offered)"
    )
    field(page, "Description").fill("Other.")

    save(page)

    wrong = page.locator("[data-part=model] .wrong")
    expect(wrong).to_contain_text("There is no such model")
    expect(field(page, "Model")).to_be_focused()
    expect(field(page, "Description")).to_have_value("Other.")


def test_an_id_that_is_taken_is_said_at_the_id(page: Page, stage: Stage) -> None:
    opened(page, stage, "#new-agent")
    field(page, "Name").fill("Sql")
    for label in ["Description", "Example questions", "Instructions"]:
        field(page, label).fill("Something.")

    save(page)

    expect(page.locator("[data-part=id] .wrong")).to_have_text("There is an agent of that id.")
    expect(field(page, "Id")).to_be_focused()


def test_a_conflict_shows_their_change_and_keeps_mine(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Description").fill("Mine.")
    stage.registry.writer = "ada"
    theirs = {**stage.registry.current("sql"), "instructions": "You are Data.\nBe kind."}
    stage.registry.keep(theirs)
    stage.registry.writer = "me"

    save(page)

    said = page.get_by_role("alert")
    expect(said).to_contain_text("Version 2 came in between, from ada, now.")
    expect(said.locator("del")).to_have_text("-removed: Answer shortly.")
    expect(said.locator("ins")).to_have_text("+added: Be kind.")
    expect(said).to_be_focused()
    expect(field(page, "Description")).to_have_value("Mine.")

    said.get_by_role("button", name="Save mine over it").click()
    saved_as(page, 3)
    now = stage.registry.current("sql")
    assert (now["description"], now["instructions"]) == ("Mine.", "You are Data.\nAnswer shortly.")


def test_after_a_conflict_theirs_can_be_loaded(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Description").fill("Mine.")
    stage.registry.keep({**stage.registry.current("sql"), "description": "Theirs."})
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("You have both changed: description.")

    page.get_by_role("button", name="Load theirs").click()

    expect(field(page, "Description")).to_have_value("Theirs.")
    expect(page.get_by_role("alert")).to_have_count(0)
    field(page, "Description").fill("Mine after theirs.")
    save(page)
    saved_as(page, 3)


def test_a_failure_leaves_everything_as_it_was_typed(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    page.route("**/api/agents/sql", lambda route: route.abort())
    field(page, "Description").fill("Mine.")
    save(page)

    expect(page.get_by_role("alert")).to_contain_text("The agent was not saved.")
    expect(page.locator(".saving .state")).to_have_text("Unsaved changes")
    page.unroute("**/api/agents/sql")
    save(page)
    saved_as(page, 2)


def test_nobody_leaves_unsaved_changes_unasked(page: Page, stage: Stage) -> None:
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="Data", exact=True).click()
    field(page, "Description").fill("Mine.")
    dialog = page.get_by_role("dialog", name="Leave without saving?")

    page.go_back()
    dialog.get_by_role("button", name="Stay").click()
    expect(field(page, "Description")).to_have_value("Mine.")
    expect(page).to_have_url(re.compile("#agents/sql$"))

    page.get_by_role("link", name="Try it").click()
    page.get_by_role("link", name="Definition").click()
    expect(field(page, "Description")).to_have_value("Mine.")

    page.get_by_role("button", name="New question").click()
    dialog.get_by_role("button", name="Stay").click()
    page.locator("#before-title a").click()
    dialog.get_by_role("button", name="Leave").click()
    expect(title(page)).to_have_text("Agents")
    page.get_by_role("link", name="Data", exact=True).click()
    expect(field(page, "Description")).to_have_value("Answers from rows.")


def test_closing_the_tab_asks_only_where_something_is_unsaved(
    new_page: NewPage, stage: Stage
) -> None:
    page = new_page()
    page.goto(f"{stage.url}/#agents/sql")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    field(page, "Description").click()
    page.reload()
    assert asked == []

    field(page, "Description").fill("Mine.")
    page.reload()

    assert asked == ["beforeunload"]


def test_changes_can_be_discarded(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Instructions").fill("Nothing.")
    field(page, "search_documents").check()

    page.get_by_role("button", name="Discard changes").click()

    expect(field(page, "Instructions")).to_have_value("You are Data.\nAnswer shortly.")
    expect(field(page, "search_documents")).not_to_be_checked()
    expect(page.get_by_role("button", name="Discard changes")).to_be_hidden()


def test_an_agent_deleted_meanwhile_is_brought_back_with_what_was_typed(
    page: Page, stage: Stage
) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Description").fill("Mine.")
    stage.registry.delete("sql", 1)
    save(page)

    expect(page.get_by_role("alert")).to_contain_text("me has deleted this agent, with version 2.")
    expect(field(page, "Description")).to_have_value("Mine.")
    page.get_by_role("button", name="Bring it back with what I typed").click()

    saved_as(page, 4)
    assert stage.registry.live("sql")["description"] == "Mine."


def test_saving_again_after_a_lost_answer_finds_what_was_saved(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Description").fill("Mine.")
    page.route("**/api/agents/sql", lambda route: (route.fetch(), route.abort()))
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("The agent was not saved.")
    page.unroute("**/api/agents/sql")

    save(page)

    saved_as(page, 2)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert stage.registry.current("sql")["version"] == 2


def test_what_the_form_would_write_otherwise_is_no_change(page: Page, stage: Stage) -> None:
    stage.registry.seed("desk", "Desk", instructions="Be kind.\n\n", examples=[" Who? "])

    opened(page, stage, "#agents/desk")

    expect(page.locator(".saving .state")).to_have_text("desk, version 1, from its file, now")


def test_escape_in_a_dialog_stops_nothing_else(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql/try")
    page.get_by_role("button", name="What does Data say?").click()
    run = stage.next_run()
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("Fo"))
    page.get_by_role("button", name="Delete “Data”").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    run.emit(scenes.says("ur."), scenes.closing(), scenes.completed())

    expect(answer_text(page)).to_have_text("Four.")
    assert stage.no_more_cancels()
