"""An agent's form: creating, saving, errors, and conflicts."""

import copy
import re

from playwright.sync_api import Dialog, Page, expect

from tests.browser import events
from tests.browser.agent_actions import (
    expect_saved,
    field,
    field_error,
    open_view,
    page_title,
    save,
    save_state,
)
from tests.browser.chat_actions import answer_text
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend


def test_a_new_agent_has_everything_that_was_typed(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#new-agent")
    field(page, "Name").fill("Fleet & vans")
    expect(field(page, "Id")).to_have_value("fleet-vans")
    field(page, "Id").fill("fleet")
    field(page, "Aliases").fill("vans, cars")
    field(page, "Description").fill("Knows the vans.")
    field(page, "Example questions").fill("Which van is free?\n\n  Who drives today?  \n")
    field(page, "Available to the router").uncheck()
    field(page, "Instructions").fill("You know vans.\nBe brief.")
    field(page, "Strategy").select_option("hybrid")
    field(page, "query_database").check()
    field(page, "Documents").fill("fleet/*.md")
    field(page, "Model").select_option("gpt-oss")
    field(page, "Fallback models, number 1").select_option("nova-pro")
    field(page, "Fallback models, number 2").select_option("nova-lite")
    field(page, "Max tokens").fill("900")
    field(page, "Max steps").fill("3")
    field(page, "Max cost (USD)").fill(".05")

    save(page)

    expect(page.get_by_role("link", name="Try it")).to_be_visible()
    assert page.url.endswith("#agents/fleet")
    made = backend.agents.current("fleet")
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


def test_defaults_and_limits_are_those_of_the_api(page: Page, backend: FakeBackend) -> None:
    backend.description = copy.deepcopy(backend.description)
    schema = backend.description["components"]["schemas"]["NewAgent"]["properties"]
    schema["max_tokens"] |= {"default": 77, "maximum": 99}
    schema["name"]["maxLength"] = 5

    open_view(page, "#new-agent")

    expect(field(page, "Max tokens")).to_have_value("77")
    expect(page.get_by_text("In one model call. At least 1, at most 99.")).to_be_visible()
    expect(field(page, "Name")).to_have_attribute("maxlength", "5")
    expect(field(page, "Name")).to_have_attribute("aria-required", "true")
    expect(field(page, "Available to the router")).to_be_checked()
    expect(field(page, "Max cost (USD)")).to_have_value("")


def test_saving_makes_a_version_that_changes_nothing_else(page: Page, backend: FakeBackend) -> None:
    before = backend.agents.seed(
        "desk", "Desk", aliases=["counter"], fallbacks=["nova-pro"], max_tokens=77, routed=False
    )
    open_view(page, "#agents/desk")
    expect(save_state(page)).to_have_text("desk, version 1, from a file, now")

    field(page, "Description").fill("At your service.")
    expect(save_state(page)).to_have_text("Unsaved changes")
    page.keyboard.press("Control+s")

    expect_saved(page, 2)
    after = backend.agents.current("desk")
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"description", "version", "source", "created_at", "created_by"}


def test_the_length_of_instructions_is_counted_as_they_are_typed(
    page: Page, backend: FakeBackend
) -> None:
    open_view(page, "#agents/sql")
    length = page.locator(".text-length")
    expect(length).to_have_text("29 characters, 2 lines")

    field(page, "Instructions").press_sequentially("!")

    expect(length).to_have_text("30 characters, 2 lines")


