"""What the page says when something goes wrong, and that it says so."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, send
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage
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
def test_a_refusal_names_code_message_and_request(
    page: Page, stage: Stage, error: WaypostError, status: int
) -> None:
    stage.refusals.append(error)

    with page.expect_response("**/v1/runs") as refused:
        send(page, QUESTION)

    said = page.get_by_role("alert")
    expect(said).to_contain_text(error.message)
    expect(said).to_contain_text(f"Status{status}")
    expect(said).to_contain_text(f"Code{error.code}")
    expect(said).to_contain_text(refused.value.json()["error"]["request_id"])
    # What was written is not lost.
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)


def test_a_refused_question_can_be_asked_again(page: Page, stage: Stage) -> None:
    stage.refusals.append(ModelBusy())
    send(page, QUESTION)

    page.get_by_role("button", name="Ask again").click()
    stage.next_run().emit(*scenes.routing(), *scenes.answer("28."), scenes.completed())

    expect(answer_text(page)).to_have_text("28.")
    expect(page.get_by_role("article")).to_have_count(1)


def test_an_error_from_something_in_between_is_told_too(page: Page) -> None:
    page.route("**/v1/runs", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))

    send(page, QUESTION)

    expect(page.get_by_role("alert")).to_contain_text("The server answered with status 502.")


def test_a_failed_run_keeps_its_partial_answer_and_marks_it(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are"), scenes.failed())

    for _ in range(2):
        said = page.get_by_role("alert")
        expect(said).to_contain_text("The answer broke off here.")
        expect(said).to_contain_text("The model broke off. Please try again.")
        expect(said).to_contain_text("Codemodel_failed")
        expect(said).to_contain_text(run.id)
        expect(said.get_by_role("button", name="Ask again")).to_be_visible()
        expect(page.locator(".text.partial")).to_have_text("There are")
        page.reload()


def test_a_failure_that_would_come_again_offers_no_second_try(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(
        *scenes.routing(),
        scenes.failed(
            code="no_database", message="There is no database here.", retryable=False, partial=False
        ),
    )

    expect(page.get_by_role("alert")).to_contain_text("There is no answer.")
    expect(page.get_by_role("button", name="Ask again")).to_have_count(0)
    expect(page.locator(".partial")).to_have_count(0)


def test_heartbeats_keep_a_silent_stream_alive(new_page: NewPage, stage: Stage) -> None:
    page = new_page()
    page.clock.install()
    page.goto(stage.url)
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing())
    expect(page.locator(".sign")).to_be_visible()

    page.clock.run_for(40_000)
    run.send(b": hb\n")
    run.emit(scenes.opening(), scenes.says("There"))
    page.clock.run_for(40)
    expect(answer_text(page)).to_have_text("There")
    page.clock.run_for(40_000)

    expect(page.get_by_role("alert")).to_have_count(0)
    run.emit(scenes.says(" are 28."), scenes.closing(), scenes.completed())
    expect(answer_text(page)).to_have_text("There are 28.")


def test_a_thread_that_is_not_there(new_page: NewPage, stage: Stage) -> None:
    page = new_page()

    page.goto(f"{stage.url}/?thread=thread_gone")

    said = page.get_by_role("alert")
    expect(said).to_contain_text("This thread could not be opened.")
    expect(said).to_contain_text("thread_not_found")


def test_an_answer_that_ran_out_of_tokens_says_so(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(
        *scenes.routing(), *scenes.answer("A long"), scenes.completed(stop_reason="max_tokens")
    )

    expect(page.locator(".notice")).to_contain_text("limit of tokens")
