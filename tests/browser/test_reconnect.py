"""Reconnecting: an answer goes on after a broken connection, with nothing lost."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import events
from tests.browser.chat_actions import (
    answer_text,
    ask,
    exchange,
    reconnection,
    send_question,
    status_line,
)
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend
from tests.browser.scripted_run import ScriptedRun
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
    *events.routed(),
    *events.database_query(),
    StepUpdated(step_id="step_tool", note="Four rows."),
    events.text_started("text_r", "reasoning"),
    events.text_delta("Count them.", "text_r"),
    events.text_completed("text_r"),
    events.text_started(),
    *map(events.text_delta, TEXT),
    events.OVERTIME,
    events.text_completed(),
    events.usage(),
    events.completed(),
]
"""A run with every kind of content."""
# What the page announces to screen readers, in order.
RECORD_ANNOUNCEMENTS = """
window.announcements = [];
new MutationObserver((changes) => {
  const text = changes.find(({ target }) => target.id === "announcer")?.target.textContent;
  if (text) window.announcements.push(text);
}).observe(document, { subtree: true, childList: true });
"""


@pytest.fixture
def clocked_page(new_page: NewPage, backend: FakeBackend) -> Page:
    """The page with a clock that `run_for` moves ahead of the real time."""
    page = new_page()
    page.clock.install()
    page.add_init_script(RECORD_ANNOUNCEMENTS)
    page.goto(backend.url)
    return page


def wait_for_first_retry(page: Page) -> None:
    """Lets the delay before the first retry pass, once the connection is found to be broken."""
    expect(status_line(page)).to_have_text("Reconnecting…")
    page.clock.run_for(700)


def drop_after(run: ScriptedRun, event: Event) -> None:
    run.emit(event)
    run.drop()


def close_after(run: ScriptedRun, event: Event) -> None:
    run.emit(event)
    run.close()


def drop_inside(run: ScriptedRun, event: Event) -> None:
    piece = run.encode(event)
    run.send(piece[: len(piece) // 2])
    run.drop()


@pytest.mark.parametrize("break_connection", [drop_after, close_after, drop_inside])
def test_a_broken_connection_changes_nothing(
    clocked_page: Page, backend: FakeBackend, break_connection: Callable[[ScriptedRun, Event], None]
) -> None:
    ask(clocked_page, backend, "And whole?").emit(*RUN)
    expect(clocked_page.locator(".usage")).to_be_visible()
    # The names of the agents are fetched beside the run.
    expect(clocked_page.locator(".agent-badge")).to_have_text("Data")
    whole = exchange(clocked_page, "And whole?").inner_html()

    run = ask(clocked_page, backend, "And in pieces?")
    for event in RUN[:-1]:
        break_connection(run, event)
        # A browser discards what it has not yet delivered from a broken connection.
        assert reconnection(clocked_page, run) <= run.last_seq
    run.emit(RUN[-1])

    expect(clocked_page.locator(".usage").last).to_be_visible()
    pieces = exchange(clocked_page, "And in pieces?").inner_html()
    assert pieces.replace("in pieces", "whole").replace("answer-2", "answer-1") == whole
    assert backend.no_more_runs()


def test_a_connection_may_break_before_the_first_event(
    clocked_page: Page, backend: FakeBackend
) -> None:
    send_question(clocked_page, QUESTION)
    run = backend.next_request()
    run.drop()

    assert reconnection(clocked_page, run) == 0
    run.start()
    run.emit(*RUN)

    expect(answer_text(clocked_page)).to_contain_text("There are 28 äctive ✓ technicians 1.")


def test_reconnecting_is_shown_and_announced_once(clocked_page: Page, backend: FakeBackend) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started())

    for word in ["There ", "are ", "28."]:
        drop_after(run, events.text_delta(word))
        reconnection(clocked_page, run)
        expect(status_line(clocked_page)).to_have_text("Writing")
    run.emit(events.text_completed(), events.completed())
    expect(clocked_page.locator(".usage")).to_be_visible()

    announcements = clocked_page.evaluate("() => window.announcements")
    assert announcements == ["The connection was lost. Reconnecting.", "Answer: There are 28."]


def test_three_missed_heartbeats_are_a_broken_connection(
    clocked_page: Page, backend: FakeBackend
) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There are"))
    expect(answer_text(clocked_page)).to_have_text("There are")

    clocked_page.clock.run_for(40_000)
    expect(status_line(clocked_page)).to_have_text("Writing")
    clocked_page.clock.run_for(7100)
    assert reconnection(clocked_page, run) == run.last_seq
    run.emit(events.text_delta(" 28."), events.text_completed(), events.completed())

    expect(answer_text(clocked_page)).to_have_text("There are 28.")


def test_heartbeats_keep_a_silent_stream_alive(clocked_page: Page, backend: FakeBackend) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed())
    expect(clocked_page.locator(".agent-badge")).to_be_visible()

    clocked_page.clock.run_for(40_000)
    run.send(b": hb\n")
    run.emit(events.text_started(), events.text_delta("There"))
    clocked_page.clock.run_for(40)
    expect(answer_text(clocked_page)).to_have_text("There")
    clocked_page.clock.run_for(40_000)

    expect(status_line(clocked_page)).to_have_text("Writing")
    run.emit(events.text_delta(" are 28."), events.text_completed(), events.completed())
    expect(answer_text(clocked_page)).to_have_text("There are 28.")


def test_repeated_events_are_applied_once(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started())

    pieces = [run.encode(events.text_delta(word)) for word in ["There ", "are "]]
    run.send(b"".join(pieces) + b"".join(pieces))
    run.emit(events.text_delta("28."), events.text_completed(), events.completed())

    expect(answer_text(page)).to_have_text("There are 28.")


def test_a_missing_event_is_fetched(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    seen = run.last_seq

    run.encode(events.text_delta("are "))
    run.emit(events.text_delta("28."))

    assert run.next_connection() == seen
    run.emit(events.text_completed(), events.completed())
    expect(answer_text(page)).to_have_text("There are 28.")


def test_the_page_reconnects_at_once_when_online_again(
    clocked_page: Page, backend: FakeBackend
) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    seen = run.last_seq
    expect(answer_text(clocked_page)).to_have_text("There")

    clocked_page.context.set_offline(True)
    run.drop()
    wait_for_first_retry(clocked_page)
    run.emit(events.text_delta("are "))
    clocked_page.clock.run_for(20_000)
    expect(status_line(clocked_page)).to_have_text("Reconnecting…")
    clocked_page.context.set_offline(False)

    assert run.next_connection() == seen
    run.emit(events.text_delta("28."), events.text_completed(), events.completed())
    expect(answer_text(clocked_page)).to_have_text("There are 28.")


SEEN_AGAIN = {
    "visibilitychange": "() => document.dispatchEvent(new Event('visibilitychange'))",
    "pageshow": "() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))",
}


@pytest.mark.parametrize("event", SEEN_AGAIN)
def test_a_page_that_is_visible_again_reconnects(
    clocked_page: Page, backend: FakeBackend, event: str
) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    expect(answer_text(clocked_page)).to_have_text("There")

    clocked_page.clock.run_for(6000)
    clocked_page.evaluate(SEEN_AGAIN[event])

    assert run.next_connection() == run.last_seq
    expect(status_line(clocked_page)).to_have_text("Writing")
    run.emit(events.text_delta("are 28."), events.text_completed(), events.completed())
    expect(answer_text(clocked_page)).to_have_text("There are 28.")
    assert clocked_page.evaluate("() => window.announcements") == ["Answer: There are 28."]


def test_a_reload_streams_a_live_run_from_its_start(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*RUN[:-6])
    before = answer_text(page)
    expect(before).to_contain_text("technicians")

    page.reload()

    assert run.next_connection() == 0
    expect(answer_text(page)).to_contain_text("There are 28 äctive ✓ technicians")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    run.emit(*RUN[-6:])
    expect(page.locator(".usage")).to_be_visible()
    expect(answer_text(page)).to_contain_text("End")
    expect(page.locator(".tool-call")).to_have_count(1)
    expect(page.locator(".agent-badge")).to_have_count(1)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_two_tabs_stream_one_run(page: Page, new_page: NewPage, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    expect(answer_text(page)).to_have_text("There")

    other = new_page()
    other.goto(page.url)
    assert run.next_connection() == 0
    expect(answer_text(other)).to_have_text("There")
    run.emit(events.text_delta("are 28."), events.text_completed(), events.completed())

    for tab in [page, other]:
        expect(answer_text(tab)).to_have_text("There are 28.")
        expect(tab.get_by_role("button", name="Send")).to_be_visible()
    first = ask(page, backend, "One?")
    first.emit(*events.routed(), *events.answer("1."), events.completed())
    second = ask(other, backend, "Two?")
    second.emit(*events.routed(), *events.answer("2."), events.completed())
    expect(answer_text(other)).to_have_text("2.")


def test_the_delay_between_tries_grows(clocked_page: Page, backend: FakeBackend) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    expect(answer_text(clocked_page)).to_have_text("There")
    tries: list[Route] = []

    def refuse(route: Route) -> None:
        tries.append(route)
        route.abort()

    clocked_page.route("**/events?*", refuse)
    run.drop()
    expect(status_line(clocked_page)).to_have_text("Reconnecting…")
    for _ in range(20):
        clocked_page.clock.run_for(500)

    # The delays are about 0.5, 1, 2, 4 and 8 seconds: three to five of them in ten seconds.
    assert 3 <= len(tries) <= 5
    clocked_page.unroute_all()
    run.emit(events.text_delta("are 28."), events.text_completed(), events.completed())
    clocked_page.clock.run_for(10_000)
    expect(answer_text(clocked_page)).to_have_text("There are 28.")


def no_network(page: Page, backend: FakeBackend) -> None:
    page.route("**/events?*", lambda route: route.abort())


def no_server(page: Page, backend: FakeBackend) -> None:
    backend.stream_errors.extend([StoreUnavailable()] * 100)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (no_network, "connection is lost"),
        (no_server, "connection is lost|cannot be read"),
    ],
)
def test_after_many_tries_the_reader_decides(
    clocked_page: Page,
    backend: FakeBackend,
    missing: Callable[[Page, FakeBackend], None],
    words: str,
) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    expect(answer_text(clocked_page)).to_have_text("There")
    missing(clocked_page, backend)

    run.drop()
    alert = clocked_page.get_by_role("alert")
    for _ in range(50):
        if alert.is_visible():
            break
        clocked_page.clock.run_for(40_000)

    expect(alert).to_contain_text(re.compile(words))
    expect(answer_text(clocked_page)).to_have_text("There")
    run.emit(events.text_delta("are "))
    backend.stream_errors.clear()
    clocked_page.unroute_all()
    alert.get_by_role("button", name="Try again").click()
    run.next_connection()
    expect(alert).to_have_count(0)
    run.emit(events.text_delta("28."), events.text_completed(), events.completed())
    expect(answer_text(clocked_page)).to_have_text("There are 28.")


def test_without_access_to_the_rest_the_answer_so_far_stays(
    clocked_page: Page, backend: FakeBackend
) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    expect(answer_text(clocked_page)).to_have_text("There")
    del backend.threads[run.thread_id]
    backend.stream_errors.append(Unauthenticated())

    run.drop()
    wait_for_first_retry(clocked_page)

    alert = clocked_page.get_by_role("alert")
    expect(alert).to_contain_text("The rest of the answer cannot be read.")
    expect(alert).to_contain_text("thread_not_found")
    expect(answer_text(clocked_page)).to_have_text("There")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()


def test_a_run_whose_events_have_expired_is_shown_as_stored(
    clocked_page: Page, backend: FakeBackend
) -> None:
    run = ask(clocked_page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("There "))
    expect(answer_text(clocked_page)).to_have_text("There")
    clocked_page.context.set_offline(True)
    run.drop()
    wait_for_first_retry(clocked_page)

    run.emit(events.text_delta("are 28."), events.text_completed(), events.completed())
    run.expired = True
    clocked_page.context.set_offline(False)

    expect(answer_text(clocked_page)).to_have_text("There are 28.")
    expect(clocked_page.get_by_role("button", name="Send")).to_be_visible()


@pytest.mark.parametrize("unstored", [1, 2, 4])
def test_after_a_crash_the_stored_answer_is_shown(
    clocked_page: Page, backend: FakeBackend, unstored: int
) -> None:
    """The stored run ends before, at or after the last event that the page has received."""
    run = ask(clocked_page, backend, QUESTION)
    run.emit(
        *events.routed(),
        events.text_started(),
        *map(events.text_delta, ["There ", "are ", "28", "."]),
    )
    expect(answer_text(clocked_page)).to_have_text("There are 28.")
    stored = run.last_seq - unstored
    stored_text = "".join(["There ", "are ", "28", "."][: 4 - unstored])

    run.crash(stored)
    # The run counts as live until its lease has expired.
    with clocked_page.expect_response("**/v1/threads/thread_*"):
        wait_for_first_retry(clocked_page)
    run.interrupt()
    clocked_page.clock.run_for(1300)

    expect(clocked_page.get_by_role("alert")).to_contain_text("The answer broke off here.")
    expect(answer_text(clocked_page)).to_have_text(stored_text.strip())
    expect(clocked_page.get_by_role("button", name="Continue")).to_be_visible()