def test_a_missing_value_is_an_error_at_its_field(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#new-agent")
    field(page, "Name").fill("Fleet")

    save(page)

    wrong = page.locator(".field-error:visible")
    expect(wrong).to_have_text(["This field is required."] * 3)
    expect(field(page, "Description")).to_be_focused()
    expect(field(page, "Description")).to_have_attribute("aria-invalid", "true")
    field(page, "Description").fill("Vans.")
    expect(wrong).to_have_count(2)
    assert "fleet" not in backend.agents.versions_by_id


def test_an_error_of_the_api_is_shown_at_its_field(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql")
    field(page, "Max tokens").fill("0")
    field(page, "Max steps").fill("many")
    save(page)

    expect(field(page, "Max tokens")).to_be_focused()
    expect(field_error(page, "max_tokens")).to_contain_text("greater than or equal")
    expect(field_error(page, "max_steps")).to_contain_text("valid integer")

    field(page, "Max tokens").fill("10")
    field(page, "Max steps").fill("2")
    save(page)
    expect_saved(page, 2)


def test_a_model_that_is_no_longer_offered_is_an_error_at_its_field(
    page: Page, backend: FakeBackend
) -> None:
    backend.agents.seed("desk", "Desk", model="retired")
    open_view(page, "#agents/desk")
    expect(field(page, "Model").locator("option:checked")).to_have_text(
        "retired (no longer offered)"
    )
    field(page, "Description").fill("Other.")

    save(page)

    wrong = field_error(page, "model")
    expect(wrong).to_contain_text("There is no such model")
    expect(field(page, "Model")).to_be_focused()
    expect(field(page, "Description")).to_have_value("Other.")


def test_an_id_that_is_taken_is_an_error_at_the_id(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#new-agent")
    field(page, "Name").fill("Sql")
    for label in ["Description", "Example questions", "Instructions"]:
        field(page, label).fill("Something.")

    save(page)

    expect(field_error(page, "id")).to_have_text("An agent with this id exists already.")
    expect(field(page, "Id")).to_be_focused()


def test_a_conflict_shows_the_other_change_and_keeps_the_form(
    page: Page, backend: FakeBackend
) -> None:
    open_view(page, "#agents/sql")
    field(page, "Description").fill("Mine.")
    backend.agents.user = "ada"
    theirs = {**backend.agents.current("sql"), "instructions": "You are Data.\nBe kind."}
    backend.agents.save_version(theirs)
    backend.agents.user = "me"

    save(page)

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("ada saved version 2 while you were editing (now).")
    expect(alert.locator("del")).to_have_text("-removed: Answer shortly.")
    expect(alert.locator("ins")).to_have_text("+added: Be kind.")
    expect(alert).to_be_focused()
    expect(field(page, "Description")).to_have_value("Mine.")

    alert.get_by_role("button", name="Overwrite with mine").click()
    expect_saved(page, 3)
    now = backend.agents.current("sql")
    assert (now["description"], now["instructions"]) == ("Mine.", "You are Data.\nAnswer shortly.")


def test_after_a_conflict_the_other_version_can_be_loaded(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql")
    field(page, "Description").fill("Mine.")
    backend.agents.save_version({**backend.agents.current("sql"), "description": "Theirs."})
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("You have both changed: description.")

    page.get_by_role("button", name="Load their version").click()

    expect(field(page, "Description")).to_have_value("Theirs.")
    expect(page.get_by_role("alert")).to_have_count(0)
    field(page, "Description").fill("Mine after theirs.")
    save(page)
    expect_saved(page, 3)


def test_a_failed_save_keeps_the_form(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql")
    page.route("**/api/agents/sql", lambda route: route.abort())
    field(page, "Description").fill("Mine.")
    save(page)

    expect(page.get_by_role("alert")).to_contain_text("The agent was not saved.")
    expect(save_state(page)).to_have_text("Unsaved changes")
    page.unroute("**/api/agents/sql")
    save(page)
    expect_saved(page, 2)


def test_leaving_unsaved_changes_asks_for_confirmation(page: Page, backend: FakeBackend) -> None:
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
    page.locator("#breadcrumb a").click()
    dialog.get_by_role("button", name="Leave").click()
    expect(page_title(page)).to_have_text("Agents")
    page.get_by_role("link", name="Data", exact=True).click()
    expect(field(page, "Description")).to_have_value("Answers from rows.")


def test_closing_the_tab_asks_only_where_something_is_unsaved(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page()
    page.goto(f"{backend.url}/#agents/sql")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    field(page, "Description").click()
    page.reload()
    assert asked == []

    field(page, "Description").fill("Mine.")
    page.reload()

    assert asked == ["beforeunload"]


def test_changes_can_be_discarded(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql")
    field(page, "Instructions").fill("Nothing.")
    field(page, "search_documents").check()

    page.get_by_role("button", name="Discard changes").click()

    expect(field(page, "Instructions")).to_have_value("You are Data.\nAnswer shortly.")
    expect(field(page, "search_documents")).not_to_be_checked()
    expect(page.get_by_role("button", name="Discard changes")).to_be_hidden()


def test_an_agent_deleted_by_somebody_else_is_restored_with_the_form(
    page: Page, backend: FakeBackend
) -> None:
    open_view(page, "#agents/sql")
    field(page, "Description").fill("Mine.")
    backend.agents.delete("sql", 1)
    save(page)

    expect(page.get_by_role("alert")).to_contain_text("me deleted this agent in version 2.")
    expect(field(page, "Description")).to_have_value("Mine.")
    page.get_by_role("button", name="Restore with my changes").click()

    expect_saved(page, 4)
    assert backend.agents.existing("sql")["description"] == "Mine."


def test_saving_again_after_a_lost_response_finds_what_was_saved(
    page: Page, backend: FakeBackend
) -> None:
    open_view(page, "#agents/sql")
    field(page, "Description").fill("Mine.")
    page.route("**/api/agents/sql", lambda route: (route.fetch(), route.abort()))
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("The agent was not saved.")
    page.unroute("**/api/agents/sql")

    save(page)

    expect_saved(page, 2)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert backend.agents.current("sql")["version"] == 2


def test_normalized_whitespace_is_no_change(page: Page, backend: FakeBackend) -> None:
    backend.agents.seed("desk", "Desk", instructions="Be kind.\n\n", examples=[" Who? "])

    open_view(page, "#agents/desk")

    expect(save_state(page)).to_have_text("desk, version 1, from a file, now")


def test_escape_in_a_dialog_stops_nothing_else(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql/try")
    page.get_by_role("button", name="What does Data say?").click()
    run = backend.next_run()
    run.emit(*events.routed(), events.text_started(), events.text_delta("Fo"))
    page.get_by_role("button", name="Delete “Data”").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    run.emit(events.text_delta("ur."), events.text_completed(), events.completed())

    expect(answer_text(page)).to_have_text("Four.")
    assert backend.no_more_cancels()
