"""A question, its decision, its answer; and all of it again after a reload."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import scenes
from tests.browser.asking import answer_text, ask, exchange
from tests.browser.conftest import NewPage
from tests.browser.stage import Stage

QUESTION = "How many technicians are active?"


def test_the_decision_stands_before_the_first_token(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(*scenes.routing())

    sign = exchange(page, QUESTION).get_by_role("region", name="Route")
    expect(sign).to_contain_text("Data")
    expect(sign).to_contain_text("It asks for a count of rows.")
    expect(sign).to_contain_text("92% sure")
    expect(sign).to_contain_text("runner-up Documents")
    expect(sign).to_contain_text("chosen by the model")
    expect(answer_text(page)).to_be_empty()


def test_tokens_appear_while_the_run_goes_on(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are "))
    expect(answer_text(page)).to_have_text("There are")

    run.emit(scenes.says("**28** of them."))
    expect(answer_text(page)).to_have_text("There are 28 of them.")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    run.emit(scenes.closing(), scenes.completed())
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(answer_text(page).locator("strong")).to_have_text("28")


def test_a_tool_call_shows_its_sql_and_its_rows(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    asked, found = scenes.query()[:5], scenes.query()[5:]

    run.emit(*scenes.routing(), *asked)
    tool = page.locator(".tool")
    expect(tool.get_by_label("SQL")).to_have_text(scenes.SQL)
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
    run.emit(*scenes.answer("28."), scenes.completed())


def test_a_refused_query_says_why_and_the_next_one_follows(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(
        *scenes.routing(), *scenes.refused_query("DROP TABLE x", "Only a single SELECT is allowed.")
    )
    run.emit(*scenes.query(), *scenes.answer("28."), scenes.completed())

    refused, good = page.locator(".tool").first, page.locator(".tool").last
    expect(refused).to_contain_text("Only a single SELECT is allowed.")
    expect(refused.locator(".state")).to_have_text("failed")
    expect(good.locator(".state")).to_have_text("4 rows · 12 ms")
    expect(page.locator(".tool")).to_have_count(2)


def test_sources_open_from_their_marks(page: Page, stage: Stage) -> None:
    run = ask(page, stage, "What are the overtime rules?")
    listed = f"\n\nSources: [1] {scenes.OVERTIME.document} ({scenes.OVERTIME.heading})"

    run.emit(
        *scenes.routing(scenes.route("rag")), scenes.opening(), scenes.says("Beyond 38 hours [1")
    )
    run.emit(scenes.says("]. Not a source: [7]."), scenes.OVERTIME, scenes.says(listed))
    run.emit(scenes.closing(), scenes.completed())

    quote = page.get_by_text(scenes.OVERTIME.quote)
    expect(quote).to_be_hidden()
    page.get_by_role("link", name="Source 1: handbook-working-time.md").click()
    expect(quote).to_be_visible()
    expect(page.locator(".sources summary")).to_be_focused()
    # The list stands below with its quotes, and not once more as text.
    expect(answer_text(page)).to_have_text("Beyond 38 hours 1. Not a source: [7].")


@pytest.mark.parametrize(
    ("cost_usd", "shown"), [(0.000412, "$0.00041"), (1.5, "$1.50"), (0.0, "$0"), (None, "no price")]
)
def test_the_account_tells_tokens_cost_and_times(
    page: Page, stage: Stage, cost_usd: float | None, shown: str
) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(*scenes.routing(), *scenes.answer("28."), scenes.completed(cost_usd=cost_usd))

    figures = page.locator(".figures > span")
    expect(figures).to_have_text(
        ["1,204 tokens in, 46 out", shown, "first token 640 ms", "1.2 s in all"]
    )
    page.locator(".account summary").click()
    expect(page.locator(".account").get_by_role("row").nth(1)).to_have_text(
        "Choose the agentrouter140 ms31012$0.000013"
    )


def test_a_reload_shows_everything_as_it_was(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), *scenes.query())
    run.emit(scenes.opening(), scenes.says("There are **28** [1]."), scenes.OVERTIME)
    run.emit(scenes.closing(), scenes.usage(), scenes.completed())
    expect(page.locator(".account")).to_be_visible()
    parts = [".question", ".route", ".tool", ".text", ".sources"]
    before = [page.locator(part).inner_text() for part in parts]

    page.reload()

    expect(page.locator(".account")).to_be_visible()
    assert [page.locator(part).inner_text() for part in parts] == before
    assert stage.no_more_runs()
    kept = stage.runs[run.id].usage
    expect(page.locator(".figures")).to_contain_text(
        f"{kept.input_tokens:,} tokens in, {kept.output_tokens} out"
    )


def test_the_next_question_is_asked_in_the_same_thread(page: Page, stage: Stage) -> None:
    first = ask(page, stage, QUESTION)
    first.emit(*scenes.routing(), *scenes.answer("28."), scenes.completed())
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    second = ask(page, stage, "And in the north?")
    second.emit(*scenes.routing(), *scenes.answer("Seven."), scenes.completed())

    assert second.thread_id == first.thread_id
    expect(answer_text(page)).to_have_text("Seven.")
    assert page.url.endswith(f"?thread={first.thread_id}")


def test_characters_and_frames_may_be_split_anywhere(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening())

    for byte in run.encoded(scenes.says("Ärger über ✓ 😀")):
        run.send(bytes([byte]))
    run.send(b": hb\n")
    both = run.encoded(scenes.says(" one,")) + run.encoded(scenes.says(" two."))
    run.send(both)

    expect(answer_text(page)).to_have_text("Ärger über ✓ 😀 one, two.")
    run.emit(scenes.closing(), scenes.completed())
    expect(page.locator(".account")).to_be_visible()


def test_thoughts_are_kept_apart_from_the_answer(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)

    run.emit(*scenes.routing(), scenes.opening("text_r", "reasoning"))
    run.emit(scenes.says("I should count.", "text_r"), scenes.closing("text_r"))
    run.emit(scenes.opening("text_c", "classify"), scenes.says("sql", "text_c"))
    run.emit(*scenes.answer("28."), scenes.completed())

    expect(answer_text(page)).to_have_text("28.")
    page.get_by_text("Thoughts").click()
    expect(page.locator(".thoughts p")).to_have_text("I should count.")


def test_only_the_finished_answer_is_read_aloud(page: Page, stage: Stage) -> None:
    run = ask(page, stage, QUESTION)
    aloud = page.locator("#announcer")

    run.emit(*scenes.routing(), scenes.opening(), scenes.says("There are 28."))
    expect(answer_text(page)).to_have_text("There are 28.")
    expect(aloud).to_be_empty()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")

    run.emit(scenes.closing(), scenes.completed())
    expect(aloud).to_have_text("Answer: There are 28.")


def test_an_example_is_asked_with_one_click(page: Page, stage: Stage) -> None:
    page.get_by_role("button", name="What are the overtime rules?").click()

    assert stage.next_run().question == "What are the overtime rules?"
    expect(page.locator(".empty")).to_have_count(0)


def test_the_page_comes_in_few_requests(new_page: NewPage, stage: Stage) -> None:
    """Each is an invocation, and those that come together each want an environment."""
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(stage.url)))

    page.goto(stage.url, wait_until="networkidle")

    needed = {"/", "/page/page.css", "/page/app.js", "/page/favicon.svg", "/v1/threads?limit=20"}
    assert set(asked) == {*needed, "/api/agents"}


def test_a_blank_question_is_not_sent(page: Page, stage: Stage) -> None:
    page.get_by_label("Your question").fill("  \n ")
    page.keyboard.press("Enter")

    expect(page.locator(".empty")).to_be_visible()
    assert stage.no_more_runs()


def test_the_view_follows_the_answer_only_from_its_end(new_page: NewPage, stage: Stage) -> None:
    page = new_page(viewport={"width": 800, "height": 500})
    page.goto(stage.url)
    run = ask(page, stage, QUESTION)
    run.emit(*scenes.routing(), scenes.opening(), scenes.says("sentence\n\n" * 60))
    scroller = page.locator("#scroller")
    expect(page.get_by_text("sentence").last).to_be_in_viewport()

    page.mouse.move(500, 200)
    page.mouse.wheel(0, -900)
    to_end = page.get_by_role("button", name="To the end")
    expect(to_end).to_be_visible()
    place = scroller.evaluate("(node) => node.scrollTop")
    run.emit(scenes.says("more\n\n" * 20))
    expect(page.get_by_text("more")).to_have_count(20)
    assert scroller.evaluate("(node) => node.scrollTop") == place

    to_end.click()
    expect(page.get_by_text("more").last).to_be_in_viewport()
    run.emit(scenes.says("and the last\n\n" * 20), scenes.closing(), scenes.completed())
    expect(page.locator(".account")).to_be_in_viewport()
