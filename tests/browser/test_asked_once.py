"""A question is asked once, however often it has to be sent; and one at a time in a thread."""

import re
from urllib.request import Request as Call
from urllib.request import urlopen

from playwright.sync_api import APIResponse, Page, Request, Route, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, exchange, send, status
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage

QUESTION = "How many technicians are active?"


def keys(page: Page) -> list[str]:
    """Gathers the keys under which questions are sent from now on."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.headers["idempotency-key"])

    page.on("request", note)
    return sent


def timed(new_page: NewPage, stage: Stage) -> Page:
    page = new_page()
    page.clock.install()
    page.goto(stage.url)
    return page


def test_a_question_that_finds_no_network_is_sent_again(new_page: NewPage, stage: Stage) -> None:
    page = timed(new_page, stage)
    sent = keys(page)
    page.route("**/v1/runs", lambda route: route.abort(), times=2)

    send(page, QUESTION)
    for _ in range(2):
        expect(status(page)).to_have_text("Reconnecting…")
        page.clock.run_for(1300)
    stage.next_run().emit(*scenes.routing(), *scenes.answer("28."), scenes.completed())

    expect(answer_text(page)).to_have_text("28.")
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert re.fullmatch(r"[!-~]{32,255}", sent[0])


def test_a_question_whose_answer_got_lost_is_not_asked_twice(
    new_page: NewPage, stage: Stage
) -> None:
    page = timed(new_page, stage)

    def arrives_and_is_lost(route: Route) -> None:
        sent = route.request
        headers = {name: sent.headers[name] for name in ["idempotency-key", "content-type"]}
        urlopen(Call(sent.url, sent.post_data_buffer, headers)).close()
        route.abort()

    page.route("**/v1/runs", arrives_and_is_lost, times=1)
    send(page, QUESTION)
    run = stage.next_run()
    expect(status(page)).to_have_text("Reconnecting…")
    page.clock.run_for(700)
    assert run.next_connection() == 0
    run.emit(*scenes.routing(), *scenes.answer("28."), scenes.completed())

    expect(answer_text(page)).to_have_text("28.")
    assert stage.no_more_runs()
    assert len(stage.runs) == 1


def test_nobody_there(new_page: NewPage, stage: Stage) -> None:
    page = timed(new_page, stage)
    sent = keys(page)
    page.route("**/v1/runs", lambda route: route.abort())

    send(page, QUESTION)
    said = page.get_by_role("alert")
    for _ in range(20):
        if said.is_visible():
            break
        page.clock.run_for(3000)

    expect(said).to_contain_text("Waypost cannot be reached.")
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)
    assert len(sent) == 4

    # One of them may have arrived: so the next try, too, is the same question.
    page.unroute_all()
    said.get_by_role("button", name="Ask again").click()
    stage.next_run().emit(*scenes.routing(), *scenes.answer("28."), scenes.completed())
    expect(answer_text(page)).to_have_text("28.")
    assert len(set(sent)) == 1


def test_each_question_has_a_key_of_its_own(new_page: NewPage, stage: Stage) -> None:
    page = new_page()
    # As where the page came over plain HTTP from another machine.
    page.add_init_script("delete Crypto.prototype.randomUUID")
    page.goto(stage.url)
    sent = keys(page)

    for _ in range(2):
        run = ask(page, stage, QUESTION)
        run.emit(*scenes.routing(), *scenes.answer("28."), scenes.completed())
        expect(page.get_by_role("button", name="Send")).to_be_visible()

    assert len(set(sent)) == 2
    assert all(re.fullmatch(r"[!-~]{32,255}", key) for key in sent)


def test_a_question_waits_for_the_one_before_it(
    page: Page, new_page: NewPage, stage: Stage
) -> None:
    first = ask(page, stage, "First?")
    first.emit(*scenes.routing(), *scenes.answer("One."), scenes.completed())
    expect(answer_text(page)).to_have_text("One.")
    other = new_page()
    other.goto(page.url)
    expect(answer_text(other)).to_have_text("One.")
    run = ask(page, stage, "Second?")
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("Tw"))

    send(other, "Third?")

    assert run.next_connection() == 0
    expect(exchange(other, "Second?").locator(".text")).to_have_text("Tw")
    expect(exchange(other, "Third?")).to_have_count(0)
    expect(other.get_by_label("Your question")).to_have_value("Third?")
    expect(other.locator("#note")).to_contain_text("Not sent yet")
    expect(other.locator("#announcer")).to_contain_text("Not sent yet")
    run.emit(scenes.says("o."), scenes.closing(), scenes.completed())
    expect(answer_text(other)).to_have_text("Two.")

    other.get_by_role("button", name="Send").click()
    stage.next_run().emit(*scenes.routing(), *scenes.answer("Three."), scenes.completed())
    expect(answer_text(other)).to_have_text("Three.")
    expect(other.locator("#note")).to_be_hidden()


def test_a_question_that_comes_while_the_thread_is_read_stands_after_it(
    page: Page, new_page: NewPage, stage: Stage
) -> None:
    run = ask(page, stage, "First?")
    run.emit(*scenes.routing(), *scenes.answer("One."), scenes.completed())
    other, held = new_page(), list[tuple[Route, APIResponse]]()
    other.route("**/v1/threads/*", lambda route: held.append((route, route.fetch())))
    other.goto(page.url)
    expect(other.get_by_role("log")).to_have_attribute("aria-busy", "true")

    send(other, "Second?")
    for route, read in held:
        route.fulfill(response=read)

    stage.next_run().emit(*scenes.routing(), *scenes.answer("Two."), scenes.completed())
    expect(other.locator(".question")).to_have_text(["First?", "Second?"])
    expect(answer_text(other)).to_have_text("Two.")
