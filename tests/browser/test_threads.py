"""The list of threads: opening, renaming, deleting, and loading more."""

from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend


def answered(page: Page, backend: FakeBackend, question: str, text: str) -> str:
    run = ask(page, backend, question)
    run.emit(*events.routed(), *events.answer(text), events.completed())
    expect(answer_text(page)).to_have_text(text)
    return run.thread_id


def test_the_latest_thread_is_first(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, "First?", "One.")
    page.get_by_role("button", name="New question").click()
    answered(page, backend, "Second?", "Two.")

    titles = page.locator("#thread-list .title")
    expect(titles).to_have_text(["Second?", "First?"])
    expect(page.locator("#thread-list [aria-current=page]")).to_contain_text("Second?")


def test_threads_are_opened_by_their_address(page: Page, backend: FakeBackend) -> None:
    first = answered(page, backend, "First?", "One.")
    page.get_by_role("button", name="New question").click()
    expect(page.locator(".welcome")).to_be_visible()
    answered(page, backend, "Second?", "Two.")

    page.get_by_role("link", name="First?").click()
    expect(answer_text(page)).to_have_text("One.")
    assert page.url.endswith(f"?thread={first}")
    expect(page).to_have_title("First? · Waypost")

    page.go_back()
    expect(answer_text(page)).to_have_text("Two.")
    page.go_back()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page).to_have_title("Waypost")


def test_older_threads_are_loaded_on_demand(new_page: NewPage, backend: FakeBackend) -> None:
    for number in range(45):
        backend.make_thread(f"Question {number:02}")
    page = new_page()
    page.goto(backend.url)
    titles = page.locator("#thread-list .title")
    older = page.get_by_role("button", name="Older threads")

    expect(titles).to_have_count(20)
    older.click()
    expect(titles).to_have_count(40)
    older.click()
    expect(titles).to_have_count(45)
    expect(older).to_be_hidden()
    expect(titles.last).to_have_text("Question 00")


def test_a_thread_is_renamed_by_keyboard(page: Page, backend: FakeBackend) -> None:
    thread_id = answered(page, backend, "First?", "One.")

    page.get_by_role("button", name="Rename “First?”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Better title")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Better title")
    expect(page.get_by_role("link", name="Better title")).to_be_focused()
    assert backend.threads[thread_id].title == "Better title"


def test_escape_cancels_renaming(page: Page, backend: FakeBackend) -> None:
    thread_id = answered(page, backend, "First?", "One.")

    page.get_by_role("button", name="Rename “First?”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Never mind")
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="First?")).to_be_focused()
    assert backend.threads[thread_id].title == "First?"


def test_a_failed_renaming_is_an_error(page: Page, backend: FakeBackend) -> None:
    thread_id = answered(page, backend, "First?", "One.")
    page.get_by_role("button", name="Rename “First?”").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Too late")
    del backend.threads[thread_id]
    page.keyboard.press("Enter")

    expect(page.locator("#thread-list-error")).to_contain_text("The thread was not renamed.")
    expect(page.locator("#thread-list .title")).to_have_text(["First?"])


def test_a_thread_is_deleted_only_when_confirmed(page: Page, backend: FakeBackend) -> None:
    answered(page, backend, "First?", "One.")
    delete = page.get_by_role("button", name="Delete “First?”")
    dialog = page.get_by_role("dialog", name="Delete this thread?")

    delete.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("First?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert len(backend.threads) == 1

    delete.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#thread-list li")).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()
    assert backend.threads == {}


def test_a_thread_left_during_a_run_is_complete_later(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "First?")
    run.emit(*events.routed(), events.text_started(), events.text_delta("One"))
    expect(answer_text(page)).to_have_text("One")

    page.get_by_role("button", name="New question").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    run.emit(events.text_delta(" and all."), events.text_completed(), events.completed())
    page.get_by_role("link", name="First?").click()

    expect(answer_text(page)).to_have_text("One and all.")
    # Leaving a thread does not stop its run.
    assert backend.no_more_cancels()
