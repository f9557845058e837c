"""An answer goes on after whatever came between the page and its run, with no word lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, exchange, send, status
from tests.browser.conftest import NewPage
from tests.browser.performance import Performance
from tests.browser.stage import Stage
from waypost.errors import StoreUnavailable, Unauthenticated
from waypost.events import Event, StepUpdated

QUESTION = "How many technicians are active?"
TEXT = [
    "There are ",
    "**28** äctive",
    " ✓ technicians [1",
    "].\n\n| a |\n|-",
    "--|\n| 1 |\n",
    "\nEnd",
]
RUN: list[Event] = [
    *scenes.routing(),
    *scenes.query(),
    StepUpdated(step_id="step_tool", note="Four rows."),
    scenes.opening("text_r", "reasoning"),
    scenes.says("Count them.", "text_r"),
    scenes.closing("text_r"),
    scenes.opening(),
    *map(scenes.says, TEXT),
    scenes.OVERTIME,
    scenes.closing(),
    scenes.usage(),
    scenes.completed(),
]
"""A run with something of everything."""
# What the page tells readers of the screen, in turn.
LISTEN = """
window.heard = [];
new MutationObserver((changes) => {
  const said = changes.find(({ target }) => target.id === "announcer")?.target.textContent;
  if (said) window.heard.push(said);
}).observe(document, { subtree: true, childList: true });
"""


@pytest.fixture
def timed(new_page: NewPage, stage: Stage) -> Page:
    """The page, its clock in the test's hands: `run_for` lets time pass."""
    page = new_page()
    page.clock.install()
    page.add_init_script(LISTEN)
    page.goto(stage.url)
    return page


def reconnects(page: Page) -> None:
    """The page notices a cut, and as much time passes as it waits before its first next try."""
    expect(status(page)).to_have_text("Reconnecting…")
    page.clock.run_for(700)


def cut_after(run: Performance, event: Event) -> None:
    run.emit(event)
    run.drop()


def end_after(run: Performance, event: Event) -> None:
    run.emit(event)
    run.close()


