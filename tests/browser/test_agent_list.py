"""The list of agents, navigation in the Agents section, and deleted agents."""

import re

from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.agent_actions import field, open_view, page_title, save_state
from tests.browser.chat_actions import answer_text, ask
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend


def test_each_agent_is_listed_with_its_settings(page: Page, backend: FakeBackend) -> None:
    backend.agents.seed(
        "desk", "Desk", routed=False, strategy="hybrid", model="nova-pro", tools=["query_database"]
    )

    page.get_by_role("link", name="Agents").click()

    rows = page.get_by_role("list", name="Agents").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(page_title(page)).to_have_text("Agents")
    desk = rows.filter(has=page.get_by_role("link", name="Desk"))
    expect(desk.locator("code")).to_have_text("desk")
    expect(desk.locator(".metadata > *")).to_have_text(
        [
            "not routed",
            "strategy hybrid",
            "tools query_database",
            "model nova-pro",
            "version 1",
            "from a file",
        ]
    )


def test_back_and_forward_go_through_the_views(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "How many?")
    run.emit(*events.routed(), *events.answer("Four."), events.completed())
    expect(answer_text(page)).to_have_text("Four.")
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()
    assert page.url.endswith(f"?thread={run.thread_id}#agents/sql/versions")

    page.go_back()
    expect(field(page, "Name")).to_have_value("Data")
    page.go_back()
    expect(page_title(page)).to_have_text("Agents")
    page.go_back()
    expect(page_title(page)).to_have_text("How many?")
    expect(answer_text(page)).to_have_text("Four.")
    page.go_forward()
    expect(page_title(page)).to_have_text("Agents")
    expect(page).to_have_title("Agents · Waypost")


def test_an_address_opens_an_agent_by_its_alias(new_page: NewPage, backend: FakeBackend) -> None:
    backend.agents.seed("desk", "Desk", aliases=["counter"])
    page = new_page()

    page.goto(f"{backend.url}/#agents/counter/versions/1")

    expect(page_title(page)).to_have_text("Desk")
    expect(page.get_by_role("link", name="Version 1")).to_have_attribute("aria-expanded", "true")
    assert page.url.endswith("/#agents/desk/versions/1")


def test_an_unknown_agent_is_not_found(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/nobody")

    expect(page.get_by_role("alert")).to_contain_text("Agent not found.")
    page.get_by_role("button", name="All agents").click()
    expect(page_title(page)).to_have_text("Agents")


def test_a_list_that_cannot_be_loaded_can_be_tried_again(page: Page, backend: FakeBackend) -> None:
    page.route("**/api/agents", lambda route: route.abort())
    open_view(page, "#agents")
    expect(page.get_by_role("alert")).to_contain_text("This could not be opened.")
    page.unroute("**/api/agents")

    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_role("link", name="Documents", exact=True)).to_be_visible()


def test_a_run_goes_on_while_agents_are_shown(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "How many?")
    run.emit(*events.routed(), events.text_started(), events.text_delta("Fo"))
    open_view(page, "#agents")
    page.keyboard.press("Escape")
    run.emit(events.text_delta("ur."), events.text_completed(), events.completed())

    page.locator("#thread-list a").click()

    expect(answer_text(page)).to_have_text("Four.")
    expect(page_title(page)).to_have_text("How many?")
    assert backend.no_more_cancels()


def test_deleting_an_agent_can_be_undone(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql")
    page.get_by_role("button", name="Delete “Data”").click()
    dialog = page.get_by_role("dialog", name="Delete “Data”?")
    dialog.get_by_role("button", name="Cancel").click()
    assert not backend.agents.current("sql")["deleted"]

    page.get_by_role("button", name="Delete “Data”").click()
    dialog.get_by_role("button", name="Delete").click()

    expect(page_title(page)).to_have_text("Agents")
    expect(page.get_by_role("link", name="Data", exact=True)).to_have_count(0)
    assert backend.agents.current("sql")["deleted"]
    page.get_by_role("button", name="Undo").click()
    expect(field(page, "Name")).to_have_value("Data")
    assert backend.agents.current("sql")["version"] == 3
    assert not backend.agents.current("sql")["deleted"]


def test_deleted_agents_are_listed_on_request_and_restored(
    page: Page, backend: FakeBackend
) -> None:
    backend.agents.delete("rag", 1)
    open_view(page, "#agents")
    expect(page.get_by_role("link", name="Documents", exact=True)).to_have_count(0)

    box = page.get_by_label("Show deleted agents")
    box.check()
    expect(box).to_be_focused()
    page.get_by_role("link", name="Documents", exact=True).click()

    expect(page.get_by_text("This agent was deleted in version 2.")).to_be_visible()
    expect(page.get_by_role("link", name="Try it")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    expect(save_state(page)).to_have_text(re.compile("^rag, version 3, saved by me"))


def test_without_the_admin_role_everything_is_read_only(page: Page, backend: FakeBackend) -> None:
    backend.agents.may_write = False
    open_view(page, "#agents")
    expect(page.get_by_role("link", name="New agent")).to_have_count(0)

    page.get_by_role("link", name="Data", exact=True).click()

    expect(page.get_by_text("changes require the admin role.")).to_be_visible()
    expect(field(page, "Instructions")).to_have_attribute("readonly", "")
    expect(field(page, "Strategy")).to_be_disabled()
    for name in ["Save", "Delete “Data”"]:
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    open_view(page, "#new-agent")
    expect(page.get_by_text("Creating agents requires the admin role.")).to_be_visible()


def test_deleting_the_open_thread_stays_in_the_agents_section(
    page: Page, backend: FakeBackend
) -> None:
    run = ask(page, backend, "How many?")
    run.emit(*events.routed(), *events.answer("Four."), events.completed())
    open_view(page, "#agents/sql")

    page.get_by_role("button", name="Delete “How many?”").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.locator("#thread-list li")).to_have_count(0)
    expect(page_title(page)).to_have_text("Data")
    page.get_by_role("button", name="New question").click()
    expect(page.get_by_role("heading", name="Ask a question")).to_be_visible()


def test_html_in_an_agent_is_text(page: Page, backend: FakeBackend) -> None:
    name = "<img src=x onerror=alert(1)>"
    backend.agents.seed("evil", name, description=name, instructions=name)
    backend.agents.save_version({**backend.agents.current("evil"), "instructions": "<b>Other</b>"})
    open_view(page, "#agents")
    expect(page.get_by_role("link", name=name)).to_be_visible()

    open_view(page, "#agents/evil/versions/1")

    expect(page_title(page)).to_have_text(name)
    expect(page.locator(".diff del")).to_contain_text(name)
    expect(page.locator("#agents img, #agents b")).to_have_count(0)
