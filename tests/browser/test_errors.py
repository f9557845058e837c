"""How errors are shown."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask, send_question
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend
from waypost.errors import Conflict, Invalid, ModelBusy, Unauthenticated, WaypostError

QUESTION = "How many technicians are active?"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unauthenticated(), 401),
        (Conflict("The key belongs to another request.", code="idempotency_mismatch"), 409),
        (Invalid("The message is longer than 32000 characters.", code="message_too_long"), 422),
        (ModelBusy(), 503),
    ],
)
def test_an_error_shows_code_message_and_request_id(
    page: Page, backend: FakeBackend, error: WaypostError, status: int
) -> None:
    backend.request_errors.append(error)

    with page.expect_response("**/v1/runs") as refused:
        send_question(page, QUESTION)

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(error.message)
    expect(alert).to_contain_text(f"Status{status}")
    expect(alert).to_contain_text(f"Code{error.code}")
    expect(alert).to_contain_text(refused.value.json()["error"]["request_id"])
    # The question is not lost.
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)


def test_a_rejected_question_can_be_asked_again(page: Page, backend: FakeBackend) -> None:
    backend.request_errors.append(ModelBusy())
    send_question(page, QUESTION)

    page.get_by_role("button", name="Ask again").click()
    backend.next_run().emit(*events.routed(), *events.answer("28."), events.completed())

    expect(answer_text(page)).to_have_text("28.")
    expect(page.get_by_role("article")).to_have_count(1)


def test_an_error_of_a_proxy_is_shown(page: Page) -> None:
    page.route("**/v1/runs", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))

    send_question(page, QUESTION)

    expect(page.get_by_role("alert")).to_contain_text("The server answered with status 502.")


def test_a_failed_run_shows_its_partial_answer(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(
        *events.routed(), events.text_started(), events.text_delta("There are"), events.failed()
    )

    for _ in range(2):
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The answer broke off here.")
        expect(alert).to_contain_text("The model broke off. Please try again.")
        expect(alert).to_contain_text("Codemodel_failed")
        expect(alert).to_contain_text(run.id)
        expect(alert.get_by_role("button", name="Ask again")).to_be_visible()
        expect(page.locator(".text.partial")).to_have_text("There are")
        page.reload()


def test_a_failure_that_is_not_retryable_offers_no_retry(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(
        *events.routed(),
        events.failed(
            code="no_database", message="There is no database here.", retryable=False, partial=False
        ),
    )

    expect(page.get_by_role("alert")).to_contain_text("There is no answer.")
    expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
    expect(page.locator(".partial")).to_have_count(0)


def test_heartbeats_keep_a_silent_stream_alive(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page()
    page.clock.install()
    page.goto(backend.url)
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed())
    expect(page.locator(".agent-badge")).to_be_visible()

    page.clock.run_for(40_000)
    run.send(b": hb\n")
    run.emit(events.text_started(), events.text_delta("There"))
    page.clock.run_for(40)
    expect(answer_text(page)).to_have_text("There")
    page.clock.run_for(40_000)

    expect(page.get_by_role("alert")).to_have_count(0)
    run.emit(events.text_delta(" are 28."), events.text_completed(), events.completed())
    expect(answer_text(page)).to_have_text("There are 28.")


def test_an_unknown_thread_is_an_error(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page()

    page.goto(f"{backend.url}/?thread=thread_gone")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This thread could not be opened.")
    expect(alert).to_contain_text("thread_not_found")


def test_an_answer_that_was_cut_off_shows_a_notice(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(*events.routed(), *events.answer("A long"), events.completed(stop_reason="max_tokens"))

    expect(page.locator(".notice")).to_contain_text("limit of tokens")