def cut_inside(run: Performance, event: Event) -> None:
    piece = run.encoded(event)
    run.send(piece[: len(piece) // 2])
    run.drop()


@pytest.mark.parametrize("broken", [cut_after, end_after, cut_inside])
def test_a_cut_anywhere_changes_nothing(
    timed: Page, stage: Stage, broken: Callable[[Performance, Event], None]
) -> None:
    ask(timed, stage, "And whole?").emit(*RUN)
    expect(timed.locator(".account")).to_be_visible()
    whole = exchange(timed, "And whole?").inner_html()

    run = ask(timed, stage, "And in pieces?")
    for event in RUN[:-1]:
        broken(run, event)
        reconnects(timed)
        # With a torn connection a browser also throws away what it had not yet handed on.
        assert run.next_connection() <= run.last
    run.emit(RUN[-1])

    expect(timed.locator(".account").last).to_be_visible()
    pieces = exchange(timed, "And in pieces?").inner_html()
    assert pieces.replace("in pieces", "whole").replace("answer-2", "answer-1") == whole
    assert stage.no_more_runs()


def test_a_cut_before_the_first_event(timed: Page, stage: Stage) -> None:
    send(timed, QUESTION)
    run = stage.next_question()
    run.drop()

    reconnects(timed)
    assert run.next_connection() == 0
    run.start()
    run.emit(*RUN)

    expect(answer_text(timed)).to_contain_text("There are 28 äctive ✓ technicians 1.")


def test_reconnecting_is_shown_and_said_once(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening())

    for word in ["There ", "are ", "28."]:
        cut_after(run, scenes.says(word))
        reconnects(timed)
        run.next_connection()
        expect(status(timed)).to_have_text("EventWriter")
    run.emit(scenes.closing(), scenes.completed())
    expect(timed.locator(".account")).to_be_visible()

    said = timed.evaluate("() => window.heard")
    assert said == ["The connection was lost. Reconnecting.", "Answer: There are 28."]


def test_three_missed_heartbeats_are_a_cut(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are"))
    expect(answer_text(timed)).to_have_text("There are")

    timed.clock.run_for(40_000)
    expect(status(timed)).to_have_text("EventWriter")
    # Not so long that it has reconnected before anybody looks.
    timed.clock.run_for(7100)
    reconnects(timed)
    assert run.next_connection() == run.last
    run.emit(scenes.says(" 28."), scenes.closing(), scenes.completed())

    expect(answer_text(timed)).to_have_text("There are 28.")


def test_heartbeats_keep_a_silent_stream_alive(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing())
    expect(timed.locator(".sign")).to_be_visible()

    timed.clock.run_for(40_000)
    run.send(b": hb\n")
    run.emit(scenes.opening(), scenes.says("There"))
    timed.clock.run_for(40)
    expect(answer_text(timed)).to_have_text("There")
    timed.clock.run_for(40_000)

    expect(status(timed)).to_have_text("EventWriter")
    run.emit(scenes.says(" are 28."), scenes.closing(), scenes.completed())
    expect(answer_text(timed)).to_have_text("There are 28.")


def test_events_that_come_twice_are_taken_once(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening())

    pieces = [run.encoded(scenes.says(word)) for word in ["There ", "are "]]
    run.send(b"".join(pieces) + b"".join(pieces))
    run.emit(scenes.says("28."), scenes.closing(), scenes.completed())

    expect(answer_text(page)).to_have_text("There are 28.")


def test_an_event_that_is_missing_is_fetched(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    seen = run.last

    run.encoded(scenes.says("are "))
    run.emit(scenes.says("28."))

    assert run.next_connection() == seen
    run.emit(scenes.closing(), scenes.completed())
    expect(answer_text(page)).to_have_text("There are 28.")


def test_a_network_that_comes_back_is_used_at_once(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    seen = run.last
    expect(answer_text(timed)).to_have_text("There")

    timed.context.set_offline(True)
    run.drop()
    reconnects(timed)
    run.emit(scenes.says("are "))
    timed.clock.run_for(20_000)
    expect(status(timed)).to_have_text("Reconnecting…")
    timed.context.set_offline(False)

    assert run.next_connection() == seen
    run.emit(scenes.says("28."), scenes.closing(), scenes.completed())
    expect(answer_text(timed)).to_have_text("There are 28.")


SEEN_AGAIN = {
    "visibilitychange": "() => document.dispatchEvent(new Event('visibilitychange'))",
    "pageshow": "() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))",
}


@pytest.mark.parametrize("event", SEEN_AGAIN)
def test_a_page_that_is_seen_again_trusts_no_old_connection(
    timed: Page, stage: Stage, event: str
) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    expect(answer_text(timed)).to_have_text("There")

    timed.clock.run_for(6000)
    timed.evaluate(SEEN_AGAIN[event])

    assert run.next_connection() == run.last
    expect(status(timed)).to_have_text("EventWriter")
    run.emit(scenes.says("are 28."), scenes.closing(), scenes.completed())
    expect(answer_text(timed)).to_have_text("There are 28.")
    assert timed.evaluate("() => window.heard") == ["Answer: There are 28."]


def test_a_reload_in_mid_answer_reads_it_from_its_start(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*RUN[:-6])
    before = answer_text(page)
    expect(before).to_contain_text("technicians")

    page.reload()

    assert run.next_connection() == 0
    expect(answer_text(page)).to_contain_text("There are 28 äctive ✓ technicians")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    run.emit(*RUN[-6:])
    expect(page.locator(".account")).to_be_visible()
    expect(answer_text(page)).to_contain_text("End")
    expect(page.locator(".tool")).to_have_count(1)
    expect(page.locator(".sign")).to_have_count(1)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_two_tabs_read_one_answer(page: Page, new_page: NewPage, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    expect(answer_text(page)).to_have_text("There")

    other = new_page()
    other.goto(page.url)
    assert run.next_connection() == 0
    expect(answer_text(other)).to_have_text("There")
    run.emit(scenes.says("are 28."), scenes.closing(), scenes.completed())

    for tab in [page, other]:
        expect(answer_text(tab)).to_have_text("There are 28.")
        expect(tab.get_by_role("button", name="Send")).to_be_visible()
    first = ask(page, stage, "One?")
    first.emit(*scenes.routing(), *scenes.answer("1."), scenes.completed())
    second = ask(other, stage, "Two?")
    second.emit(*scenes.routing(), *scenes.answer("2."), scenes.completed())
    expect(answer_text(other)).to_have_text("2.")


def test_the_waits_between_tries_grow(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    expect(answer_text(timed)).to_have_text("There")
    tries: list[Route] = []

    def refuse(route: Route) -> None:
        tries.append(route)
        route.abort()

    timed.route("**/events?*", refuse)
    run.drop()
    expect(status(timed)).to_have_text("Reconnecting…")
    for _ in range(20):
        timed.clock.run_for(500)

    # About half a second, one, two, four, eight: in ten seconds and some three to five.
    assert 3 <= len(tries) <= 5
    timed.unroute_all()
    run.emit(scenes.says("are 28."), scenes.closing(), scenes.completed())
    timed.clock.run_for(10_000)
    expect(answer_text(timed)).to_have_text("There are 28.")


def no_network(page: Page, stage: Stage) -> None:
    page.route("**/events?*", lambda route: route.abort())


def no_server(page: Page, stage: Stage) -> None:
    stage.lost.extend([StoreUnavailable()] * 100)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (no_network, "connection is lost"),
        (no_server, "connection is lost|cannot be read"),
    ],
)
def test_after_many_tries_the_reader_has_the_word(
    timed: Page, stage: Stage, missing: Callable[[Page, Stage], None], words: str
) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    expect(answer_text(timed)).to_have_text("There")
    missing(timed, stage)

    run.drop()
    said = timed.get_by_role("alert")
    for _ in range(50):
        if said.is_visible():
            break
        timed.clock.run_for(40_000)

    expect(said).to_contain_text(re.compile(words))
    expect(answer_text(timed)).to_have_text("There")
    run.emit(scenes.says("are "))
    stage.lost.clear()
    timed.unroute_all()
    said.get_by_role("button", name="Try again").click()
    run.next_connection()
    expect(said).to_have_count(0)
    run.emit(scenes.says("28."), scenes.closing(), scenes.completed())
    expect(answer_text(timed)).to_have_text("There are 28.")


def test_who_may_read_no_further_keeps_what_is_there(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    expect(answer_text(timed)).to_have_text("There")
    del stage.threads[run.thread_id]
    stage.lost.append(Unauthenticated())

    run.drop()
    reconnects(timed)

    said = timed.get_by_role("alert")
    expect(said).to_contain_text("The rest of the answer cannot be read.")
    expect(said).to_contain_text("thread_not_found")
    expect(answer_text(timed)).to_have_text("There")
    expect(said.get_by_role("button", name="Try again")).to_be_visible()


def test_a_run_whose_events_are_gone_is_shown_as_it_is_kept(timed: Page, stage: Stage) -> None:
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There "))
    expect(answer_text(timed)).to_have_text("There")
    timed.context.set_offline(True)
    run.drop()
    reconnects(timed)

    run.emit(scenes.says("are 28."), scenes.closing(), scenes.completed())
    run.expired = True
    timed.context.set_offline(False)

    expect(answer_text(timed)).to_have_text("There are 28.")
    expect(timed.get_by_role("button", name="Send")).to_be_visible()


@pytest.mark.parametrize("unstored", [1, 2, 4])
def test_after_a_crash_what_is_stored_counts(timed: Page, stage: Stage, unstored: int) -> None:
    """Whether the run's stored end comes before, on or after the last event that was seen."""
    run = ask(timed, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), *map(scenes.says, ["There ", "are ", "28", "."]))
    expect(answer_text(timed)).to_have_text("There are 28.")
    kept = run.last - unstored
    stored = "".join(["There ", "are ", "28", "."][: 4 - unstored])

    run.crash(kept)
    # Nobody knows of it before the run's lease is over: it is live still.
    with timed.expect_response("**/v1/threads/thread_*"):
        reconnects(timed)
    run.settle()
    timed.clock.run_for(1300)

    expect(timed.get_by_role("alert")).to_contain_text("The answer broke off here.")
    expect(answer_text(timed)).to_have_text(stored.strip())
    expect(timed.get_by_role("button", name="Continue")).to_be_visible()
