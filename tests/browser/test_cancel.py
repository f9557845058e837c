"""Stopping a run: it ends, and its text so far stays."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask, exchange, send_question, status_line
from tests.browser.fake_backend import FakeBackend
from waypost.events import RunCancelled

QUESTION = "How many technicians are active?"
CANCELLED = RunCancelled(reason="user", partial=True)


@pytest.mark.parametrize("how", ["button", "escape"])
def test_stopping_ends_the_run(page: Page, backend: FakeBackend, how: str) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There are"))
    expect(answer_text(page)).to_have_text("There are")

    if how == "button":
        page.get_by_role("button", name="Stop").click()
    else:
        page.keyboard.press("Escape")

    assert backend.next_cancel() == run.id
    expect(status_line(page)).to_have_text("Stopping…")
    run.emit(events.text_delta(" nearly"))
    expect(answer_text(page)).to_have_text("There are nearly")
    expect(status_line(page)).to_have_text("Stopping…")
    run.emit(events.text_completed(), events.usage(), CANCELLED)

    for _ in range(2):
        alert = exchange(page, QUESTION).locator(".notice")
        expect(alert).to_contain_text("The answer was stopped.")
        expect(alert.get_by_role("button", name="Continue")).to_be_visible()
        expect(alert.get_by_role("button", name="Ask again")).to_be_visible()
        expect(page.locator(".text.partial")).to_have_text("There are nearly")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        page.reload()
    assert backend.no_more_cancels()


def test_a_run_that_could_not_be_stopped_is_read_to_its_end(
    page: Page, backend: FakeBackend
) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There are"))
    page.route("**/cancel", lambda route: route.abort(), times=1)

    page.get_by_role("button", name="Stop").click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The answer could not be stopped.")
    expect(alert).to_contain_text("Waypost cannot be reached.")
    run.emit(events.text_delta(" 28"))
    expect(answer_text(page)).to_have_text("There are 28")
    expect(status_line(page)).to_have_text("Writing")

    alert.get_by_role("button", name="Stop it").click()
    assert backend.next_cancel() == run.id
    expect(alert).to_have_count(0)
    run.emit(events.text_delta("."), events.text_completed(), events.completed())
    expect(answer_text(page)).to_have_text("There are 28.")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_run_that_is_stopped_elsewhere_shows_a_notice(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(*events.routed(), RunCancelled(reason="user", partial=False))

    expect(page.locator(".notice")).to_contain_text("The answer was stopped.")
    expect(page.locator(".partial")).to_have_count(0)


def test_a_run_is_stopped_as_soon_as_its_id_is_known(page: Page, backend: FakeBackend) -> None:
    held: list[Route] = []
    page.route("**/v1/runs", lambda route: held.append(route))
    with page.expect_request("**/v1/runs"):
        send_question(page, QUESTION)

    page.get_by_role("button", name="Stop").click()
    expect(status_line(page)).to_have_text("Stopping…")
    held[0].continue_()

    run = backend.next_run()
    assert backend.next_cancel() == run.id
    run.emit(RunCancelled(reason="user", partial=False))
    expect(page.locator(".notice")).to_contain_text("The answer was stopped.")


def test_a_question_that_is_stopped_is_not_sent_again(page: Page, backend: FakeBackend) -> None:
    held: list[Route] = []
    page.route("**/v1/runs", lambda route: held.append(route))
    with page.expect_request("**/v1/runs"):
        send_question(page, QUESTION)
    page.get_by_role("button", name="Stop").click()

    held[0].abort()

    expect(page.locator(".notice")).to_contain_text("You stopped the question.")
    assert len(held) == 1


def test_a_question_without_a_response_can_be_given_up(page: Page, backend: FakeBackend) -> None:
    page.route("**/v1/runs", lambda route: None)
    with page.expect_request("**/v1/runs"):
        send_question(page, QUESTION)

    page.keyboard.press("Escape")
    expect(status_line(page)).to_have_text("Stopping…")
    page.keyboard.press("Escape")

    alert = page.locator(".notice")
    expect(alert).to_contain_text("You stopped the question.")
    expect(alert).to_contain_text("If the question has arrived already")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert backend.no_more_runs()
