"""The tab to try an agent."""

from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.agent_actions import expect_saved, field, open_view, save
from tests.browser.chat_actions import answer_text
from tests.browser.fake_backend import FakeBackend


def test_each_try_is_a_thread_with_the_agent_pinned(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql/try")
    question = page.get_by_label("Your question to Data")
    expect(question).to_be_focused()
    question.fill("How many?")
    page.keyboard.press("Enter")
    first = backend.next_run()
    first.emit(*events.routed(events.route(method="pinned")), *events.answer("Four."))
    first.emit(events.completed())
    expect(answer_text(page)).to_have_text("Four.")

    question.fill("And now?")
    page.keyboard.press("Enter")
    second = backend.next_run()
    second.emit(*events.routed(), *events.answer("Five."), events.completed())
    expect(answer_text(page)).to_have_text("Five.")

    assert (first.agent, second.agent) == ("sql", "sql")
    assert first.thread_id != second.thread_id
    assert page.url.endswith("/#agents/sql/try")
    expect(page.locator("#thread-list .title")).to_have_count(2)
    page.get_by_role("button", name="New question").click()
    expect(page.get_by_role("button", name="Agent: Automatic")).to_be_visible()


def test_an_example_is_tried_with_one_click(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql/try")

    page.get_by_role("button", name="What does Data say?").click()

    run = backend.next_run()
    assert (run.question, run.agent) == ("What does Data say?", "sql")
    run.emit(*events.routed(), events.text_started(), events.text_delta("Fo"))
    expect(answer_text(page)).to_have_text("Fo")
    page.keyboard.press("Escape")
    assert backend.next_cancel() == run.id


def test_the_version_that_answers_is_shown(page: Page, backend: FakeBackend) -> None:
    open_view(page, "#agents/sql")
    field(page, "Description").fill("Changed.")
    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_text("Version 1 answers")).to_be_visible()
    note = page.locator("#agents .composer-note")
    expect(note).to_have_text("Your unsaved changes are not included: save them first.")

    page.get_by_role("link", name="Definition").click()
    save(page)
    expect_saved(page, 2)
    page.get_by_role("link", name="Try it").click()

    expect(page.get_by_text("Version 2 answers")).to_be_visible()
    expect(note).to_be_hidden()
