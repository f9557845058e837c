"""Questions and their answers, live and after a reload."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import events
from tests.browser.chat_actions import answer_text, ask, exchange
from tests.browser.conftest import NewPage
from tests.browser.fake_backend import FakeBackend
from waypost.events import Data

QUESTION = "How many technicians are active?"


def test_the_routing_decision_is_shown_before_the_first_token(
    page: Page, backend: FakeBackend
) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(*events.routed())

    badge = exchange(page, QUESTION).get_by_role("region", name="Route")
    expect(badge).to_contain_text("Data")
    expect(badge).to_contain_text("It asks for a count of rows.")
    expect(badge).to_contain_text("92% confidence")
    expect(badge).to_contain_text("runner-up Documents")
    expect(badge).to_contain_text("chosen by the model")
    expect(answer_text(page)).to_be_empty()


def test_tokens_appear_while_the_run_goes_on(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(*events.routed(), events.text_started(), events.text_delta("There are "))
    expect(answer_text(page)).to_have_text("There are")

    run.emit(events.text_delta("**28** of them."))
    expect(answer_text(page)).to_have_text("There are 28 of them.")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    run.emit(events.text_completed(), events.completed())
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(answer_text(page).locator("strong")).to_have_text("28")


def test_a_tool_call_shows_its_sql_and_its_rows(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    asked, found = events.database_query()[:5], events.database_query()[5:]

    run.emit(*events.routed(), *asked)
    tool = page.locator(".tool-call")
    expect(tool.get_by_label("SQL")).to_have_text(events.SQL)
    expect(tool.locator(".state")).to_have_text("running …")

    run.emit(*found)
    expect(tool.locator(".state")).to_have_text("4 rows · 12 ms")
    rows = tool.get_by_role("row")
    expect(rows).to_have_text(
        ["tradetechnicians", "heating9", "cooling8", "plumbing6", "electrical5"]
    )
    number = rows.nth(1).get_by_role("cell").last
    expect(number).to_have_css("text-align", "end")
    expect(number).to_have_css("display", "table-cell")
    run.emit(*events.answer("28."), events.completed())


def test_a_failed_query_shows_its_error_and_the_next_one_follows(
    page: Page, backend: FakeBackend
) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(
        *events.routed(), *events.refused_query("DROP TABLE x", "Only a single SELECT is allowed.")
    )
    run.emit(*events.database_query(), *events.answer("28."), events.completed())

    refused, good = page.locator(".tool-call").first, page.locator(".tool-call").last
    expect(refused).to_contain_text("Only a single SELECT is allowed.")
    expect(refused.locator(".state")).to_have_text("failed")
    expect(good.locator(".state")).to_have_text("4 rows · 12 ms")
    expect(page.locator(".tool-call")).to_have_count(2)


def test_a_citation_opens_its_source(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "What are the overtime rules?")
    listed = f"\n\nSources: [1] {events.OVERTIME.document} ({events.OVERTIME.heading})"

    run.emit(
        *events.routed(events.route("rag")),
        events.text_started(),
        events.text_delta("Beyond 38 hours [1"),
    )
    run.emit(events.text_delta("]. Not a source: [7]."), events.OVERTIME, events.text_delta(listed))
    run.emit(events.text_completed(), events.completed())

    quote = page.get_by_text(events.OVERTIME.quote)
    expect(quote).to_be_hidden()
    page.get_by_role("link", name="Source 1: handbook-working-time.md").click()
    expect(quote).to_be_visible()
    expect(page.locator(".sources summary")).to_be_focused()
    # The list of sources is shown below the text, and not in it.
    expect(answer_text(page)).to_have_text("Beyond 38 hours 1. Not a source: [7].")


@pytest.mark.parametrize(
    ("cost_usd", "shown"),
    [(0.000412, "$0.00041"), (1.5, "$1.50"), (0.0, "$0"), (None, "cost unknown")],
)
def test_usage_shows_tokens_cost_and_times(
    page: Page, backend: FakeBackend, cost_usd: float | None, shown: str
) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(*events.routed(), *events.answer("28."), events.completed(cost_usd=cost_usd))

    totals = page.locator(".usage-totals > span")
    expect(totals).to_have_text(
        ["1,204 tokens in, 46 out", shown, "first token 640 ms", "1.2 s total"]
    )
    page.locator(".usage summary").click()
    expect(page.locator(".usage").get_by_role("row").nth(1)).to_have_text(
        "Classificationrouter140 ms31012$0.000013"
    )


def test_a_reload_shows_the_same_answer(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), *events.database_query())
    run.emit(events.text_started(), events.text_delta("There are **28** [1]."), events.OVERTIME)
    run.emit(events.text_completed(), events.usage(), events.completed())
    expect(page.locator(".usage")).to_be_visible()
    selectors = [".question", ".routing", ".tool-call", ".text", ".sources"]
    before = [page.locator(selector).inner_text() for selector in selectors]

    page.reload()

    expect(page.locator(".usage")).to_be_visible()
    assert [page.locator(selector).inner_text() for selector in selectors] == before
    assert backend.no_more_runs()
    stored = backend.runs[run.id].usage
    expect(page.locator(".usage-totals")).to_contain_text(
        f"{stored.input_tokens:,} tokens in, {stored.output_tokens} out"
    )


def test_the_next_question_is_asked_in_the_same_thread(page: Page, backend: FakeBackend) -> None:
    first = ask(page, backend, QUESTION)
    first.emit(*events.routed(), *events.answer("28."), events.completed())
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    second = ask(page, backend, "And in the north?")
    second.emit(*events.routed(), *events.answer("Seven."), events.completed())

    assert second.thread_id == first.thread_id
    expect(answer_text(page)).to_have_text("Seven.")
    assert page.url.endswith(f"?thread={first.thread_id}")


def test_characters_and_frames_may_be_split_anywhere(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started())

    for byte in run.encode(events.text_delta("Ärger über ✓ 😀")):
        run.send(bytes([byte]))
    run.send(b": hb\n")
    both = run.encode(events.text_delta(" one,")) + run.encode(events.text_delta(" two."))
    run.send(both)

    expect(answer_text(page)).to_have_text("Ärger über ✓ 😀 one, two.")
    run.emit(events.text_completed(), events.completed())
    expect(page.locator(".usage")).to_be_visible()


def test_reasoning_is_shown_apart_from_the_answer(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)

    run.emit(*events.routed(), events.text_started("text_r", "reasoning"))
    run.emit(events.text_delta("I should count.", "text_r"), events.text_completed("text_r"))
    run.emit(events.text_started("text_c", "classify"), events.text_delta("sql", "text_c"))
    run.emit(*events.answer("28."), events.completed())

    expect(answer_text(page)).to_have_text("28.")
    page.get_by_text("Reasoning").click()
    expect(page.locator(".reasoning p")).to_have_text("I should count.")


def test_only_the_finished_answer_is_announced(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, QUESTION)
    announcer = page.locator("#announcer")

    run.emit(*events.routed(), events.text_started(), events.text_delta("There are 28."))
    expect(answer_text(page)).to_have_text("There are 28.")
    expect(announcer).to_be_empty()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")

    run.emit(events.text_completed(), events.completed())
    expect(announcer).to_have_text("Answer: There are 28.")


def test_an_example_is_asked_with_one_click(page: Page, backend: FakeBackend) -> None:
    page.get_by_role("button", name="What are the overtime rules?").click()

    assert backend.next_run().question == "What are the overtime rules?"
    expect(page.locator(".welcome")).to_have_count(0)


def test_the_page_is_loaded_with_few_requests(new_page: NewPage, backend: FakeBackend) -> None:
    """Each request is an invocation, and concurrent ones each need an environment."""
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(backend.url)))

    page.goto(backend.url, wait_until="networkidle")

    unhashed = {re.sub(r"\.[0-9a-f]{16}\.", ".", path) for path in asked}
    needed = {"/", "/page/page.css", "/page/app.js", "/page/favicon.svg", "/v1/threads?limit=20"}
    assert unhashed == {*needed, "/api/agents"}
    assert len(set(asked)) == len(unhashed)


def test_a_blank_question_is_not_sent(page: Page, backend: FakeBackend) -> None:
    page.get_by_label("Your question").fill("  \n ")
    page.keyboard.press("Enter")

    expect(page.locator(".welcome")).to_be_visible()
    assert backend.no_more_runs()


def test_the_view_follows_the_answer_only_from_its_end(
    new_page: NewPage, backend: FakeBackend
) -> None:
    page = new_page(viewport={"width": 800, "height": 500})
    page.goto(backend.url)
    run = ask(page, backend, QUESTION)
    run.emit(*events.routed(), events.text_started(), events.text_delta("sentence\n\n" * 60))
    scroller = page.locator("#scroller")
    expect(page.get_by_text("sentence").last).to_be_in_viewport()

    page.mouse.move(500, 200)
    page.mouse.wheel(0, -900)
    to_end = page.get_by_role("button", name="Scroll to the end")
    expect(to_end).to_be_visible()
    position = scroller.evaluate("(node) => node.scrollTop")
    run.emit(events.text_delta("more\n\n" * 20))
    expect(page.get_by_text("more")).to_have_count(20)
    assert scroller.evaluate("(node) => node.scrollTop") == position

    to_end.click()
    expect(page.get_by_text("more").last).to_be_in_viewport()
    run.emit(
        events.text_delta("and the last\n\n" * 20), events.text_completed(), events.completed()
    )
    expect(page.locator(".usage")).to_be_in_viewport()


def test_agents_that_are_offered_are_asked_by_a_click(page: Page, backend: FakeBackend) -> None:
    run = ask(page, backend, "Tell me about leave")
    names = {"rag": "Documents", "sql": "Data"}
    agents = [{"id": key, "name": name, "description": "x"} for key, name in names.items()]
    choice = {"question": "Tell me about leave", "agents": agents}
    run.emit(*events.routed(), *events.answer("Do you mean Documents or Data?"))
    run.emit(Data(name="choice", id="choice", data=choice), events.completed())
    group = page.get_by_role("group", name="Who should answer")
    expect(group.get_by_role("button")).to_have_text(["Documents", "Data"])

    group.get_by_role("button", name="Data").click()

    second = backend.next_run()
    assert (second.question, second.agent) == ("Tell me about leave", "sql")
