"""Stop means stop: the run ends, and what was said by then stays."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, exchange, send, status
from tests.browser.stage import Stage
from waypost.events import RunCancelled

QUESTION = "How many technicians are active?"
CANCELLED = RunCancelled(reason="user", partial=True)


@pytest.mark.parametrize("how", ["button", "escape"])
def test_stopping_ends_the_run(page: Page, stage: Stage, how: str) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are"))
    expect(answer_text(page)).to_have_text("There are")

    if how == "button":
        page.get_by_role("button", name="Stop").click()
    else:
        page.keyboard.press("Escape")

    assert stage.next_cancel() == run.id
    expect(status(page)).to_have_text("Stopping…")
    run.emit(scenes.says(" nearly"))
    expect(answer_text(page)).to_have_text("There are nearly")
    expect(status(page)).to_have_text("Stopping…")
    run.emit(scenes.closing(), scenes.usage(), CANCELLED)

    for _ in range(2):
        said = exchange(page, QUESTION).locator(".notice")
        expect(said).to_contain_text("The answer was stopped.")
        expect(said.get_by_role("button", name="Continue")).to_be_visible()
        expect(said.get_by_role("button", name="Ask again")).to_be_visible()
        expect(page.locator(".text.partial")).to_have_text("There are nearly")
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        page.reload()
    assert stage.no_more_cancels()


def test_a_run_that_cannot_be_stopped_is_read_on(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are"))
    page.route("**/cancel", lambda route: route.abort(), times=1)

    page.get_by_role("button", name="Stop").click()

    said = page.get_by_role("alert")
    expect(said).to_contain_text("The answer could not be stopped.")
    expect(said).to_contain_text("Waypost cannot be reached.")
    run.emit(scenes.says(" 28"))
    expect(answer_text(page)).to_have_text("There are 28")
    expect(status(page)).to_have_text("EventWriter")

    said.get_by_role("button", name="Stop it").click()
    assert stage.next_cancel() == run.id
    expect(said).to_have_count(0)
    run.emit(scenes.says("."), scenes.closing(), scenes.completed())
    expect(answer_text(page)).to_have_text("There are 28.")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_run_that_is_stopped_elsewhere_says_so(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(*scenes.routing(), RunCancelled(reason="user", partial=False))

    expect(page.locator(".notice")).to_contain_text("The answer was stopped.")
    expect(page.locator(".partial")).to_have_count(0)


def test_a_run_is_stopped_as_soon_as_it_has_a_name(page: Page, stage: Stage) -> None:
    held: list[Route] = []
    page.route("**/v1/runs", lambda route: held.append(route))
    with page.expect_request("**/v1/runs"):
        send(page, QUESTION)

    page.get_by_role("button", name="Stop").click()
    expect(status(page)).to_have_text("Stopping…")
    held[0].continue_()

    run = stage.next_run()
    assert stage.next_cancel() == run.id
    run.emit(RunCancelled(reason="user", partial=False))
    expect(page.locator(".notice")).to_contain_text("The answer was stopped.")


def test_a_question_that_is_stopped_is_not_sent_again(page: Page, stage: Stage) -> None:
    held: list[Route] = []
    page.route("**/v1/runs", lambda route: held.append(route))
    with page.expect_request("**/v1/runs"):
        send(page, QUESTION)
    page.get_by_role("button", name="Stop").click()

    held[0].abort()

    expect(page.locator(".notice")).to_contain_text("You stopped the question.")
    assert len(held) == 1


def test_a_question_on_its_way_can_be_given_up(page: Page, stage: Stage) -> None:
    page.route("**/v1/runs", lambda route: None)
    with page.expect_request("**/v1/runs"):
        send(page, QUESTION)

    page.keyboard.press("Escape")
    expect(status(page)).to_have_text("Stopping…")
    page.keyboard.press("Escape")

    said = page.locator(".notice")
    expect(said).to_contain_text("You stopped the question.")
    expect(said).to_contain_text("If the question has arrived already")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert stage.no_more_runs()
