"""The list of threads: opened, renamed, deleted, and read on."""

from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage


def answered(page: Page, stage: Stage, question: str, text: str) -> str:
    run = ask(page, stage, question)
    run.emit(*scenes.routing(), *scenes.answer(text), scenes.completed())
    expect(answer_text(page)).to_have_text(text)
    return run.thread_id


def test_the_latest_thread_stands_first(page: Page, stage: Stage) -> None:
    answered(page, stage, "First?", "One.")
    page.get_by_role("button", name="New question").click()
    answered(page, stage, "Second?", "Two.")

    titles = page.locator("#thread-list .title")
    expect(titles).to_have_text(["Second?", "First?"])
    expect(page.locator("#thread-list [aria-current=page]")).to_contain_text("Second?")


def test_threads_are_opened_and_left_by_the_address(page: Page, stage: Stage) -> None:
    first = answered(page, stage, "First?", "One.")
    page.get_by_role("button", name="New question").click()
    expect(page.locator(".empty")).to_be_visible()
    answered(page, stage, "Second?", "Two.")

    page.get_by_role("link", name="First?").click()
    expect(answer_text(page)).to_have_text("One.")
    assert page.url.endswith(f"?thread={first}")
    expect(page).to_have_title("First? · Waypost")

    page.go_back()
    expect(answer_text(page)).to_have_text("Two.")
    page.go_back()
    expect(page.locator(".empty")).to_be_visible()
    expect(page).to_have_title("Waypost")


def test_older_threads_come_on_demand(new_page: NewPage, stage: Stage) -> None:
    for number in range(45):
        stage.make_thread(f"Question {number:02}")
    page = new_page()
    page.goto(stage.url)
    titles = page.locator("#thread-list .title")
    older = page.get_by_role("button", name="Older threads")

    expect(titles).to_have_count(20)
    older.click()
    expect(titles).to_have_count(40)
    older.click()
    expect(titles).to_have_count(45)
    expect(older).to_be_hidden()
    expect(titles.last).to_have_text("Question 00")


def test_a_thread_is_renamed_by_keyboard(page: Page, stage: Stage) -> None:
    thread_id = answered(page, stage, "First?", "One.")

    page.get_by_role("button", name="Rename “First?”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Better title")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Better title")
    expect(page.get_by_role("link", name="Better title")).to_be_focused()
    assert stage.threads[thread_id].title == "Better title"


def test_escape_leaves_a_title_as_it_was(page: Page, stage: Stage) -> None:
    thread_id = answered(page, stage, "First?", "One.")

    page.get_by_role("button", name="Rename “First?”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Never mind")
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="First?")).to_be_focused()
    assert stage.threads[thread_id].title == "First?"


def test_a_title_that_is_refused_says_so(page: Page, stage: Stage) -> None:
    thread_id = answered(page, stage, "First?", "One.")
    page.get_by_role("button", name="Rename “First?”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Too late")
    del stage.threads[thread_id]
    page.keyboard.press("Enter")

    expect(page.locator("#thread-problem")).to_contain_text("The thread was not renamed.")
    expect(page.locator("#thread-list .title")).to_have_text(["First?"])


def test_a_thread_is_deleted_only_when_confirmed(page: Page, stage: Stage) -> None:
    answered(page, stage, "First?", "One.")
    delete = page.get_by_role("button", name="Delete “First?”")
    dialog = page.get_by_role("dialog", name="Delete this thread?")

    delete.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("First?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert len(stage.threads) == 1

    delete.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#thread-list li")).to_have_count(0)
    expect(page.locator(".empty")).to_be_visible()
    assert stage.threads == {}


def test_a_thread_left_in_mid_answer_is_found_complete(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "First?")
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("One"))
    expect(answer_text(page)).to_have_text("One")

    page.get_by_role("button", name="New question").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    run.emit(scenes.says(" and all."), scenes.closing(), scenes.completed())
    page.get_by_role("link", name="First?").click()

    expect(answer_text(page)).to_have_text("One and all.")
    # Who only turns to something else wants the answer all the same.
    assert stage.no_more_cancels()
