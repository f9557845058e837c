"""The list of agents: what is in it, the way there and back, and what was deleted."""

import re

from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.administering import field, opened, title
from tests.browser.asking import answer_text, ask
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage


def test_each_agent_stands_there_with_what_it_works_with(page: Page, stage: Stage) -> None:
    stage.registry.seed(
        "desk", "Desk", routed=False, strategy="hybrid", model="nova-pro", tools=["query_database"]
    )

    page.get_by_role("link", name="Agents").click()

    rows = page.get_by_role("list", name="Agents").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(title(page)).to_have_text("Agents")
    desk = rows.filter(has=page.get_by_role("link", name="Desk"))
    expect(desk.locator("code")).to_have_text("desk")
    expect(desk.locator(".facts > *")).to_have_text(
        [
            "only when picked",
            "strategy hybrid",
            "tools query_database",
            "model nova-pro",
            "version 1",
            "from its file",
        ]
    )


def test_back_and_forward_lead_through_the_places(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "How many?")
    run.emit(*scenes.routing(), *scenes.answer("Four."), scenes.completed())
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()
    assert page.url.endswith(f"?thread={run.thread_id}#agents/sql/versions")

    page.go_back()
    expect(field(page, "Name")).to_have_value("Data")
    page.go_back()
    expect(title(page)).to_have_text("Agents")
    page.go_back()
    expect(title(page)).to_have_text("How many?")
    expect(answer_text(page)).to_have_text("Four.")
    page.go_forward()
    expect(title(page)).to_have_text("Agents")
    expect(page).to_have_title("Agents · Waypost")


def test_an_address_opens_its_agent_by_any_of_its_names(new_page: NewPage, stage: Stage) -> None:
    stage.registry.seed("desk", "Desk", aliases=["counter"])
    page = new_page()

    page.goto(f"{stage.url}/#agents/counter/versions/1")

    expect(title(page)).to_have_text("Desk")
    expect(page.get_by_role("link", name="Version 1")).to_have_attribute("aria-expanded", "true")
    assert page.url.endswith("/#agents/desk/versions/1")


def test_an_agent_that_is_not_there_is_said_so(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/nobody")

    expect(page.get_by_role("alert")).to_contain_text("There is no such agent.")
    page.get_by_role("button", name="All agents").click()
    expect(title(page)).to_have_text("Agents")


def test_a_list_that_does_not_come_can_be_tried_again(page: Page, stage: Stage) -> None:
    page.route("**/api/agents", lambda route: route.abort())
    opened(page, stage, "#agents")
    expect(page.get_by_role("alert")).to_contain_text("This could not be opened.")
    page.unroute("**/api/agents")

    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("link", name="Documents", exact=True)).to_be_visible()


def test_a_question_goes_on_while_agents_are_looked_at(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "How many?")
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("Fo"))
    opened(page, stage, "#agents")
    page.keyboard.press("Escape")
    run.emit(scenes.says("ur."), scenes.closing(), scenes.completed())

    page.locator("#thread-list a").click()

    expect(answer_text(page)).to_have_text("Four.")
    expect(title(page)).to_have_text("How many?")
    assert stage.no_more_cancels()


def test_a_deleted_agent_can_be_brought_back_at_once(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    page.get_by_role("button", name="Delete “Data”").click()
    dialog = page.get_by_role("dialog", name="Delete “Data”?")
    dialog.get_by_role("button", name="Keep it").click()
    assert not stage.registry.current("sql")["deleted"]

    page.get_by_role("button", name="Delete “Data”").click()
    dialog.get_by_role("button", name="Delete").click()

    expect(title(page)).to_have_text("Agents")
    expect(page.get_by_role("link", name="Data", exact=True)).to_have_count(0)
    assert stage.registry.current("sql")["deleted"]
    page.get_by_role("button", name="Undo").click()
    expect(field(page, "Name")).to_have_value("Data")
    assert stage.registry.current("sql")["version"] == 3
    assert not stage.registry.current("sql")["deleted"]


def test_deleted_agents_are_listed_on_request_and_brought_back(page: Page, stage: Stage) -> None:
    stage.registry.delete("rag", 1)
    opened(page, stage, "#agents")
    expect(page.get_by_role("link", name="Documents", exact=True)).to_have_count(0)

    box = page.get_by_label("Deleted ones too")
    box.check()
    expect(box).to_be_focused()
    page.get_by_role("link", name="Documents", exact=True).click()

    expect(page.get_by_text("This agent was deleted with version 2.")).to_be_visible()
    expect(page.get_by_role("link", name="Try it")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    expect(page.locator(".saving .state")).to_have_text(re.compile("^rag, version 3, saved by me"))


def test_who_may_not_write_can_read_everything(page: Page, stage: Stage) -> None:
    stage.registry.may_write = False
    opened(page, stage, "#agents")
    expect(page.get_by_role("link", name="New agent")).to_have_count(0)

    page.get_by_role("link", name="Data", exact=True).click()

    expect(page.get_by_text("Changing it needs the admin role.")).to_be_visible()
    expect(field(page, "Instructions")).to_have_attribute("readonly", "")
    expect(field(page, "Strategy")).to_be_disabled()
    for name in ["Save", "Delete “Data”"]:
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    opened(page, stage, "#new-agent")
    expect(page.get_by_text("Making agents needs the admin role.")).to_be_visible()


def test_deleting_the_open_thread_leaves_one_among_the_agents(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "How many?")
    run.emit(*scenes.routing(), *scenes.answer("Four."), scenes.completed())
    opened(page, stage, "#agents/sql")

    page.get_by_role("button", name="Delete “How many?”").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.locator("#thread-list li")).to_have_count(0)
    expect(title(page)).to_have_text("Data")
    page.get_by_role("button", name="New question").click()
    expect(page.get_by_role("heading", name="Where to?")).to_be_visible()


def test_what_an_agent_is_called_is_never_markup(page: Page, stage: Stage) -> None:
    name = "<img src=x onerror=alert(1)>"
    stage.registry.seed("evil", name, description=name, instructions=name)
    stage.registry.keep({**stage.registry.current("evil"), "instructions": "<b>Other</b>"})
    opened(page, stage, "#agents")
    expect(page.get_by_role("link", name=name)).to_be_visible()

    opened(page, stage, "#agents/evil/versions/1")

    expect(title(page)).to_have_text(name)
    expect(page.locator(".comparison del")).to_contain_text(name)
    expect(page.locator("#agents img, #agents b")).to_have_count(0)
