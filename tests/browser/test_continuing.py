"""What broke off can be carried on, and reads as one answer."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, exchange, status
from tests.browser.conftest import NewPage
from tests.browser.performance import INTERRUPTED, Performance
from tests.browser.stage import Stage
from waypost.errors import Conflict, ModelBusy
from waypost.events import Event, RunCancelled, StepCompleted, StepStarted, StepUpdated

QUESTION = "How many technicians are active?"
DEADLINE = scenes.failed(code="deadline", message="The time for this answer is over.")
NOT_SAVED = scenes.failed(
    code="not_saved", message="The answer could not be stored.", retryable=False, partial=False
)


def broken_off(page: Page, stage: Stage, *said: Event, end: Event = DEADLINE) -> Performance:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), *said, scenes.opening(), scenes.says("There are **2"))
    run.emit(scenes.closing(), scenes.usage(), end)
    return run


def go_on(page: Page, stage: Stage) -> Performance:
    page.get_by_role("button", name="Continue").click()
    return stage.next_run()


def test_an_answer_is_continued_where_it_broke_off(page: Page, stage: Stage) -> None:
    first = broken_off(page, stage, *scenes.query())
    expect(page.locator(".text.partial")).to_have_text("There are **2")

    second = go_on(page, stage)
    expect(page.locator(".partial")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    second.emit(*scenes.routing(), scenes.opening(), scenes.says("8** of th"))
    second.emit(scenes.closing(), scenes.usage(), INTERRUPTED)
    third = go_on(page, stage)
    third.emit(*scenes.routing(), scenes.opening(), scenes.says("em [1]."), scenes.OVERTIME)
    third.emit(scenes.closing(), scenes.usage(), scenes.completed())

    for _ in range(2):
        expect(page.get_by_role("article")).to_have_count(1)
        expect(answer_text(page)).to_have_text("There are 28 of them 1.")
        expect(answer_text(page).locator("p")).to_have_count(1)
        expect(answer_text(page).locator("strong")).to_have_text("28")
        expect(page.locator(".sign")).to_have_text(["Data"])
        expect(page.locator(".tool")).to_have_count(1)
        expect(page.locator(".sources li")).to_have_count(1)
        expect(page.locator(".notice")).to_have_count(0)
        page.reload()
    assert [stage.runs[run.id].continues for run in [first, second, third]] == [
        None,
        first.id,
        second.id,
    ]


def test_the_account_is_that_of_all_its_runs(page: Page, stage: Stage) -> None:
    broken_off(page, stage)
    figures = page.locator(".figures > span")
    expect(figures).to_have_text(["1,204 tokens in, 46 out", "$0.00041"])

    second = go_on(page, stage)
    second.emit(*scenes.routing(), *scenes.answer("8**."), scenes.usage(), scenes.completed())

    expect(figures).to_have_text(["2,408 tokens in, 92 out", "$0.00082"])
    page.locator(".account summary").click()
    expect(page.locator(".account tbody tr")).to_have_count(2)


def test_a_run_that_continues_is_followed_after_a_reload(page: Page, stage: Stage) -> None:
    broken_off(page, stage)
    second = go_on(page, stage)
    second.emit(scenes.opening(), scenes.says("8**"))
    expect(answer_text(page)).to_have_text("There are 28")

    page.reload()
    assert second.next_connection() == 0
    expect(answer_text(page)).to_have_text("There are 28")
    second.close()
    assert second.next_connection() == second.last
    second.emit(scenes.says(" of them."), scenes.closing(), scenes.completed())

    expect(answer_text(page)).to_have_text("There are 28 of them.")
    expect(page.get_by_role("article")).to_have_count(1)


@pytest.mark.parametrize(
    "end",
    [
        DEADLINE,
        INTERRUPTED,
        scenes.failed(),
        RunCancelled(reason="user", partial=True),
        scenes.completed(stop_reason="max_tokens"),
    ],
    ids=["deadline", "interrupted", "retryable", "cancelled", "max_tokens"],
)
def test_every_end_that_is_none_can_be_continued(page: Page, stage: Stage, end: Event) -> None:
    broken_off(page, stage, end=end)

    second = go_on(page, stage)
    second.emit(scenes.opening(), scenes.says("8**."), scenes.closing(), scenes.completed())

    expect(answer_text(page)).to_have_text("There are 28.")


def test_only_the_last_answer_can_be_continued(page: Page, stage: Stage) -> None:
    broken_off(page, stage)
    expect(page.get_by_role("button", name="Continue")).to_be_visible()

    run = ask(page, stage, "And in the north?")
    run.emit(*scenes.routing(), *scenes.answer("Seven."), scenes.completed())

    expect(answer_text(page)).to_have_text("Seven.")
    expect(page.get_by_role("button", name="Continue")).to_have_count(0)
    expect(exchange(page, QUESTION).get_by_role("button", name="Ask again")).to_be_visible()


def test_what_is_not_continued_stays_and_can_be_tried_again(page: Page, stage: Stage) -> None:
    broken_off(page, stage)
    stage.refusals.append(ModelBusy())

    page.get_by_role("button", name="Continue").click()

    said = page.get_by_role("alert")
    expect(said).to_contain_text("The answer was not continued.")
    expect(said).to_contain_text("model_busy")
    expect(page.locator(".text.partial")).to_have_text("There are **2")
    second = go_on(page, stage)
    second.emit(scenes.opening(), scenes.says("8**."), scenes.closing(), scenes.completed())
    expect(answer_text(page)).to_have_text("There are 28.")


def test_what_was_continued_elsewhere_is_read_again(
    page: Page, new_page: NewPage, stage: Stage
) -> None:
    broken_off(page, stage)
    other = new_page()
    other.goto(page.url)
    expect(other.locator(".text.partial")).to_be_visible()
    second = go_on(page, stage)
    second.emit(scenes.opening(), scenes.says("8**"))

    other.get_by_role("button", name="Continue").click()
    assert second.next_connection() == 0
    expect(answer_text(other)).to_have_text("There are 28")
    expect(other.locator("#note")).to_contain_text("still being answered")
    second.emit(scenes.says("."), scenes.closing(), scenes.completed())
    expect(answer_text(other)).to_have_text("There are 28.")


def test_why_an_answer_cannot_be_continued_is_said(page: Page, stage: Stage) -> None:
    broken_off(page, stage)
    stage.refusals.append(Conflict("This answer cannot be continued.", code="not_continuable"))

    page.get_by_role("button", name="Continue").click()

    expect(page.locator("#note")).to_have_text("This answer cannot be continued.")
    expect(page.locator(".text.partial")).to_have_text("There are **2")


def test_the_same_sources_are_listed_once(page: Page, stage: Stage) -> None:
    listed = f"\n\nSources: [1] {scenes.OVERTIME.document} ({scenes.OVERTIME.heading})"
    cite: list[Event] = [scenes.opening(), scenes.says("Beyond 38 [1]"), scenes.OVERTIME]
    run = ask(page, stage, QUESTION)
    run.emit(*cite, scenes.says(listed), scenes.closing())
    run.emit(scenes.completed(stop_reason="max_tokens"))

    second = go_on(page, stage)
    second.emit(scenes.opening(), scenes.says(" hours [1]."), scenes.OVERTIME)
    second.emit(scenes.says(listed), scenes.closing(), scenes.completed())

    expect(answer_text(page)).to_have_text("Beyond 38 1 hours 1.")
    expect(page.locator(".account")).to_be_visible()
    expect(page.locator(".sources li")).to_have_count(1)


def test_an_answer_that_is_not_stored_says_so_and_can_be_copied(
    new_page: NewPage, stage: Stage
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(stage.url)
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), *scenes.answer("There are **28**."), scenes.usage(), NOT_SAVED)

    said = page.get_by_role("alert")
    expect(said).to_contain_text("This answer is not stored.")
    expect(said).to_contain_text("Codenot_saved")
    expect(page.locator(".partial")).to_have_count(0)
    said.get_by_role("button", name="Copy the answer").click()
    expect(said.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "There are **28**."


def test_an_answer_is_copied_without_a_clipboard_too(new_page: NewPage, stage: Stage) -> None:
    page = new_page()
    # As where the page came over plain HTTP from another machine.
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.goto(stage.url)
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), *scenes.answer("There are **28**."), NOT_SAVED)

    page.get_by_role("button", name="Copy the answer").click()

    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    page.get_by_label("Your question").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Your question")).to_have_value("There are **28**.")


def test_a_model_that_is_tried_again_shows_in_status_and_steps(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), StepStarted(step_id="s1", kind="model", name="nova-lite"))
    expect(status(page)).to_have_text("Thinking")

    run.emit(StepUpdated(step_id="s1", note="The model is busy."))
    run.emit(StepCompleted(step_id="s1", status="retried", elapsed_ms=210))
    run.emit(StepStarted(step_id="s2", kind="model", name="nova-pro"))
    expect(status(page)).to_have_text("Trying again")
    run.emit(*scenes.answer("28."), StepCompleted(step_id="s2", status="ok", elapsed_ms=400))
    run.emit(scenes.usage(), scenes.completed())

    for _ in range(2):
        page.locator(".account summary").click()
        names = page.locator(".account tbody td:nth-child(2)")
        expect(names).to_have_text(["router", "nova-lite (retried)The model is busy.", "nova-pro"])
        page.reload()
