"""Who is to answer: picked by name, kept with the thread, given up where it is gone."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, exchange
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage


def picker(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Agent: "))


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("option").filter(has=page.locator(".name", has_text=name))


def pick(page: Page, name: str) -> None:
    picker(page).click()
    option(page, name).click()


def answered(page: Page, stage: Stage, question: str) -> str | None:
    """The agent that was asked for."""
    run = ask(page, stage, question)
    route = scenes.route("sql", method="pinned", confidence=1.0, runner_up=None)
    run.emit(*scenes.routing(route), *scenes.answer("Yes."), scenes.completed())
    expect(exchange(page, question).locator(".account")).to_be_visible()
    return run.agent


def test_the_router_decides_unless_an_agent_is_picked(page: Page, stage: Stage) -> None:
    expect(picker(page)).to_have_text("Automatic")
    assert answered(page, stage, "Who?") is None

    pick(page, "Data")

    expect(picker(page)).to_have_text("Data")
    assert answered(page, stage, "And now?") == "sql"


def test_each_agent_is_listed_with_what_it_answers(page: Page, stage: Stage) -> None:
    stage.registry.seed("policy", "Policy", description="Knows the rules.", routed=False)

    picker(page).click()

    expect(page.get_by_role("option")).to_have_text(
        [
            re.compile("^Automatic"),
            "DataAnswers from rows.",
            "DocumentsAnswers from rules.",
            "Policyonly when pickedKnows the rules.",
        ]
    )
    expect(option(page, "Automatic")).to_have_attribute("aria-selected", "true")


def test_a_pinned_answer_says_so_in_its_route(page: Page, stage: Stage) -> None:
    pick(page, "Data")
    answered(page, stage, "Who?")

    route = page.get_by_role("region", name="Route")
    expect(route.locator(".sign")).to_have_text("Data")
    expect(route).to_contain_text("as asked for")
    expect(route).not_to_contain_text("% sure")
    version = route.get_by_role("link", name="version 1")
    expect(version).to_have_attribute("href", "#agents/sql/versions/1")


def test_picking_by_keyboard_alone(page: Page, stage: Stage) -> None:
    for number in range(30):
        stage.registry.seed(f"desk-{number}", f"Desk {number}", description=f"Case {number}.")
    picker(page).focus()
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

    expect(picker(page)).to_have_text("Desk 17")
    expect(page.get_by_label("Your question")).to_be_focused()
    assert ask(page, stage, "Who?").agent == "desk-17"


def test_escape_leaves_the_choice_as_it_was(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "Who?")
    picker(page).click()
    page.keyboard.type("nobody is called so")
    expect(page.get_by_text("No agent is called so.")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(picker(page)).to_be_focused()
    expect(picker(page)).to_have_text("Automatic")
    assert stage.no_more_cancels()
    run.emit(*scenes.routing(), *scenes.answer("Yes."), scenes.completed())


def test_a_click_elsewhere_closes_the_list(page: Page) -> None:
    picker(page).click()
    expect(page.get_by_role("listbox")).to_be_visible()

    page.locator(".empty p").click()

    expect(page.get_by_role("listbox")).to_be_hidden()


def test_each_thread_keeps_its_agent(page: Page, stage: Stage) -> None:
    pick(page, "Data")
    answered(page, stage, "First?")
    page.get_by_role("button", name="New question").click()
    expect(picker(page)).to_have_text("Data")
    pick(page, "Documents")
    answered(page, stage, "Second?")

    page.get_by_role("link", name="First?").click()
    expect(picker(page)).to_have_text("Data")
    page.reload()
    expect(picker(page)).to_have_text("Data")
    page.get_by_role("button", name="New question").click()
    expect(picker(page)).to_have_text("Documents")


def test_a_thread_without_a_pick_stays_automatic(page: Page, stage: Stage) -> None:
    answered(page, stage, "First?")
    page.get_by_role("button", name="New question").click()
    pick(page, "Data")

    page.get_by_role("link", name="First?").click()

    expect(picker(page)).to_have_text("Automatic")


def test_an_agent_that_is_gone_gives_way_to_the_router(page: Page, stage: Stage) -> None:
    pick(page, "Data")
    del stage.registry.kept["sql"]

    page.reload()

    expect(picker(page)).to_have_text("Automatic")
    expect(page.locator("#note")).to_contain_text("is no longer there")
    assert answered(page, stage, "Who?") is None


def test_a_question_to_an_agent_just_deleted_is_given_back(page: Page, stage: Stage) -> None:
    pick(page, "Data")
    del stage.registry.kept["sql"]
    page.get_by_label("Your question").fill("Who?")
    page.keyboard.press("Enter")

    expect(page.locator("#note")).to_have_text(
        "The agent “Data” is no longer there. Waypost chooses one again."
    )
    expect(page.get_by_label("Your question")).to_have_value("Who?")
    page.get_by_role("button", name="Ask again").click()
    assert stage.next_run().agent is None


def test_names_are_filled_in_when_they_are_known(new_page: NewPage, stage: Stage) -> None:
    page = new_page()
    page.route("**/api/agents", lambda route: route.abort())
    page.goto(stage.url)
    run = ask(page, stage, "Who?")
    run.emit(*scenes.routing(), *scenes.answer("Yes."), scenes.completed())
    expect(page.locator(".sign")).to_have_text("sql")
    picker(page).click()
    expect(page.get_by_role("alert")).to_contain_text("The agents could not be listed.")
    page.unroute("**/api/agents")

    page.get_by_role("button", name="Try again").click()

    expect(page.locator(".sign")).to_have_text("Data")
    expect(page.get_by_role("option")).to_have_count(3)
    expect(answer_text(page)).to_have_text("Yes.")


def test_a_browser_that_keeps_nothing_still_picks(new_page: NewPage, stage: Stage) -> None:
    page = new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page.goto(stage.url)

    pick(page, "Data")

    assert answered(page, stage, "Who?") == "sql"
    expect(picker(page)).to_have_text("Data")


def test_an_agent_that_is_gone_keeps_its_name_on_what_it_answered(page: Page, stage: Stage) -> None:
    answered(page, stage, "Who?")
    expect(page.locator(".sign")).to_have_text("Data")
    del stage.registry.kept["sql"]

    page.reload()
    picker(page).click()
    expect(page.get_by_role("option")).to_have_count(2)

    expect(page.locator(".sign")).to_have_text("Data")
