"""An agent tried from its own page."""

from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.administering import field, opened, save, saved_as
from tests.browser.asking import answer_text
from tests.browser.stage import Stage


def test_each_try_is_a_thread_of_its_own_with_the_agent_pinned(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql/try")
    question = page.get_by_label("Your question to Data")
    expect(question).to_be_focused()
    question.fill("How many?")
    page.keyboard.press("Enter")
    first = stage.next_run()
    first.emit(*scenes.routing(scenes.route(method="pinned")), *scenes.answer("Four."))
    first.emit(scenes.completed())
    expect(answer_text(page)).to_have_text("Four.")

    question.fill("And now?")
    page.keyboard.press("Enter")
    second = stage.next_run()
    second.emit(*scenes.routing(), *scenes.answer("Five."), scenes.completed())
    expect(answer_text(page)).to_have_text("Five.")

    assert (first.agent, second.agent) == ("sql", "sql")
    assert first.thread_id != second.thread_id
    assert page.url.endswith("/#agents/sql/try")
    expect(page.locator("#thread-list .title")).to_have_count(2)
    page.get_by_role("button", name="New question").click()
    expect(page.get_by_role("button", name="Agent: Automatic")).to_be_visible()


def test_an_example_is_tried_with_one_click(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql/try")

    page.get_by_role("button", name="What does Data say?").click()

    run = stage.next_run()
    assert (run.question, run.agent) == ("What does Data say?", "sql")
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("Fo"))
    expect(answer_text(page)).to_have_text("Fo")
    page.keyboard.press("Escape")
    assert stage.next_cancel() == run.id


def test_a_try_says_which_version_answers(page: Page, stage: Stage) -> None:
    opened(page, stage, "#agents/sql")
    field(page, "Description").fill("Changed.")
    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_text("Version 1 answers")).to_be_visible()
    note = page.locator("#agents .note")
    expect(note).to_have_text("Your unsaved changes are not in it: save them first.")

    page.get_by_role("link", name="Definition").click()
    save(page)
    saved_as(page, 2)
    page.get_by_role("link", name="Try it").click()

    expect(page.get_by_text("Version 2 answers")).to_be_visible()
    expect(note).to_be_hidden()
