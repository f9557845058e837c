"""The agent picker: selecting, remembering the selection, and deleted agents."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask, exchange
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend


def picker_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Agent: "))


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("option").filter(has=page.locator(".name", has_text=name))


def select_agent(page: Page, name: str) -> None:
    picker_button(page).click()
    option(page, name).click()


def answered(page: Page, backend: FakeBackend, question: str) -> str | None:
    """The agent that was asked for."""
    run = ask(page, backend, question)
    route = events.route("sql", method="pinned", confidence=1.0, runner_up=None)
    run.emit(*events.routed(route), *events.answer("Yes."), events.completed())
    expect(exchange(page, question).locator(".usage")).to_be_visible()
    return run.agent


def test_the_router_decides_unless_an_agent_is_selected(page: Page, backend: FakeBackend) -> None:
    expect(picker_button(page)).to_have_text("Automatic")
    assert answered(page, backend, "Who?") is None

    select_agent(page, "Data")

    expect(picker_button(page)).to_have_text("Data")
    assert answered(page, backend, "And now?") == "sql"


def test_each_agent_is_listed_with_its_description(page: Page, backend: FakeBackend) -> None:
    backend.agents.seed("policy", "Policy", description="Knows the rules.", routed=False)

    picker_button(page).click()

    expect(page.get_by_role("option")).to_have_text(
        [
            re.compile("^Automatic"),
            "DataAnswers from rows.",
            "DocumentsAnswers from rules.",
            "Policynot routedKnows the rules.",
        ]
    )
    expect(option(page, "Automatic")).to_have_attribute("aria-selected", "true")


def test_the_badge_shows_that_an_agent_was_pinned(page: Page, backend: FakeBackend) -> None:
    select_agent(page, "Data")
    answered(page, backend, "Who?")

    route = page.get_by_role("region", name="Route")
    expect(route.locator(".agent-badge")).to_have_text("Data")
    expect(route).to_contain_text("chosen by you")
    expect(route).not_to_contain_text("% confidence")
    version = route.get_by_role("link", name="version 1")
    expect(version).to_have_attribute("href", "#agents/sql/versions/1")


def test_an_agent_is_selected_with_the_keyboard_alone(page: Page, backend: FakeBackend) -> None:
    for number in range(30):
        backend.agents.seed(f"desk-{number}", f"Desk {number}", description=f"Case {number}.")
    picker_button(page).focus()
    page.keyboard.press("ArrowDown")
    search = page.get_by_role("combobox", name="Find an agent")
    expect(search).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(33)

    page.keyboard.press("ArrowUp")
    expect(option(page, "Desk 29")).to_be_in_viewport()
    page.keyboard.type("case 17")
    expect(page.get_by_role("option")).to_have_text(["Desk 17Case 17."])
    expect(search).to_have_attribute("aria-activedescendant", "agent-options-0")
    page.keyboard.press("Enter")

    expect(picker_button(page)).to_have_text("Desk 17")
    expect(page.get_by_label("Your question")).to_be_focused()
    assert ask(page, backend, "Who?").agent == "desk-17"


def test_escape_keeps_the_selection(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "Who?")
    picker_button(page).click()
    page.keyboard.type("nobody is called so")
    expect(page.get_by_text("No agents found.")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(picker_button(page)).to_be_focused()
    expect(picker_button(page)).to_have_text("Automatic")
    assert backend.no_more_cancels()
    run.emit(*events.routed(), *events.answer("Yes."), events.completed())


def test_a_click_elsewhere_closes_the_list(page: Page) -> None:
    picker_button(page).click()
    expect(page.get_by_role("listbox")).to_be_visible()

    page.locator(".welcome p").click()

    expect(page.get_by_role("listbox")).to_be_hidden()


def test_each_thread_keeps_its_agent(page: Page, backend: FakeBackend) -> None:
    select_agent(page, "Data")
    answered(page, backend, "First?")
    page.get_by_role("button", name="New question").click()
    expect(picker_button(page)).to_have_text("Data")
    select_agent(page, "Documents")
    answered(page, backend, "Second?")

    page.get_by_role("link", name="First?").click()
    expect(picker_button(page)).to_have_text("Data")
    page.reload()
    expect(picker_button(page)).to_have_text("Data")
    page.get_by_role("button", name="New question").click()
    expect(picker_button(page)).to_have_text("Documents")


def test_a_thread_without_a_selection_stays_automatic(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, "First?")
    page.get_by_role("button", name="New question").click()
    select_agent(page, "Data")

    page.get_by_role("link", name="First?").click()

    expect(picker_button(page)).to_have_text("Automatic")


def test_the_router_replaces_a_deleted_agent(page: Page, backend: FakeBackend) -> None:
    select_agent(page, "Data")
    del backend.agents.versions_by_id["sql"]

    page.reload()

    expect(picker_button(page)).to_have_text("Automatic")
    expect(page.locator("#composer-note")).to_contain_text("no longer exists")
    assert answered(page, backend, "Who?") is None


def test_a_question_to_an_agent_just_deleted_is_put_back(page: Page, backend: FakeBackend) -> None:
    select_agent(page, "Data")
    del backend.agents.versions_by_id["sql"]
    page.get_by_label("Your question").fill("Who?")
    page.keyboard.press("Enter")

    expect(page.locator("#composer-note")).to_have_text(
        "The agent “Data” no longer exists. The router decides again."
    )
    expect(page.get_by_label("Your question")).to_have_value("Who?")
    page.get_by_role("button", name="Ask again").click()
    assert backend.next_run().agent is None


def test_names_replace_ids_when_they_are_known(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page()
    page.route("**/api/agents", lambda route: route.abort())
    page.goto(backend.url)
    run = ask(page, backend, "Who?")
    run.emit(*events.routed(), *events.answer("Yes."), events.completed())
    expect(page.locator(".agent-badge")).to_have_text("sql")
    picker_button(page).click()
    expect(page.get_by_role("alert")).to_contain_text("The agents could not be listed.")
    page.unroute("**/api/agents")

    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".agent-badge")).to_have_text("Data")
    expect(page.get_by_role("option")).to_have_count(3)
    expect(answer_text(page)).to_have_text("Yes.")


def test_an_agent_can_be_selected_without_local_storage(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page.goto(backend.url)

    select_agent(page, "Data")

    assert answered(page, backend, "Who?") == "sql"
    expect(picker_button(page)).to_have_text("Data")


def test_a_deleted_agent_keeps_its_name_on_its_answers(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, "Who?")
    expect(page.locator(".agent-badge")).to_have_text("Data")
    del backend.agents.versions_by_id["sql"]

    page.reload()
    picker_button(page).click()
    expect(page.get_by_role("option")).to_have_count(2)

    expect(page.locator(".agent-badge")).to_have_text("Data")
