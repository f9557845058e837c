"""Continuing an incomplete answer, which then reads as one."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask, exchange, status_line
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend
from tests.browser.scripted_run import INTERRUPTED, ScriptedRun
from waypost.errors import Conflict, ModelBusy
from waypost.events import Event, RunCancelled, StepCompleted, StepStarted, StepUpdated

QUESTION = "How many technicians are active?"
DEADLINE = events.failed(code="deadline", message="The time for this answer is over.")
NOT_SAVED = events.failed(
    code="not_saved", message="The answer could not be stored.", retryable=False, partial=False
)


def incomplete_answer(
    page: Page, backend: FakeBackend, *before: Event, end: Event = DEADLINE
) -> ScriptedRun:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), *before, events.text_started(), events.text_delta("There are **2"))
    run.emit(events.text_completed(), events.usage(), end)
    return run


def click_continue(page: Page, backend: FakeBackend) -> ScriptedRun:
    page.get_by_role("button", name="Continue").click()
    return backend.next_run()


def test_an_answer_is_continued_where_it_broke_off(page: Page, backend: FakeBackend) -> None:
    first = incomplete_answer(page, backend, *events.database_query())
    expect(page.locator(".text.partial")).to_have_text("There are **2")

    second = click_continue(page, backend)
    expect(page.locator(".partial")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    second.emit(*events.routed(), events.text_started(), events.text_delta("8** of th"))
    second.emit(events.text_completed(), events.usage(), INTERRUPTED)
    third = click_continue(page, backend)
    third.emit(
        *events.routed(), events.text_started(), events.text_delta("em [1]."), events.OVERTIME
    )
    third.emit(events.text_completed(), events.usage(), events.completed())

    for _ in range(2):
        expect(page.get_by_role("article")).to_have_count(1)
        expect(answer_text(page)).to_have_text("There are 28 of them 1.")
        expect(answer_text(page).locator("p")).to_have_count(1)
        expect(answer_text(page).locator("strong")).to_have_text("28")
        expect(page.locator(".agent-badge")).to_have_text(["Data"])
        expect(page.locator(".tool-call")).to_have_count(1)
        expect(page.locator(".sources li")).to_have_count(1)
        expect(page.locator(".notice")).to_have_count(0)
        page.reload()
    assert [backend.runs[run.id].continues for run in [first, second, third]] == [
        None,
        first.id,
        second.id,
    ]


def test_usage_adds_up_all_runs_of_an_answer(page: Page, backend: FakeBackend) -> None:
    incomplete_answer(page, backend)
    totals = page.locator(".usage-totals > span")
    expect(totals).to_have_text(["1,204 tokens in, 46 out", "$0.00041"])

    second = click_continue(page, backend)
    second.emit(*events.routed(), *events.answer("8**."), events.usage(), events.completed())

    expect(totals).to_have_text(["2,408 tokens in, 92 out", "$0.00082"])
    page.locator(".usage summary").click()
    expect(page.locator(".usage tbody tr")).to_have_count(2)


def test_a_continued_run_is_streamed_after_a_reload(page: Page, backend: FakeBackend) -> None:
    incomplete_answer(page, backend)
    second = click_continue(page, backend)
    second.emit(events.text_started(), events.text_delta("8**"))
    expect(answer_text(page)).to_have_text("There are 28")

    page.reload()
    assert second.next_connection() == 0
    expect(answer_text(page)).to_have_text("There are 28")
    second.close()
    assert second.next_connection() == second.last_seq
    second.emit(events.text_delta(" of them."), events.text_completed(), events.completed())

    expect(answer_text(page)).to_have_text("There are 28 of them.")
    expect(page.get_by_role("article")).to_have_count(1)


@pytest.mark.parametrize(
    "end",
    [
        DEADLINE,
        INTERRUPTED,
        events.failed(),
        RunCancelled(reason="user", partial=True),
        events.completed(stop_reason="max_tokens"),
    ],
    ids=["deadline", "interrupted", "retryable", "cancelled", "max_tokens"],
)
def test_every_incomplete_answer_can_be_continued(
    page: Page, backend: FakeBackend, end: Event
) -> None:
    incomplete_answer(page, backend, end=end)

    second = click_continue(page, backend)
    second.emit(
        events.text_started(),
        events.text_delta("8**."),
        events.text_completed(),
        events.completed(),
    )

    expect(answer_text(page)).to_have_text("There are 28.")


def test_only_the_last_answer_can_be_continued(page: Page, backend: FakeBackend) -> None:
    incomplete_answer(page, backend)
    expect(page.get_by_role("button", name="Continue")).to_be_visible()

    run = ask(page, backend, "And in the north?")
    run.emit(*events.routed(), *events.answer("Seven."), events.completed())

    expect(answer_text(page)).to_have_text("Seven.")
    expect(page.get_by_role("button", name="Continue")).to_have_count(0)
    expect(exchange(page, QUESTION).get_by_role("button", name="Ask again")).to_be_visible()


def test_an_answer_that_was_not_continued_stays_and_can_be_tried_again(
    page: Page, backend: FakeBackend
) -> None:
    incomplete_answer(page, backend)
    backend.request_errors.append(ModelBusy())

    page.get_by_role("button", name="Continue").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The answer was not continued.")
    expect(alert).to_contain_text("model_busy")
    expect(page.locator(".text.partial")).to_have_text("There are **2")
    second = click_continue(page, backend)
    second.emit(
        events.text_started(),
        events.text_delta("8**."),
        events.text_completed(),
        events.completed(),
    )
    expect(answer_text(page)).to_have_text("There are 28.")


def test_an_answer_that_was_continued_elsewhere_is_reloaded(
    page: Page, new_page: NewPage, backend: FakeBackend
) -> None:
    incomplete_answer(page, backend)
    other = new_page()
    other.goto(page.url)
    expect(other.locator(".text.partial")).to_be_visible()
    second = click_continue(page, backend)
    second.emit(events.text_started(), events.text_delta("8**"))

    other.get_by_role("button", name="Continue").click()
    assert second.next_connection() == 0
    expect(answer_text(other)).to_have_text("There are 28")
    expect(other.locator("#composer-note")).to_contain_text("still being answered")
    second.emit(events.text_delta("."), events.text_completed(), events.completed())
    expect(answer_text(other)).to_have_text("There are 28.")


def test_the_reason_why_an_answer_cannot_be_continued_is_shown(
    page: Page, backend: FakeBackend
) -> None:
    incomplete_answer(page, backend)
    backend.request_errors.append(
        Conflict("This answer cannot be continued.", code="not_continuable")
    )

    page.get_by_role("button", name="Continue").click()

    expect(page.locator("#composer-note")).to_have_text("This answer cannot be continued.")
    expect(page.locator(".text.partial")).to_have_text("There are **2")


def test_the_same_sources_are_listed_once(page: Page, backend: FakeBackend) -> None:
    listed = f"\n\nSources: [1] {events.OVERTIME.document} ({events.OVERTIME.heading})"
    cite: list[Event] = [events.text_started(), events.text_delta("Beyond 38 [1]"), events.OVERTIME]
    run = ask(page, backend, QUESTION)
    run.emit(*cite, events.text_delta(listed), events.text_completed())
    run.emit(events.completed(stop_reason="max_tokens"))

    second = click_continue(page, backend)
    second.emit(events.text_started(), events.text_delta(" hours [1]."), events.OVERTIME)
    second.emit(events.text_delta(listed), events.text_completed(), events.completed())

    expect(answer_text(page)).to_have_text("Beyond 38 1 hours 1.")
    expect(page.locator(".usage")).to_be_visible()
    expect(page.locator(".sources li")).to_have_count(1)


def test_an_answer_that_was_not_stored_can_be_copied(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(backend.url)
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), *events.answer("There are **28**."), events.usage(), NOT_SAVED)

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This answer is not stored.")
    expect(alert).to_contain_text("Codenot_saved")
    expect(page.locator(".partial")).to_have_count(0)
    alert.get_by_role("button", name="Copy the answer").click()
    expect(alert.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "There are **28**."


def test_an_answer_is_copied_without_the_clipboard_api(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page()
    # As on a page over plain HTTP from another machine.
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto(backend.url)
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), *events.answer("There are **28**."), NOT_SAVED)

    page.get_by_role("button", name="Copy the answer").click()

    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    page.get_by_label("Your question").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Your question")).to_have_value("There are **28**.")


def test_a_retried_model_call_is_shown_in_status_and_steps(
    page: Page, backend: FakeBackend
) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), StepStarted(step_id="s1", kind="model", name="nova-lite"))
    expect(status_line(page)).to_have_text("Thinking")

    run.emit(StepUpdated(step_id="s1", note="The model is busy."))
    run.emit(StepCompleted(step_id="s1", status="retried", elapsed_ms=210))
    run.emit(StepStarted(step_id="s2", kind="model", name="nova-pro"))
    expect(status_line(page)).to_have_text("Trying again")
    run.emit(*events.answer("28."), StepCompleted(step_id="s2", status="ok", elapsed_ms=400))
    run.emit(events.usage(), events.completed())

    for _ in range(2):
        page.locator(".usage summary").click()
        names = page.locator(".usage tbody td:nth-child(2)")
        expect(names).to_have_text(["router", "nova-lite (retried)The model is busy.", "nova-pro"])
        page.reload()
