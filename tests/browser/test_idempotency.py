"""A question is asked once, however often it is sent; and one at a time in a thread."""

import re
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from playwright.sync_api import APIResponse, Page, Request, Route, expect

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

QUESTION = "How many technicians are active?"


def record_keys(page: Page) -> list[str]:
    """The idempotency keys of the requests that are sent from now on."""
    sent: list[str] = []

    def record(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.headers["idempotency-key"])

    page.on("request", record)
    return sent


def page_with_clock(new_page: NewPage, backend: FakeBackend) -> Page:
    """Its clock can be moved ahead of the real time."""
    page = new_page()
    page.clock.install()
    page.goto(backend.url)
    return page


def test_a_question_is_sent_again_after_a_network_error(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = page_with_clock(new_page, backend)
    sent = record_keys(page)
    page.route("**/v1/runs", lambda route: route.abort(), times=2)

    send_question(page, QUESTION)
    for _ in range(2):
        expect(status_line(page)).to_have_text("Reconnecting…")
        page.clock.run_for(1300)
    backend.next_run().emit(*events.routed(), *events.answer("28."), events.completed())

    expect(answer_text(page)).to_have_text("28.")
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert re.fullmatch(r"[!-~]{32,255}", sent[0])


def test_a_question_whose_response_was_lost_is_not_asked_twice(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = page_with_clock(new_page, backend)

    def lose_response(route: Route) -> None:
        sent = route.request
        headers = {name: sent.headers[name] for name in ["idempotency-key", "content-type"]}
        urlopen(UrlRequest(sent.url, sent.post_data_buffer, headers)).close()
        route.abort()

    page.route("**/v1/runs", lose_response, times=1)
    send_question(page, QUESTION)
    run = backend.next_run()
    assert reconnection(page, run) == 0
    run.emit(*events.routed(), *events.answer("28."), events.completed())

    expect(answer_text(page)).to_have_text("28.")
    assert backend.no_more_runs()
    assert len(backend.runs) == 1


def test_an_unreachable_server_is_an_error_after_four_tries(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = page_with_clock(new_page, backend)
    sent = record_keys(page)
    page.route("**/v1/runs", lambda route: route.abort())

    send_question(page, QUESTION)
    alert = page.get_by_role("alert")
    for _ in range(20):
        if alert.is_visible():
            break
        page.clock.run_for(3000)

    expect(alert).to_contain_text("Waypost cannot be reached.")
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)
    assert len(sent) == 4

    # One of them may have arrived, so the next try has the same key.
    page.unroute_all()
    alert.get_by_role("button", name="Ask again").click()
    backend.next_run().emit(*events.routed(), *events.answer("28."), events.completed())
    expect(answer_text(page)).to_have_text("28.")
    assert len(set(sent)) == 1


def test_each_question_has_its_own_idempotency_key(new_page: NewPage, backend: FakeBackend) -> None:
    page = new_page()
    # As on a page over plain HTTP from another machine.
    page.add_init_script("delete Crypto.prototype.randomUUID")
    page.goto(backend.url)
    sent = record_keys(page)

    for _ in range(2):
        run = ask(page, backend, QUESTION)
        run.emit(*events.routed(), *events.answer("28."), events.completed())
        expect(page.get_by_role("button", name="Send")).to_be_visible()

    assert len(set(sent)) == 2
    assert all(re.fullmatch(r"[!-~]{32,255}", key) for key in sent)


def test_a_question_is_postponed_while_another_is_answered(
    page: Page, new_page: NewPage, backend: FakeBackend
) -> None:
    first = ask(page, backend, "First?")
    first.emit(*events.routed(), *events.answer("One."), events.completed())
    expect(answer_text(page)).to_have_text("One.")
    other = new_page()
    other.goto(page.url)
    expect(answer_text(other)).to_have_text("One.")
    run = ask(page, backend, "Second?")
    run.emit(*events.routed(), events.text_started(), events.text_delta("Tw"))

    send_question(other, "Third?")

    assert run.next_connection() == 0
    expect(exchange(other, "Second?").locator(".text")).to_have_text("Tw")
    expect(exchange(other, "Third?")).to_have_count(0)
    expect(other.get_by_label("Your question")).to_have_value("Third?")
    expect(other.locator("#composer-note")).to_contain_text("Not sent yet")
    expect(other.locator("#announcer")).to_contain_text("Not sent yet")
    run.emit(events.text_delta("o."), events.text_completed(), events.completed())
    expect(answer_text(other)).to_have_text("Two.")

    other.get_by_role("button", name="Send").click()
    backend.next_run().emit(*events.routed(), *events.answer("Three."), events.completed())
    expect(answer_text(other)).to_have_text("Three.")
    expect(other.locator("#composer-note")).to_be_hidden()


def test_a_question_asked_while_the_thread_loads_comes_after_it(
    page: Page, new_page: NewPage, backend: FakeBackend
) -> None:
    run = ask(page, backend, "First?")
    run.emit(*events.routed(), *events.answer("One."), events.completed())
    other, held = new_page(), list[tuple[Route, APIResponse]]()
    other.route("**/v1/threads/*", lambda route: held.append((route, route.fetch())))
    other.goto(page.url)
    expect(other.get_by_role("log")).to_have_attribute("aria-busy", "true")

    send_question(other, "Second?")
    while not held:
        # Playwright passes on what the browser does while it is called.
        other.evaluate("document.title")
    for route, read in held:
        route.fulfill(response=read)

    backend.next_run().emit(*events.routed(), *events.answer("Two."), events.completed())
    expect(other.locator(".question")).to_have_text(["First?", "Second?"])
    expect(answer_text(other)).to_have_text("Two.")
